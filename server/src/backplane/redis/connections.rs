//! Connections: a shared one for whatever is answered at once, and own ones for whatever waits.
//!
//! The shared one comes back by itself, for ever. A call during an outage waits for it, but never longer than `DEADLINE`: a web
//! request must not hang for as long as Redis is away.
//!
//! After a failover an address may lead to another server, while connections to the former primary stay whole: it answers, and takes no
//! writes. So whoever hears that gives all connections up, and new ones are made.

use std::{
    future::Future,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, FromRedisValue, IntoConnectionInfo, Pipeline,
    ProtocolVersion,
    aio::{AsyncPushSender, ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{RedisFailure, script::Call};

/// The longest wait for an answer. The crate's own half a second would take a slow fork of the server for an outage.
const ANSWER: Duration = Duration::from_secs(5);
/// The longest wait for a connection.
const CONNECTION: Duration = Duration::from_secs(3);
/// The longest that a call takes, an outage included.
const DEADLINE: Duration = Duration::from_secs(8);
/// The longest pause between two attempts to come back.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Packets that nobody acknowledges for so long mean that the other end is gone: without a word, a connection would look whole for
/// a quarter of an hour.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);
/// Calls that may be on their way at once before the next has to queue.
const IN_FLIGHT: usize = 1_024;

/// What everything else speaks to Redis through.
pub(super) struct Connections {
    client: Client,
    /// The shared one, and when it may be given up the next time.
    shared: Mutex<(ConnectionManager, Instant)>,
    /// How often all connections were given up.
    given_up: watch::Sender<u64>,
    /// Counts the steps of this process that may have given upkeep something to do.
    steps: AtomicU64,
    /// Wakes the one who tells of queues.
    stepped: Notify,
    operations: AtomicU64,
}

impl Connections {
    /// Connects, and fails where that is not possible now.
    pub(super) async fn open(url: &str) -> Result<Self, RedisFailure> {
        let client = Client::open(settings(url)?)?;
        // The manager would try for ever, so the first connection is made by hand.
        client.get_multiplexed_async_connection_with_config(&answering()).await?;
        let shared = Mutex::new((manager(&client)?, Instant::now()));
        let given_up = watch::Sender::new(0);
        Ok(Self {
            client,
            shared,
            given_up,
            steps: AtomicU64::new(0),
            stepped: Notify::new(),
            operations: AtomicU64::new(0),
        })
    }

    fn shared(&self) -> ConnectionManager {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// How often all connections were given up so far. Whoever keeps one of his own makes it anew when this changes.
    pub(super) fn given_up(&self) -> watch::Receiver<u64> {
        self.given_up.subscribe()
    }

    /// Gives all connections up; not more often than one tries to come back, for calls fail by the hundred.
    fn give_up(&self) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if Instant::now() < shared.1 {
            return;
        }
        shared.1 = Instant::now() + LONGEST_PAUSE;
        match manager(&self.client) {
            Ok(manager) => shared.0 = manager,
            Err(problem) => tracing::error!(%problem, "no new connection to Redis can be made"),
        }
        drop(shared);
        tracing::warn!("Redis takes no writes now; connecting anew, for another server may be the primary");
        self.given_up.send_modify(|times| *times += 1);
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, RedisFailure>>) -> Result<T, RedisFailure> {
        let answered = tokio::time::timeout(DEADLINE, work)
            .await
            .unwrap_or_else(|_| Err(RedisFailure::Unreachable(format!("no answer within {} s", DEADLINE.as_secs()))));
        if answered.as_ref().is_err_and(RedisFailure::is_read_only) {
            self.give_up();
        }
        answered
    }

    /// Calls a script.
    pub(super) async fn run<T: FromRedisValue + Send>(&self, call: &Call) -> Result<T, RedisFailure> {
        // However it ends: who gives up waiting for the answer does not take the step back. Noted sooner, a look could come before it.
        let _noted = NotedAtTheEnd(self);
        self.run_aside(call).await
    }

    /// Calls a script that gives upkeep nothing to do, or not always.
    pub(super) async fn run_aside<T: FromRedisValue + Send>(&self, call: &Call) -> Result<T, RedisFailure> {
        self.operations.fetch_add(1, Ordering::Relaxed);
        let mut shared = self.shared();
        self.in_time(call.run(&mut shared)).await
    }

    /// Notes a step that may give upkeep something to do.
    pub(super) fn note_step(&self) {
        self.note_step_of_another();
        self.note_change();
    }

    /// The same for a step that another process made: it tells how the queue stands.
    pub(super) fn note_step_of_another(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes a step after which queues may stand otherwise.
    pub(super) fn note_change(&self) {
        self.stepped.notify_one();
    }

    /// Waits for a step after which queues may stand otherwise: one since the last that was waited for. For one alone.
    pub(super) async fn stepped(&self) {
        self.stepped.notified().await;
    }

    /// How many there were.
    pub(super) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Calls and commands so far.
    pub(super) fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    /// Sends a command.
    pub(super) async fn ask<T: FromRedisValue + Send>(&self, command: &Cmd) -> Result<T, RedisFailure> {
        self.operations.fetch_add(1, Ordering::Relaxed);
        let mut shared = self.shared();
        self.in_time(async { Ok(command.query_async(&mut shared).await?) }).await
    }

    /// Sends several commands.
    pub(super) async fn ask_all<T: FromRedisValue + Send>(&self, commands: &Pipeline) -> Result<T, RedisFailure> {
        self.operations.fetch_add(1, Ordering::Relaxed);
        let mut shared = self.shared();
        self.in_time(async { Ok(commands.query_async(&mut shared).await?) }).await
    }

    /// A connection for a command that waits for up to `patience`.
    pub(super) async fn waiting(&self, patience: Duration) -> Result<MultiplexedConnection, RedisFailure> {
        let config = answering().set_response_timeout(Some(patience + ANSWER));
        Ok(self.client.get_multiplexed_async_connection_with_config(&config).await?)
    }

    /// A connection for a subscription; `hear` is called with what is published, and with the connection's end, where it is read.
    pub(super) async fn listening(&self, hear: impl AsyncPushSender) -> Result<MultiplexedConnection, RedisFailure> {
        let config = answering().set_push_sender(hear);
        Ok(self.client.get_multiplexed_async_connection_with_config(&config).await?)
    }
}

/// Notes a step when it is dropped.
struct NotedAtTheEnd<'a>(&'a Connections);

impl Drop for NotedAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.note_step();
    }
}

/// A connection that comes back by itself.
fn manager(client: &Client) -> Result<ConnectionManager, RedisFailure> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECTION))
        .set_response_timeout(Some(ANSWER))
        .set_number_of_retries(usize::MAX)
        .set_max_delay(LONGEST_PAUSE)
        .set_pipeline_buffer_size(IN_FLIGHT);
    Ok(ConnectionManager::new_lazy_with_config(client.clone(), config)?)
}

fn answering() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECTION)).set_response_timeout(Some(ANSWER))
}

/// The settings of all connections to an address.
fn settings(url: &str) -> Result<ConnectionInfo, RedisFailure> {
    let info = url.into_connection_info()?;
    if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
        // An error says that somebody chose one before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    // In the third version of the protocol the end of a connection is noticed when it happens, not with the next command.
    let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let keepalive = TcpKeepalive::new().with_time(UNACKNOWLEDGED);
    let tcp = noticing_silence(TcpSettings::default().set_nodelay(true).set_keepalive(keepalive));
    Ok(info.set_redis_settings(redis).set_tcp_settings(tcp))
}

#[cfg(target_os = "linux")]
fn noticing_silence(tcp: TcpSettings) -> TcpSettings {
    tcp.set_user_timeout(UNACKNOWLEDGED)
}

#[cfg(not(target_os = "linux"))]
fn noticing_silence(tcp: TcpSettings) -> TcpSettings {
    tcp
}
