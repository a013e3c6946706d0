//! A job's past: one row an attempt that ended otherwise than by completing the job. What completed it stands in the job itself.

use app::domain::{Job, JobAttempt, JobState, WorkerId};

use super::row::count;
use crate::store::{Database, Rows, StoreError, Transaction, Value, moment, sql};

/// What stands in the past of a job that was called off while it ran.
pub(super) const CALLED_OFF: &str = "called off";
/// What stands in the past of a job whose worker died.
pub(super) const WORKER_GONE: &str = "its worker is gone";

/// Attempts that end in a step.
#[derive(Default)]
pub(super) struct Attempts(Vec<[Value; 6]>);

/// An attempt that ends, as the job's row has it.
pub(super) struct Ended<'a> {
    pub(super) job_id: &'a str,
    pub(super) attempt: i64,
    pub(super) worker_id: Option<&'a str>,
    pub(super) started_at: Option<i64>,
}

impl Attempts {
    /// Adds one.
    pub(super) fn add(&mut self, ended: &Ended<'_>, error: &str, now_ms: i64) {
        self.0.push([
            ended.job_id.into(),
            ended.attempt.into(),
            ended.worker_id.unwrap_or_default().into(),
            ended.started_at.unwrap_or(now_ms).into(),
            now_ms.into(),
            error.into(),
        ]);
    }

    /// Writes them.
    pub(super) async fn write(&mut self, transaction: &mut Transaction) -> Result<(), StoreError> {
        let columns = ["job_id", "attempt", "worker_id", "started_at", "finished_at", "error"];
        let insert = "insert into job_attempts (job_id, attempt, worker_id, started_at, finished_at, error)
             select job_id, attempt, worker_id, started_at, finished_at, error from line";
        transaction.execute_with(Rows::new("line", columns, std::mem::take(&mut self.0)).fed_to(insert)).await?;
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct AttemptRow {
    attempt: i64,
    worker_id: String,
    started_at: i64,
    finished_at: i64,
    error: Option<String>,
}

/// All attempts of a job, the oldest first.
pub(super) async fn of(database: &Database, job: &Job) -> Result<Vec<JobAttempt>, StoreError> {
    let select = "select attempt, worker_id, started_at, finished_at, error from job_attempts where job_id = $1
         order by finished_at, attempt_id";
    let rows: Vec<AttemptRow> = database.fetch_all(sql(select).bind(job.job_id.as_str())).await?;
    let past = rows.into_iter().map(|row| {
        Ok(JobAttempt {
            attempt: count(row.attempt),
            worker_id: WorkerId(row.worker_id),
            started_at: moment("job_attempts", "started_at", &job.job_id, row.started_at)?,
            finished_at: moment("job_attempts", "finished_at", &job.job_id, row.finished_at)?,
            error: row.error,
        })
    });
    past.chain(completing(job).map(Ok)).collect()
}

/// The attempt that completed a job. Jobs of earlier versions forgot who that was, and have it in their past instead.
fn completing(job: &Job) -> Option<JobAttempt> {
    if job.state != JobState::Completed {
        return None;
    }
    Some(JobAttempt {
        attempt: job.attempt,
        worker_id: job.worker_id.clone()?,
        started_at: job.started_at?,
        finished_at: job.finished_at?,
        error: None,
    })
}
