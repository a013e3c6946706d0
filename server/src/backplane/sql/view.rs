//! A job's row with all that can be seen of it.

use app::domain::{Job, JobId, QueueName, WorkerId};

use super::row::{count, json, state};
use crate::store::{StoreError, moment, optional_moment};

/// All columns of a [`JobView`].
macro_rules! view_columns {
    () => {
        "job_id, queue_name, job_name, state, priority, data, result, error, error_fingerprint, unique_key, concurrency_key,
         attempt, max_attempts, progress, stage, message, worker_id, cancel_asked_at, created_at, run_at, started_at, finished_at"
    };
}
pub(super) use view_columns;

/// A row as it is shown.
#[derive(sqlx::FromRow)]
pub(super) struct JobView {
    job_id: String,
    queue_name: String,
    job_name: String,
    state: String,
    priority: i64,
    data: String,
    result: Option<String>,
    error: Option<String>,
    error_fingerprint: Option<String>,
    unique_key: Option<String>,
    concurrency_key: Option<String>,
    attempt: i64,
    max_attempts: i64,
    progress: i64,
    stage: Option<String>,
    message: Option<String>,
    worker_id: Option<String>,
    cancel_asked_at: Option<i64>,
    created_at: i64,
    run_at: i64,
    started_at: Option<i64>,
    finished_at: Option<i64>,
}

impl TryFrom<JobView> for Job {
    type Error = StoreError;

    fn try_from(row: JobView) -> Result<Self, StoreError> {
        let small = |number: i64, most: u8| u8::try_from(number.clamp(0, i64::from(most))).unwrap_or_default();
        Ok(Self {
            state: state(&row.state, &row.job_id)?,
            priority: small(row.priority, 9),
            attempt: count(row.attempt),
            max_attempts: count(row.max_attempts),
            progress: small(row.progress, 100),
            stage: row.stage,
            message: row.message,
            data: json("data", &row.job_id, &row.data)?,
            result: row.result.as_deref().map(|text| json("result", &row.job_id, text)).transpose()?,
            error: row.error,
            error_fingerprint: row.error_fingerprint,
            unique_key: row.unique_key,
            concurrency_key: row.concurrency_key,
            cancel_requested: row.cancel_asked_at.is_some(),
            created_at: moment("jobs", "created_at", &row.job_id, row.created_at)?,
            run_at: moment("jobs", "run_at", &row.job_id, row.run_at)?,
            started_at: optional_moment("jobs", "started_at", &row.job_id, row.started_at)?,
            finished_at: optional_moment("jobs", "finished_at", &row.job_id, row.finished_at)?,
            worker_id: row.worker_id.map(WorkerId),
            queue_name: QueueName(row.queue_name),
            job_name: row.job_name,
            job_id: JobId(row.job_id),
        })
    }
}
