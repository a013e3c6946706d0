//! What happened to jobs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::{JobId, QueueName};

/// What a job did. Not the same list as [`JobState`](crate::domain::JobState): an event tells of the step, a state of where it led.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// It became ready for a worker.
    Waiting,
    /// It will be ready later.
    Delayed,
    /// A worker took it.
    Started,
    /// It told how far it is.
    InProgress,
    /// It is done.
    Completed,
    /// It is dead-lettered.
    Failed,
    /// An attempt failed and another will follow.
    Retrying,
    /// It was called off.
    Cancelled,
}

/// A job changed its state or made progress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobUpdate {
    /// The job.
    pub job_id: JobId,
    /// Its queue.
    pub queue_name: QueueName,
    /// Its kind, such as `BULK_IMPORT_CUSTOMERS`.
    pub job_name: String,
    /// The step it made.
    pub status: JobStatus,
    /// Percent done, 0 to 100.
    pub progress: u8,
    /// What it is at, in one of its kind's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The same for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The attempt that this is about, counted from 1; 0 before the first.
    pub attempt: u32,
    /// Attempts allowed.
    pub max_attempts: u32,
    /// What it gave, when completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// What went wrong, when failed or retrying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The job's public fields, such as `importId`.
    #[serde(flatten)]
    pub public: Map<String, Value>,
}

impl JobUpdate {
    /// An update with nothing to tell but the step.
    pub fn new(job_id: JobId, queue_name: QueueName, job_name: impl Into<String>, status: JobStatus) -> Self {
        Self {
            job_id,
            queue_name,
            job_name: job_name.into(),
            status,
            progress: 0,
            stage: None,
            message: None,
            attempt: 0,
            max_attempts: 0,
            result: None,
            error: None,
            public: Map::new(),
        }
    }
}
