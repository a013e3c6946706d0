//! A job's row as far as its steps and their events need it.

use app::{
    domain::{JobId, JobState, QueueName},
    events::{JobStatus, JobUpdate},
};
use serde_json::Value;

use crate::store::StoreError;

/// All columns of a [`JobRow`].
macro_rules! job_columns {
    () => {
        "job_id, queue_name, job_name, public, attempt, max_attempts, progress, stage, message, concurrency_key"
    };
}
pub(super) use job_columns;

/// What a changed row gives back.
#[derive(sqlx::FromRow)]
pub(super) struct JobRow {
    pub(super) job_id: String,
    pub(super) queue_name: String,
    pub(super) job_name: String,
    pub(super) public: String,
    pub(super) attempt: i64,
    pub(super) max_attempts: i64,
    pub(super) progress: i64,
    pub(super) stage: Option<String>,
    pub(super) message: Option<String>,
    pub(super) concurrency_key: Option<String>,
}

impl JobRow {
    /// The event that tells of the row's step.
    pub(super) fn update(&self, status: JobStatus) -> Result<JobUpdate, StoreError> {
        let public = serde_json::from_str(&self.public).map_err(|problem| broken("public", &self.job_id, &problem))?;
        Ok(JobUpdate {
            progress: u8::try_from(self.progress.clamp(0, 100)).unwrap_or_default(),
            stage: self.stage.clone(),
            message: self.message.clone(),
            attempt: count(self.attempt),
            max_attempts: count(self.max_attempts),
            public,
            ..JobUpdate::new(
                JobId(self.job_id.clone()),
                QueueName(self.queue_name.clone()),
                self.job_name.clone(),
                status,
            )
        })
    }
}

/// A small number of a column; one that does not fit was never written by us and counts as the largest.
pub(super) fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// JSON of a column.
pub(super) fn json(column: &'static str, job_id: &str, text: &str) -> Result<Value, StoreError> {
    serde_json::from_str(text).map_err(|problem| broken(column, job_id, &problem))
}

/// The state that a column names.
pub(super) fn state(name: &str, job_id: &str) -> Result<JobState, StoreError> {
    JobState::ALL.into_iter().find(|state| state.as_str() == name).ok_or_else(|| StoreError::BrokenRow {
        table: "jobs",
        column: "state",
        id: job_id.to_owned(),
        problem: format!("no state is called {name}"),
    })
}

fn broken(column: &'static str, job_id: &str, problem: &serde_json::Error) -> StoreError {
    StoreError::BrokenRow { table: "jobs", column, id: job_id.to_owned(), problem: problem.to_string() }
}
