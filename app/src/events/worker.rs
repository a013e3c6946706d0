//! What happened to worker processes.

use serde::{Deserialize, Serialize};

use crate::domain::{WorkerId, WorkerStatus};

/// A worker as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerStatusUpdate {
    /// Its name and a UUID of its boot.
    pub worker_id: WorkerId,
    /// What it is at.
    pub status: WorkerStatus,
    /// Jobs in its hands.
    pub current_jobs: u32,
    /// Jobs that it runs at the same time at most, over all queues.
    pub concurrency: u32,
    /// The machine that it runs on.
    pub host: String,
}
