//! What operators may do to jobs and queues. All of it may be asked for twice: the second time nothing happens.

use app::domain::{JobId, JobState, QueueName};
use async_trait::async_trait;

use super::BackplaneError;

/// Dead-lettered jobs of a queue: those that failed first come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetters {
    /// The queue.
    pub queue_name: QueueName,
    /// So many at most; an engine takes at most 1,000 in one step.
    pub limit: u32,
    /// Only those with this fingerprint of their error.
    pub fingerprint: Option<String>,
}

/// What became of a job that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It is gone, with its past and its log.
    Removed,
    /// A worker has it: it must be called off first.
    Active,
}

/// The levers.
#[async_trait]
pub trait Control: Send + Sync {
    /// Calls a job off. One that waits or is delayed is cancelled at once; of one that runs it is noted, and its worker is told by
    /// each heartbeat, and sooner by [`Backplane::summons`](super::Backplane::summons). Whatever ends a job that was called off, other
    /// than its completion or its dead-lettering by its own error, cancels it: a retry, a snooze, a worker that stops or dies.
    ///
    /// Returns the state that it is in then; `None` when there is no such job.
    async fn cancel(&self, job_id: &JobId) -> Result<Option<JobState>, BackplaneError>;

    /// Takes a job up again that was dead-lettered or cancelled: it waits, with all its attempts before it and its past kept. A delayed
    /// one becomes ready at once. It stays what it is where another live job has its unique key; so do jobs in other states.
    ///
    /// Returns the state that it is in then; `None` when there is no such job.
    async fn retry(&self, job_id: &JobId) -> Result<Option<JobState>, BackplaneError>;

    /// Removes a job that no worker has, with its past and its log. One that was still to come is told of as cancelled first.
    async fn remove(&self, job_id: &JobId) -> Result<Option<Removal>, BackplaneError>;

    /// Takes dead-lettered jobs up again, as [`Control::retry`] does; returns how many.
    async fn replay(&self, letters: &DeadLetters) -> Result<u64, BackplaneError>;

    /// Removes dead-lettered jobs; returns how many.
    async fn discard(&self, letters: &DeadLetters) -> Result<u64, BackplaneError>;

    /// Gives no more jobs of a queue to workers, in all processes, or goes on. What runs already runs on. A change is told by a
    /// `queue_update`. A queue that had no job yet is made by it.
    async fn set_paused(&self, queue: &QueueName, pause: Pause) -> Result<(), BackplaneError>;

    /// Lets at most so many jobs of a queue run at the same time, over all workers; `None` lifts the limit. What runs already runs on.
    async fn set_concurrency_limit(&self, queue: &QueueName, limit: Option<u32>) -> Result<(), BackplaneError>;
}

/// Whether a queue rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// No worker is given jobs of it.
    Paused,
    /// It goes on.
    Running,
}
