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

use super::{claim::Claimed, connections::Connections, keys, lease};
use crate::backplane::{ClaimRequest, Ending, Lease, Outcome};

/// How long a worker may be between two claims: it comes back for the next one at once.
const BETWEEN_CLAIMS: Duration = Duration::from_millis(100);

/// Jobs that were handed to workers of this process, and not taken yet.
pub(super) struct Hands {
    /// Where they are heard of.
    channel: String,
    held: Mutex<Vec<Hand>>,
    /// Who left word, and with which queue.
    words: Mutex<BTreeSet<(WorkerId, QueueName)>>,
    /// Whether the channel may not be listened to.
    is_deaf: AtomicBool,
    giving_back: tokio::sync::Mutex<()>,
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
            giving_back: tokio::sync::Mutex::default(),
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

    /// Lets a worker leave word, and says where who waits for these queues hears of a job; nowhere when there are several, for they would be handed more than they ask for.
    pub(super) fn heard_at(&self, request: &ClaimRequest) -> Option<&str> {
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

    /// Takes a job in, and sees to it that it goes back if nobody takes it. Returns its queue; `None` when nobody of ours said it.
    pub(super) fn hear(self: &Arc<Self>, said: &[u8], connections: &Arc<Connections>) -> Option<QueueName> {
        let hand: Hand = serde_json::from_slice(said).ok()?;
        let (queue, token) = (hand.queue.clone(), hand.token.clone());
        self.held().push(hand);
        tokio::spawn(Arc::clone(self).take_back(token, Arc::clone(connections)));
        Some(queue)
    }

    /// The jobs that were handed to whoever asks.
    pub(super) fn take(&self, request: &ClaimRequest) -> Claimed {
        let is_for = |hand: &mut Hand| hand.worker == request.worker && request.queues.contains(&hand.queue);
        let hands = self.held().extract_if(.., is_for).take(request.limit as usize).collect::<Vec<_>>();
        hands.into_iter().map(|hand| (hand.lease(), hand.line)).collect()
    }

    /// Gives back what a worker was handed that has left. What was on its way then is here a moment later.
    pub(super) async fn clear(&self, worker: &WorkerId, connections: &Connections) {
        tokio::time::sleep(BETWEEN_CLAIMS).await;
        self.give_back(connections, |hand| hand.worker == *worker).await;
    }

    async fn take_back(self: Arc<Self>, token: String, connections: Arc<Connections>) {
        tokio::time::sleep(BETWEEN_CLAIMS).await;
        self.give_back(&connections, |hand| hand.token == token).await;
    }

    async fn give_back(&self, connections: &Connections, is_untaken: impl Fn(&Hand) -> bool) {
        // Whoever comes second returns when all are back.
        let _turn = self.giving_back.lock().await;
        let untaken: Vec<Hand> = self.held().extract_if(.., |hand| is_untaken(hand)).collect();
        let endings: Vec<Ending> =
            untaken.iter().map(|hand| Ending { lease: hand.lease(), outcome: Outcome::HandedBack }).collect();
        if endings.is_empty() {
            return;
        }
        if let Err(failure) = lease::finish_now(connections, &endings).await {
            tracing::warn!(%failure, jobs = endings.len(), "jobs could not be given back; they come back with their leases");
        }
    }

    fn words(&self) -> MutexGuard<'_, BTreeSet<(WorkerId, QueueName)>> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, Vec<Hand>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hand {
    fn lease(&self) -> Lease {
        Lease { job_id: self.job_id.clone(), token: self.token.clone() }
    }
}
