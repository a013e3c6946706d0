//! What happened to services.

use serde::{Deserialize, Serialize};

use crate::domain::LogLevel;

/// What a service is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceStatus {
    /// It was told to run, and does not yet.
    Starting,
    /// It runs.
    Running,
    /// It failed, and waits before it runs again.
    Backoff,
    /// It was told to stop, and does not yet.
    Stopping,
    /// It was stopped.
    Stopped,
    /// It failed too often, and is left alone.
    Failed,
    /// Nothing was heard of it for too long.
    Stale,
}

/// What operators want a service to be at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceDesired {
    /// It shall run.
    Running,
    /// It shall not.
    Stopped,
}

/// The jobs that a service has before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceQueue {
    /// Ready to be dealt with.
    pub waiting: u64,
    /// Under way.
    pub active: u64,
    /// Given up.
    pub failed: u64,
}

/// A service as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStatusUpdate {
    /// Its name.
    pub service: String,
    /// What it is at.
    pub status: ServiceStatus,
    /// What operators want it to be at.
    pub desired: ServiceDesired,
    /// When it ran last, in milliseconds since 1970; `None` before the first time.
    pub last_run_at: Option<i64>,
    /// How long that took, in milliseconds.
    pub last_duration_ms: Option<u64>,
    /// Things that it has dealt with.
    pub processed: u64,
    /// How often it failed.
    pub errors: u64,
    /// What it has before it; `None` for one without a queue.
    pub queue: Option<ServiceQueue>,
    /// What it says of itself, for people.
    pub message: Option<String>,
}

/// A service said something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceLogLine {
    /// Its name.
    pub service: String,
    /// How urgent it is.
    pub level: LogLevel,
    /// What it said.
    pub line: String,
    /// Counted from 1 for each service: a gap is a line that was lost.
    pub seq: u64,
}
