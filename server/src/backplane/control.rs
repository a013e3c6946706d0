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

/// What became of a job that was called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalledOff {
    /// It had not begun, was in this state, and is cancelled.
    AtOnce(JobState),
    /// A worker has it, and was asked to stop.
    Asked,
    /// A worker has it, and had been asked before.
    AskedBefore,
    /// It had ended before, like this.
    Ended(JobState),
}

impl CalledOff {
    /// The state that the job is in since then.
    pub const fn state(self) -> JobState {
        match self {
            Self::AtOnce(_) => JobState::Cancelled,
            Self::Asked | Self::AskedBefore => JobState::Active,
            Self::Ended(state) => state,
        }
    }
}

/// What became of a job that was to be taken up again: the state that it was in, and the one that it is in since then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retried {
    /// Before.
    pub from: JobState,
    /// Since then; the same where it stayed what it was.
    pub to: JobState,
}

/// What became of a job that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It was in this state, and is gone, with its past and its log.
    Removed(JobState),
    /// A worker has it: it must be called off first.
    Active,
}

/// The levers. Each says what it found, as it was in the very step that changed it: the audit log tells from which state to which.
#[async_trait]
pub trait Control: Send + Sync {
    /// Calls a job off. One that waits or is delayed is cancelled at once; of one that runs it is noted, and its worker is told by
    /// each heartbeat, and sooner by [`Backplane::summons`](super::Backplane::summons). Whatever ends a job that was called off, other
    /// than its completion or its dead-lettering by its own error, cancels it: a retry, a snooze, a worker that stops or dies.
    ///
    /// `None` when there is no such job.
    async fn cancel(&self, job_id: &JobId) -> Result<Option<CalledOff>, BackplaneError>;

    /// Takes a job up again that was dead-lettered or cancelled: it waits, with all its attempts before it and its past kept. A delayed
    /// one becomes ready at once. It stays what it is where another live job has its unique key; so do jobs in other states.
    ///
    /// `None` when there is no such job.
    async fn retry(&self, job_id: &JobId) -> Result<Option<Retried>, BackplaneError>;

    /// Removes a job that no worker has, with its past and its log. One that was still to come is told of as cancelled first. `None` when
    /// there is no such job.
    async fn remove(&self, job_id: &JobId) -> Result<Option<Removal>, BackplaneError>;

    /// Takes dead-lettered jobs up again, as [`Control::retry`] does; returns how many.
    async fn replay(&self, letters: &DeadLetters) -> Result<u64, BackplaneError>;

    /// Removes dead-lettered jobs; returns how many.
    async fn discard(&self, letters: &DeadLetters) -> Result<u64, BackplaneError>;

    /// Gives no more jobs of a queue to workers, in all processes, or goes on. What runs already runs on. A change is told by a
    /// `queue_update`. A queue that had no job yet is made by it. Returns how it was before.
    async fn set_paused(&self, queue: &QueueName, pause: Pause) -> Result<Pause, BackplaneError>;

    /// Lets at most so many jobs of a queue run at the same time, over all workers; `None` lifts the limit. What runs already runs on.
    /// Returns the limit of before.
    async fn set_concurrency_limit(&self, queue: &QueueName, limit: Option<u32>)
    -> Result<Option<u32>, BackplaneError>;
}

/// Whether a queue rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// No worker is given jobs of it.
    Paused,
    /// It goes on.
    Running,
}
