//! Jobs that workers of this process are handed while they wait.
//!
//! A worker that finds no job leaves word where it waits. The next job that comes alone is then given to it in the step that takes it in:
//! with its token and its lease it is the worker's before the worker hears of it, and picking it up takes one errand instead of two. What
//! goes wrong is what goes wrong with a claim: who does not hear loses the lease. A job for a worker that does not wait any more goes
//! back at once, and its attempt does not count.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
        Self { channel: format!("{}{process}", keys::HANDS), held: Mutex::default(), words: Mutex::default() }
    }
}

impl Hands {
    pub(super) fn channel(&self) -> &str {
        &self.channel
    }

    /// Where who waits for these queues hears of a job; nowhere when there are several, for they would be handed more than they ask for.
    pub(super) fn heard_at(&self, request: &ClaimRequest) -> Option<&str> {
        let [queue] = &*request.queues else { return None };
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
        let hands = self.held().extract_if(.., is_for).collect::<Vec<_>>();
        hands.into_iter().map(|hand| (hand.lease(), hand.line)).collect()
    }

    async fn take_back(self: Arc<Self>, token: String, connections: Arc<Connections>) {
        tokio::time::sleep(BETWEEN_CLAIMS).await;
        let mut untaken = self.held().extract_if(.., |hand| hand.token == token).collect::<Vec<_>>();
        let Some(hand) = untaken.pop() else { return };
        let ending = Ending { lease: hand.lease(), outcome: Outcome::HandedBack };
        if let Err(failure) = lease::finish_now(&connections, &[ending]).await {
            tracing::warn!(%failure, job_id = %hand.job_id, "a job could not be given back; it comes back with its lease");
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
