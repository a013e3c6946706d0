//! Worker processes, as lists show them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{JobId, QueueName, WorkerId};

/// A worker as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Worker {
    /// Its name and a UUID of its boot.
    pub worker_id: WorkerId,
    /// Its name.
    pub name: String,
    /// What it is at.
    pub status: WorkerStatus,
    /// The machine that it runs on.
    pub host: String,
    /// The version of its program.
    pub version: String,
    /// The queues that it takes from.
    pub queues: Vec<WorkerShare>,
    /// Jobs that it runs at the same time at most, over all queues.
    pub concurrency: u32,
    /// Jobs in its hands at its last heartbeat.
    pub current_jobs: u32,
    /// Those jobs, the first 100 of them.
    pub jobs: Vec<JobId>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was heard of last.
    pub last_heartbeat_at: Timestamp,
}

/// What a worker takes from one queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerShare {
    /// The queue.
    pub queue_name: QueueName,
    /// Jobs of it at the same time.
    pub concurrency: u32,
}

/// What a worker is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkerStatus {
    /// It has jobs.
    Active,
    /// It waits for jobs.
    Idle,
    /// It was told to take none.
    Paused,
    /// It takes no more, and ends when its jobs have.
    Stopping,
    /// Nothing was heard of it for a lease, or its process is known to be gone.
    Gone,
}

impl WorkerStatus {
    /// The status' name, as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Gone => "gone",
        }
    }
}
