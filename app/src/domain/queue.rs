//! Queues: how many jobs of which state they hold.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{JobState, QueueName};

/// A queue as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// Its name.
    pub queue_name: QueueName,
    /// Jobs by state.
    #[serde(flatten)]
    pub counts: QueueCounts,
    /// Whether no worker is given jobs of it.
    pub paused: bool,
    /// Jobs that may run at the same time, over all workers; `None` without a limit.
    pub concurrency_limit: Option<u32>,
    /// Workers that take from it.
    pub consumers: u32,
    /// Jobs completed within the last minute.
    pub rate_per_minute: u64,
    /// How long the oldest waiting job waits, in milliseconds; `None` when none does.
    pub oldest_waiting_ms: Option<u64>,
}

/// Jobs of a queue, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueCounts {
    /// Ready for a worker.
    pub waiting: u64,
    /// In the hands of workers.
    pub active: u64,
    /// Done, as far as they are kept.
    pub completed: u64,
    /// Dead-lettered, as far as they are kept.
    pub failed: u64,
    /// Ready later.
    pub delayed: u64,
    /// Called off, as far as they are kept.
    pub cancelled: u64,
}

impl QueueCounts {
    /// The count of a state.
    pub const fn of(&mut self, state: JobState) -> &mut u64 {
        match state {
            JobState::Waiting => &mut self.waiting,
            JobState::Active => &mut self.active,
            JobState::Completed => &mut self.completed,
            JobState::Failed => &mut self.failed,
            JobState::Delayed => &mut self.delayed,
            JobState::Cancelled => &mut self.cancelled,
        }
    }
}

/// A counter that was not what counting gave. There should be none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CounterDrift {
    /// The queue.
    pub queue_name: QueueName,
    /// The state.
    pub state: JobState,
    /// What the counter said.
    pub counted: i64,
    /// How many jobs there are.
    pub found: i64,
}
