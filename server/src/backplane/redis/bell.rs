//! Wakes whoever waits for jobs, and shows Redis that this process lives.
//!
//! One connection a process listens to a channel, on which the scripts name a queue when it stops being empty, or when its next
//! delayed job is due earlier than thought; to another, on which they name a worker one of whose jobs was called off; and to one of its own,
//! on which its workers are handed jobs. A blocking `BZPOPMIN` would need a connection for every waiting claim. Messages can be missed only
//! while the connection is away; so when it comes back everyone looks, and while it is away they look every second. So they do where the
//! user may not publish, for then the scripts can't ring.
//!
//! The same connection is the sign of life of the process's workers: Redis closes it when the process ends, however it ends.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::domain::{QueueName, WorkerId};
use redis::{Msg, PushInfo, PushKind, Value, aio::MultiplexedConnection};
use tokio::{
    sync::{
        Notify,
        mpsc::{UnboundedReceiver, UnboundedSender, error::SendError, unbounded_channel},
        watch,
    },
    time::Instant,
};

use super::{
    RedisFailure,
    connections::Connections,
    hands::Hands,
    keys,
    worker::{self, Arrival},
};

/// A silent line is asked whether it is whole.
const SILENCE: Duration = Duration::from_secs(5);
/// The pause before the line is made anew. Shorter than workers may be missing.
const AFTER_A_FAILURE: Duration = Duration::from_millis(500);
/// How long a queue that was found empty is believed empty: the bell tells of jobs, so this is a net only.
const BELIEVED: Duration = Duration::from_secs(30);
/// The same while the bell can't be heard.
const BELIEVED_DEAF: Duration = Duration::from_secs(1);

/// Who waits in this process, and its workers.
#[derive(Default)]
pub(super) struct Bell {
    queues: Mutex<HashMap<QueueName, Arc<Rope>>>,
    /// Each with its profile, as JSON.
    workers: Mutex<BTreeMap<WorkerId, String>>,
    /// Those who wait to be summoned.
    summoned: Mutex<HashMap<WorkerId, Arc<Notify>>>,
    /// The id that Redis has given the connection; `None` while it is away.
    connection: watch::Sender<Option<i64>>,
    /// Whether publishing is forbidden.
    is_mute: AtomicBool,
    /// What its workers were handed.
    pub(super) hands: Hands,
}

/// What is known of a queue.
#[derive(Default)]
struct Rope {
    /// How often it was rung.
    rung: watch::Sender<u64>,
    /// It was found empty after so many rings, and is believed so until then.
    empty: Mutex<Option<(u64, Instant)>>,
}

impl Bell {
    /// Listens to some queues from now on.
    pub(super) fn listen(&self, queues: &[QueueName]) -> Listening {
        let mut ropes = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let listen = |queue: &QueueName| {
            let rope = Arc::clone(ropes.entry(queue.clone()).or_default());
            (rope.rung.subscribe(), rope)
        };
        let hears = self.connection.borrow().is_some() && !self.is_mute.load(Ordering::Relaxed);
        Listening { ropes: queues.iter().map(listen).collect(), hears }
    }

    /// Adds a worker to those whose process this connection stands for.
    pub(super) async fn join(
        &self,
        connections: &Connections,
        worker: &WorkerId,
        profile: String,
    ) -> Result<(), RedisFailure> {
        let new = [(worker.clone(), profile)];
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).extend(new.iter().cloned());
        loop {
            let connection = *self.connection.borrow();
            let away = || RedisFailure::Unreachable("the connection is being made anew".to_owned());
            worker::join(connections, connection.ok_or_else(away)?, Arrival::New, &new).await?;
            // Made anew meanwhile, it was registered with the new one, and the old one has just been written over that.
            if *self.connection.borrow() == connection {
                return Ok(());
            }
        }
    }

    /// Takes a worker out again.
    pub(super) fn leave(&self, worker: &WorkerId) {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).remove(worker);
        self.summoned.lock().unwrap_or_else(PoisonError::into_inner).remove(worker);
    }

    /// Waits until a worker is summoned.
    pub(super) async fn summons(&self, worker: &WorkerId) {
        let summoned = {
            let mut all = self.summoned.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(worker.clone()).or_default())
        };
        summoned.notified().await;
    }

    fn summon(&self, worker: &str) {
        if let Some(summoned) =
            self.summoned.lock().unwrap_or_else(PoisonError::into_inner).get(&WorkerId::from(worker))
        {
            summoned.notify_waiters();
        }
    }

    /// The connection came or went.
    fn hears_through(&self, connection: Option<i64>) {
        self.connection.send_replace(connection);
        for rope in self.queues.lock().unwrap_or_else(PoisonError::into_inner).values() {
            rope.rung.send_modify(|rung| *rung += 1);
        }
    }

    /// Acts on what the line says, and leaves to its keeper what has to be minded later.
    fn hear(&self, push: PushInfo, keeper: &UnboundedSender<Word>) -> Result<(), SendError<Word>> {
        if push.kind == PushKind::Disconnection {
            return keeper.send(Word::Broken);
        }
        let Some(message) = Msg::from_push_info(push) else { return Ok(()) };
        let said = message.get_payload_bytes();
        match message.get_channel_name() {
            keys::BELL => _ = self.ring(&String::from_utf8_lossy(said)),
            keys::SUMMONS => self.summon(&String::from_utf8_lossy(said)),
            _ => {
                if let Some(queue) = self.hands.hear(said)
                    && !(self.ring(queue.as_str()) && self.has_one_worker())
                {
                    return keeper.send(Word::Untaken);
                }
            }
        }
        Ok(())
    }

    /// Rings for a queue; says whether somebody waits for its jobs.
    fn ring(&self, queue: &str) -> bool {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rope) = queues.get(&QueueName::from(queue)) else { return false };
        rope.rung.send_modify(|rung| *rung += 1);
        rope.rung.receiver_count() > 0
    }

    /// Whether whoever waits is the one who was handed a job.
    fn has_one_worker(&self) -> bool {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).len() == 1
    }

    /// Notes whether the scripts can ring; said when it changes.
    fn rings(&self, can_publish: bool) {
        let was_mute = self.is_mute.swap(!can_publish, Ordering::Relaxed);
        if !was_mute && !can_publish {
            tracing::warn!("Redis forbids its user to publish: waiting workers look for jobs every second instead");
        }
    }

    async fn register(&self, connections: &Connections, id: i64) -> Result<(), RedisFailure> {
        let workers: Vec<_> = self.workers.lock().unwrap_or_else(PoisonError::into_inner).clone().into_iter().collect();
        if workers.is_empty() { Ok(()) } else { worker::join(connections, id, Arrival::Back, &workers).await }
    }
}

/// One who waits for jobs of some queues.
pub(super) struct Listening {
    ropes: Vec<(watch::Receiver<u64>, Arc<Rope>)>,
    hears: bool,
}

impl Listening {
    /// Until when there is no reason to look; `None` when there is one.
    pub(super) fn believed_empty_until(&self) -> Option<Instant> {
        let until = |(rung, rope): &(watch::Receiver<u64>, Arc<Rope>)| {
            let empty = *rope.empty.lock().unwrap_or_else(PoisonError::into_inner);
            empty.filter(|(after, until)| *after == *rung.borrow() && *until > Instant::now()).map(|(_, until)| until)
        };
        self.ropes.iter().map(until).collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    /// Whether the bell is heard.
    pub(super) const fn hears(&self) -> bool {
        self.hears
    }

    /// Notes that nothing was there, and when the next delayed job is due; returns when to look again.
    pub(super) fn found_nothing(&self, rung: &[u64], next_due: Option<Duration>) -> Instant {
        let believed = if self.hears { BELIEVED } else { BELIEVED_DEAF };
        let until = Instant::now() + next_due.map_or(believed, |due| due.min(believed));
        for ((_, rope), rung) in self.ropes.iter().zip(rung) {
            *rope.empty.lock().unwrap_or_else(PoisonError::into_inner) = Some((*rung, until));
        }
        until
    }

    /// How often each queue was rung so far: to be asked before looking.
    pub(super) fn rung(&self) -> Vec<u64> {
        self.ropes.iter().map(|(rung, _)| *rung.borrow()).collect()
    }

    /// Waits until one of the queues is rung; for ever where there is none.
    pub(super) async fn wait(&mut self) {
        if self.ropes.is_empty() {
            return std::future::pending().await;
        }
        let rings = self.ropes.iter_mut().map(|(rung, _)| Box::pin(rung.changed()));
        // A rope is kept by this very value, so it can't be gone.
        let _ = futures::future::select_all(rings).await;
    }
}

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
    ///
    /// What is heard is acted on where it is read: each task between the socket and a worker that waits would make its job wait.
    pub(super) async fn open(connections: &Connections, bell: &Arc<Bell>) -> Result<Self, RedisFailure> {
        let (keeper, words) = unbounded_channel();
        let hearing = Arc::clone(bell);
        let mut connection = connections.listening(move |push| hearing.hear(push, &keeper)).await?;
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
