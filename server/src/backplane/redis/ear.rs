//! The line that the bell is heard through, and who keeps it whole.
//!
//! What is heard is acted on where it is read, for each task between the socket and a worker that waits would make its job wait. What has to
//! be minded later, such as a job that nobody took, is the keeper's.

use std::{sync::Arc, time::Duration};

use redis::{Msg, PushInfo, PushKind, Value, aio::MultiplexedConnection};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, error::SendError, unbounded_channel},
    time::Instant,
};

use super::{RedisFailure, bell::Bell, connections::Connections, keys};

/// A silent line is asked whether it is whole.
const SILENCE: Duration = Duration::from_secs(5);
/// The pause before the line is made anew. Shorter than workers may be missing.
const AFTER_A_FAILURE: Duration = Duration::from_millis(500);

/// What whoever reads the line leaves to its keeper.
enum Word {
    /// Somebody was handed a job who may not be waiting for it.
    Untaken,
    /// The line is broken.
    Broken,
}

/// The line that the bell is heard through.
pub(super) struct Ear {
    connection: MultiplexedConnection,
    words: UnboundedReceiver<Word>,
}

impl Ear {
    /// Makes the line, and brings the workers of this process over to it.
    pub(super) async fn open(connections: &Connections, bell: &Arc<Bell>) -> Result<Self, RedisFailure> {
        let (keeper, words) = unbounded_channel();
        let hearing = Arc::clone(bell);
        let mut connection = connections.listening(move |push| hear(&hearing, push, &keeper)).await?;
        let id = redis::cmd("CLIENT").arg("ID").query_async(&mut connection).await?;
        connection.subscribe(&[keys::BELL, keys::SUMMONS]).await?;
        bell.hands.hears(connection.subscribe(bell.hands.channel()).await.is_ok());
        bell.rings(can_publish(connections).await?);
        bell.hears_through(Some(id));
        bell.register(connections, id).await?;
        Ok(Self { connection, words })
    }

    /// Listens until the line breaks.
    async fn listen(&mut self, bell: &Bell, connections: &Arc<Connections>) -> Result<(), RedisFailure> {
        loop {
            let silent_until = Instant::now() + SILENCE;
            let until = bell.hands.next_untaken().map_or(silent_until, |untaken| untaken.min(silent_until));
            match tokio::time::timeout_at(until, self.words.recv()).await {
                // When it has to be given back is looked at anew.
                Ok(Some(Word::Untaken)) => {}
                Ok(Some(Word::Broken) | None) => return Ok(()),
                Err(_) if until < silent_until => bell.hands.give_back_untaken(connections),
                Err(_) => redis::cmd("PING").exec_async(&mut self.connection).await?,
            }
        }
    }
}

/// Acts on what the line says, and leaves to its keeper what has to be minded later.
fn hear(bell: &Bell, push: PushInfo, keeper: &UnboundedSender<Word>) -> Result<(), SendError<Word>> {
    if push.kind == PushKind::Disconnection {
        return keeper.send(Word::Broken);
    }
    let Some(message) = Msg::from_push_info(push) else { return Ok(()) };
    let said = message.get_payload_bytes();
    match message.get_channel_name() {
        keys::BELL => _ = bell.ring(&String::from_utf8_lossy(said)),
        keys::SUMMONS => bell.summon(&String::from_utf8_lossy(said)),
        _ => {
            if let Some(queue) = bell.hands.hear(said)
                && !(bell.ring(queue.as_str()) && bell.has_one_worker())
            {
                return keeper.send(Word::Untaken);
            }
        }
    }
    Ok(())
}

/// Whether messages may be published: one that names nobody is.
pub(super) async fn can_publish(connections: &Connections) -> Result<bool, RedisFailure> {
    match connections.ask::<Value>(redis::cmd("PUBLISH").arg(keys::BELL).arg("")).await {
        Err(RedisFailure::Refused(_)) => Ok(false),
        answered => answered.map(|_| true),
    }
}

/// Keeps the line for ever.
pub(super) async fn keep(bell: Arc<Bell>, connections: Arc<Connections>, first: Ear) {
    let mut line = Ok(first);
    let mut given_up = connections.given_up();
    loop {
        let ended = match line {
            Ok(mut ear) => tokio::select! {
                ended = ear.listen(&bell, &connections) => ended,
                // The sender lives in the connections, which are held here: it can't be gone.
                _ = given_up.changed() => Ok(()),
            },
            Err(failure) => Err(failure),
        };
        bell.hears_through(None);
        if let Err(failure) = ended {
            tracing::warn!(%failure, "the line to Redis that wakes waiting workers is broken; making it anew");
        }
        tokio::time::sleep(AFTER_A_FAILURE).await;
        given_up.mark_unchanged();
        line = Ear::open(&connections, &bell).await;
    }
}
