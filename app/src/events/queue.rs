//! What happened to queues.

use serde::{Deserialize, Serialize};

use crate::domain::{QueueCounts, QueueName};

/// A queue as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueUpdate {
    /// The queue.
    pub queue_name: QueueName,
    /// Its jobs by state.
    #[serde(flatten)]
    pub counts: QueueCounts,
    /// Whether no worker is given jobs of it.
    pub paused: bool,
}
