//! Taking jobs in, and handing them to workers.

use std::time::Duration;

use app::{
    domain::{JobId, JobState, QueueName},
    events::JobStatus,
};
use jiff::Timestamp;
use tokio::time::Instant;

use super::row::{JobRow, count, json};
use crate::{
    backplane::{BackplaneError, ClaimRequest, ClaimedJob, Enqueued, Lease, NewJob},
    store::{Database, StoreError, Transaction},
};

/// Takes jobs in within one transaction.
pub(super) async fn enqueue(
    database: &Database,
    jobs: Vec<NewJob>,
    now: Timestamp,
) -> Result<Vec<Enqueued>, BackplaneError> {
    let mut transaction = database.begin().await?;
    let mut taken = Vec::with_capacity(jobs.len());
    for job in jobs {
        taken.push(enqueue_one(&mut transaction, job, now).await?);
    }
    transaction.commit().await?;
    Ok(taken)
}

async fn enqueue_one(transaction: &mut Transaction, job: NewJob, now: Timestamp) -> Result<Enqueued, StoreError> {
    let (state, status) = if job.delay.is_zero() {
        (JobState::Waiting, JobStatus::Waiting)
    } else {
        (JobState::Delayed, JobStatus::Delayed)
    };
    let now_ms = now.as_millisecond();
    let row: Option<JobRow> = sqlx::query_as(
        "insert into jobs (job_id, queue_name, job_name, state, priority, data, public, unique_key, max_attempts, max_stalls, created_at, run_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict do nothing
         returning job_id, queue_name, job_name, public, attempt, max_attempts, progress, stage, message",
    )
    .bind(job.job_id.as_str())
    .bind(job.queue_name.as_str())
    .bind(&job.job_name)
    .bind(state.as_str())
    .bind(i64::from(job.priority.min(9)))
    .bind(job.data.to_string())
    .bind(serde_json::Value::Object(job.public).to_string())
    .bind(&job.unique_key)
    .bind(i64::from(job.max_attempts.max(1)))
    .bind(i64::from(job.max_stalls.max(1)))
    .bind(now_ms)
    .bind(now_ms.saturating_add(millis(job.delay)))
    .fetch_optional(transaction.connection())
    .await?;
    if let Some(row) = row {
        row.tell(transaction, status, now).await?;
        return Ok(Enqueued { job_id: job.job_id, is_new: true });
    }
    let alive: String = sqlx::query_scalar(
        "select job_id from jobs where job_id = $1
         union all
         select job_id from jobs where unique_key = $2 and state in ('waiting', 'delayed', 'active')
         limit 1",
    )
    .bind(job.job_id.as_str())
    .bind(&job.unique_key)
    .fetch_one(transaction.connection())
    .await?;
    Ok(Enqueued { job_id: JobId(alive), is_new: false })
}

/// Claims jobs, waiting for the next commit as long as there are none and patience lasts.
pub(super) async fn claim_patiently(
    database: &Database,
    request: &ClaimRequest,
    patience: Duration,
) -> Result<Vec<ClaimedJob>, BackplaneError> {
    let deadline = Instant::now() + patience;
    let mut commits = database.commits();
    loop {
        commits.mark_unchanged();
        // Looked at by a reader first, so that idle workers don't queue up for the one writer.
        if has_waiting(database, &request.queues).await? {
            let jobs = claim(database, request, Timestamp::now()).await?;
            if !jobs.is_empty() {
                return Ok(jobs);
            }
        }
        let next_commit = tokio::time::timeout_at(deadline, commits.changed());
        if !matches!(next_commit.await, Ok(Ok(()))) {
            return Ok(Vec::new());
        }
    }
}

async fn has_waiting(database: &Database, queues: &[QueueName]) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar(
        "select exists (select 1 from jobs where state = 'waiting' and queue_name in (select value from json_each($1)))",
    )
    .bind(names(queues))
    .fetch_one(database.reader())
    .await?;
    Ok(found != 0)
}

#[derive(sqlx::FromRow)]
struct ClaimedRow {
    #[sqlx(flatten)]
    job: JobRow,
    data: String,
    token: String,
    priority: i64,
    run_at: i64,
}

async fn claim(database: &Database, request: &ClaimRequest, now: Timestamp) -> Result<Vec<ClaimedJob>, BackplaneError> {
    let now_ms = now.as_millisecond();
    let mut transaction = database.begin().await?;
    let mut rows: Vec<ClaimedRow> = sqlx::query_as(
        "update jobs
         set state = 'active', attempt = attempt + 1, worker_id = $1, lease_expires_at = $2, started_at = $3,
             progress = 0, stage = null, message = null, error = null, token = lower(hex(randomblob(16)))
         where job_id in (
             select job_id from jobs
             where state = 'waiting' and queue_name in (select value from json_each($4))
             order by priority desc, run_at, job_id
             limit $5
         )
         returning job_id, queue_name, job_name, public, attempt, max_attempts, progress, stage, message, data, token,
                   priority, run_at",
    )
    .bind(request.worker.as_str())
    .bind(now_ms.saturating_add(millis(request.lease)))
    .bind(now_ms)
    .bind(names(&request.queues))
    .bind(i64::from(request.limit))
    .fetch_all(transaction.connection())
    .await?;

    // The statement chooses by this order, but gives rows back in any.
    rows.sort_by(|a, b| (b.priority, a.run_at, &a.job.job_id).cmp(&(a.priority, b.run_at, &b.job.job_id)));
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        row.job.tell(&mut transaction, JobStatus::Started, now).await?;
        claimed.push(ClaimedJob {
            data: json("data", &row.job.job_id, &row.data)?,
            attempt: count(row.job.attempt),
            max_attempts: count(row.job.max_attempts),
            queue_name: QueueName(row.job.queue_name),
            job_name: row.job.job_name,
            lease: Lease { job_id: JobId(row.job.job_id), token: row.token },
        });
    }
    // A claim that a power cut takes back is simply made again.
    transaction.commit_lazily().await?;
    Ok(claimed)
}

/// The state of a job.
pub(super) async fn job_state(database: &Database, job_id: &JobId) -> Result<Option<JobState>, BackplaneError> {
    let name: Option<String> = sqlx::query_scalar("select state from jobs where job_id = $1")
        .bind(job_id.as_str())
        .fetch_optional(database.reader())
        .await?;
    let Some(name) = name else { return Ok(None) };
    let state = serde_json::from_value(serde_json::Value::String(name)).map_err(|problem| StoreError::BrokenRow {
        table: "jobs",
        column: "state",
        id: job_id.to_string(),
        problem: problem.to_string(),
    })?;
    Ok(Some(state))
}

fn names(queues: &[QueueName]) -> String {
    queues.iter().map(QueueName::as_str).collect::<serde_json::Value>().to_string()
}

/// A duration as a column holds it; one of ages counts as the longest there is.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
