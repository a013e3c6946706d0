//! Jobs that workers of this process are handed while they wait.
//!
//! A worker that finds no job leaves word where it waits. The next job that comes alone is then given to it in the step that takes it in:
//! with its token and its lease it is the worker's before the worker hears of it, and picking it up takes one errand instead of two. What
//! goes wrong is what goes wrong with a claim: who does not hear loses the lease. A job for a worker that does not wait any more goes
//! back at once, and its attempt does not count.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::domain::{JobId, QueueName, WorkerId};
use serde::Deserialize;
use tokio::time::Instant;

use super::{claim::Claimed, connections::Connections, keys, lease};
use crate::backplane::{ClaimRequest, Ending, Lease, Outcome};

/// How long a worker may be between two claims: it comes back for the next one at once.
const BETWEEN_CLAIMS: Duration = Duration::from_millis(100);

/// Jobs that were handed to workers of this process, and not taken yet.
pub(super) struct Hands {
    /// Where they are heard of.
    channel: String,
    held: Mutex<Vec<(Instant, Hand)>>,
    /// Who left word, and with which queue.
    words: Mutex<BTreeSet<(WorkerId, QueueName)>>,
    /// Whether the channel may not be listened to.
    is_deaf: AtomicBool,
    /// Held by who gives some back.
    giving_back: Arc<tokio::sync::Mutex<()>>,
}

/// A job that was handed to a worker, as the script says it.
#[derive(Clone, Debug, Deserialize)]
struct Hand {
    worker: WorkerId,
    queue: QueueName,
    job_id: JobId,
    token: String,
    line: String,
}

impl Default for Hands {
    fn default() -> Self {
        let process = uuid::Uuid::new_v4().simple();
        Self {
            channel: format!("{}{process}", keys::HANDS),
            held: Mutex::default(),
            words: Mutex::default(),
            is_deaf: AtomicBool::new(false),
            giving_back: Arc::default(),
        }
    }
}

impl Hands {
    pub(super) fn channel(&self) -> &str {
        &self.channel
    }

    /// Notes whether the channel can be heard: a user may be allowed others only.
    pub(super) fn hears(&self, can_hear: bool) {
        self.is_deaf.store(!can_hear, Ordering::Relaxed);
    }

    /// Notes that a worker leaves word, and says where it hears of a job; nowhere when it waits for several queues, for it could be handed
    /// more than it asks for.
    pub(super) fn leave_word(&self, request: &ClaimRequest) -> Option<&str> {
        let [queue] = &*request.queues else { return None };
        if self.is_deaf.load(Ordering::Relaxed) {
            return None;
        }
        self.words().insert((request.worker.clone(), queue.clone()));
        Some(&self.channel)
    }

    /// The queues with which a worker left word that leaves now.
    pub(super) fn leave(&self, worker: &WorkerId) -> Vec<QueueName> {
        self.words().extract_if(.., |(other, _)| other == worker).map(|(_, queue)| queue).collect()
    }

    /// Takes a job in. Returns its queue; `None` when nobody of ours said it.
    pub(super) fn hear(&self, said: &[u8]) -> Option<QueueName> {
        let hand: Hand = serde_json::from_slice(said).ok()?;
        let queue = hand.queue.clone();
        self.held().push((Instant::now(), hand));
        Some(queue)
    }

    /// The jobs that were handed to whoever asks.
    pub(super) fn take(&self, request: &ClaimRequest) -> Claimed {
        let is_for = |(_, hand): &mut (_, Hand)| hand.worker == request.worker && request.queues.contains(&hand.queue);
        let hands = self.held().extract_if(.., is_for).take(request.limit as usize).collect::<Vec<_>>();
        hands.into_iter().map(|(_, hand)| (hand.lease(), hand.line)).collect()
    }

    /// When the next job has lain here for too long, unless it is taken; later while others are given back.
    pub(super) fn next_untaken(&self) -> Option<Instant> {
        let next = self.held().iter().map(|(since, _)| *since + BETWEEN_CLAIMS).min()?;
        let is_free = self.giving_back.try_lock().is_ok();
        Some(if is_free { next } else { next.max(Instant::now() + BETWEEN_CLAIMS) })
    }

    /// Gives back what nobody took in time; nobody waits for it.
    pub(super) fn give_back_untaken(&self, connections: &Arc<Connections>) {
        let Ok(turn) = Arc::clone(&self.giving_back).try_lock_owned() else { return };
        let untaken = self.take_out(|(since, _)| since.elapsed() >= BETWEEN_CLAIMS);
        let connections = Arc::clone(connections);
        tokio::spawn(async move {
            give_back(&connections, untaken).await;
            drop(turn);
        });
    }

    /// Gives back what a worker was handed that has left. What was on its way then is here a moment later.
    pub(super) async fn clear(&self, worker: &WorkerId, connections: &Connections) {
        tokio::time::sleep(BETWEEN_CLAIMS).await;
        // Whoever comes second returns when all are back.
        let _turn = self.giving_back.lock().await;
        give_back(connections, self.take_out(|(_, hand)| hand.worker == *worker)).await;
    }

    fn take_out(&self, is_untaken: impl Fn(&(Instant, Hand)) -> bool) -> Vec<Hand> {
        self.held().extract_if(.., |held| is_untaken(held)).map(|(_, hand)| hand).collect()
    }

    fn words(&self) -> MutexGuard<'_, BTreeSet<(WorkerId, QueueName)>> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, Vec<(Instant, Hand)>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn give_back(connections: &Connections, untaken: Vec<Hand>) {
    if untaken.is_empty() {
        return;
    }
    let handed_back = |hand: &Hand| Ending { lease: hand.lease(), outcome: Outcome::HandedBack };
    let endings: Vec<Ending> = untaken.iter().map(handed_back).collect();
    if let Err(failure) = lease::finish_now(connections, &endings).await {
        tracing::warn!(%failure, jobs = endings.len(), "jobs could not be given back; they come back with their leases");
    }
}

impl Hand {
    fn lease(&self) -> Lease {
        Lease { job_id: self.job_id.clone(), token: self.token.clone() }
    }
}
