//! Wakes whoever waits for jobs, and shows Redis that this process lives.
//!
//! One connection a process listens to a channel, on which the scripts name a queue when it stops being empty, or when its next
//! delayed job is due earlier than thought; to another, on which they name a worker one of whose jobs was called off; and to one of its own,
//! on which its workers are handed jobs. A blocking `BZPOPMIN` would need a connection for every waiting claim. Messages can be missed only
//! while the connection is away; so when it comes back everyone looks, and while it is away they look every second. So they do where the
//! user may not publish, for then the scripts can't ring.
//!
//! The same connection is the sign of life of the process's workers: Redis closes it when the process ends, however it ends. `ear` keeps it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::domain::{QueueName, WorkerId};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{
    RedisFailure,
    connections::Connections,
    hands::Hands,
    worker::{self, Arrival},
};

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

    pub(super) fn summon(&self, worker: &str) {
        if let Some(summoned) =
            self.summoned.lock().unwrap_or_else(PoisonError::into_inner).get(&WorkerId::from(worker))
        {
            summoned.notify_waiters();
        }
    }

    /// The connection came or went.
    pub(super) fn hears_through(&self, connection: Option<i64>) {
        self.connection.send_replace(connection);
        for rope in self.queues.lock().unwrap_or_else(PoisonError::into_inner).values() {
            rope.rung.send_modify(|rung| *rung += 1);
        }
    }

    /// Rings for a queue; says whether somebody waits for its jobs.
    pub(super) fn ring(&self, queue: &str) -> bool {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rope) = queues.get(&QueueName::from(queue)) else { return false };
        rope.rung.send_modify(|rung| *rung += 1);
        rope.rung.receiver_count() > 0
    }

    /// Whether whoever waits is the one who was handed a job.
    pub(super) fn has_one_worker(&self) -> bool {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).len() == 1
    }

    /// Notes whether the scripts can ring; said when it changes.
    pub(super) fn rings(&self, can_publish: bool) {
        let was_mute = self.is_mute.swap(!can_publish, Ordering::Relaxed);
        if !was_mute && !can_publish {
            tracing::warn!("Redis forbids its user to publish: waiting workers look for jobs every second instead");
        }
    }

    pub(super) async fn register(&self, connections: &Connections, id: i64) -> Result<(), RedisFailure> {
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
