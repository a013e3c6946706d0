//! Jobs and queues: the states of a job's life.

use serde::{Deserialize, Serialize};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Ready for the next free worker.
    Waiting,
    /// Ready later: it was enqueued with a delay, or it failed and waits for its next attempt.
    Delayed,
    /// A worker holds its lease.
    Active,
    /// Done.
    Completed,
    /// Dead-lettered: its attempts are used up, or it met an error that must not be retried.
    Failed,
    /// Called off before it was done.
    Cancelled,
}

impl JobState {
    /// The state's name, as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delayed => "delayed",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the job still has work to come: waiting, delayed or active.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Waiting | Self::Delayed | Self::Active)
    }
}
