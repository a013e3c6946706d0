//! What the holder of a lease may do: renew it, report, and end the attempt. All fenced by the attempt's token.

use std::time::Duration;

use app::{domain::WorkerId, events::JobStatus};
use jiff::Timestamp;

use super::{queue::millis, row::JobRow};
use crate::{
    backplane::{BackplaneError, Directive, Ending, Finished, Lease, Outcome, Progress},
    store::{Database, StoreError, Transaction},
};

/// Renews all leases of a worker in one transaction, and names those that are somebody else's by now.
pub(super) async fn renew(
    database: &Database,
    worker: &WorkerId,
    leases: &[Lease],
    lease: Duration,
    now: Timestamp,
) -> Result<Vec<Directive>, BackplaneError> {
    if leases.is_empty() {
        return Ok(Vec::new());
    }
    let mut transaction = database.begin().await?;
    let mut directives = Vec::new();
    for held in leases {
        let renewed = sqlx::query(
            "update jobs set lease_expires_at = $1 where job_id = $2 and token = $3 and worker_id = $4 and state = 'active'",
        )
        .bind(now.as_millisecond().saturating_add(millis(lease)))
        .bind(held.job_id.as_str())
        .bind(&held.token)
        .bind(worker.as_str())
        .execute(transaction.connection())
        .await?;
        if renewed.rows_affected() == 0 {
            directives.push(Directive::Lost(held.clone()));
        }
    }
    transaction.commit_lazily().await?;
    Ok(directives)
}

/// Notes how far a job is.
pub(super) async fn report(
    database: &Database,
    lease: &Lease,
    progress: Progress,
    now: Timestamp,
) -> Result<Finished, BackplaneError> {
    let mut transaction = database.begin().await?;
    let row: Option<JobRow> = sqlx::query_as(
        "update jobs set progress = $1, stage = $2, message = $3,
             stalls = case when $1 > progress then 0 else stalls end
         where job_id = $4 and token = $5 and state = 'active'
         returning job_id, queue_name, job_name, public, attempt, max_attempts, progress, stage, message",
    )
    .bind(i64::from(progress.percent.min(100)))
    .bind(progress.stage)
    .bind(progress.message)
    .bind(lease.job_id.as_str())
    .bind(&lease.token)
    .fetch_optional(transaction.connection())
    .await?;
    let Some(row) = row else { return Ok(Finished::Refused) };
    row.tell(&mut transaction, JobStatus::InProgress, now).await?;
    transaction.commit_lazily().await?;
    Ok(Finished::Accepted)
}

/// Ends attempts within one transaction; each is taken or refused by itself.
pub(super) async fn finish(
    database: &Database,
    endings: Vec<Ending>,
    now: Timestamp,
) -> Result<Vec<Finished>, BackplaneError> {
    let mut transaction = database.begin().await?;
    let mut finished = Vec::with_capacity(endings.len());
    for ending in endings {
        finished.push(finish_one(&mut transaction, ending, now).await?);
    }
    transaction.commit().await?;
    Ok(finished)
}

async fn finish_one(transaction: &mut Transaction, ending: Ending, now: Timestamp) -> Result<Finished, StoreError> {
    let now_ms = now.as_millisecond();
    let Ending { lease, outcome } = ending;
    let end = End::of(&outcome, now_ms);
    note_attempt(transaction, &lease, &outcome, now_ms).await?;
    let row: Option<JobRow> = sqlx::query_as(
        "update jobs
         set state = $1, attempt = attempt - $2, run_at = $3, finished_at = $4, result = $5, error = $6,
             progress = case when $1 = 'completed' then 100 else progress end,
             token = null, worker_id = null, lease_expires_at = null
         where job_id = $7 and token = $8 and state = 'active'
         returning job_id, queue_name, job_name, public, attempt, max_attempts, progress, stage, message",
    )
    .bind(end.state)
    .bind(end.attempts_given_back)
    .bind(end.run_at)
    .bind(end.finished_at)
    .bind(&end.result)
    .bind(&end.error)
    .bind(lease.job_id.as_str())
    .bind(&lease.token)
    .fetch_optional(transaction.connection())
    .await?;
    let Some(row) = row else { return Ok(Finished::Refused) };

    let mut update = row.update(end.status)?;
    update.error = end.error;
    if let Outcome::Completed(result) = outcome {
        update.result = Some(result);
    }
    crate::store::outbox::append(transaction, app::events::Event::JobUpdate(update), now).await?;
    Ok(Finished::Accepted)
}

/// The columns that an outcome leads to.
struct End {
    state: &'static str,
    status: JobStatus,
    attempts_given_back: i64,
    run_at: i64,
    finished_at: Option<i64>,
    result: Option<String>,
    error: Option<String>,
}

impl End {
    fn of(outcome: &Outcome, now_ms: i64) -> Self {
        let end = Self {
            state: "waiting",
            status: JobStatus::Waiting,
            attempts_given_back: 0,
            run_at: now_ms,
            finished_at: None,
            result: None,
            error: None,
        };
        match outcome {
            Outcome::Completed(result) => Self {
                state: "completed",
                status: JobStatus::Completed,
                finished_at: Some(now_ms),
                result: Some(result.to_string()),
                ..end
            },
            Outcome::Retry { error, delay } => Self {
                state: "delayed",
                status: JobStatus::Retrying,
                run_at: now_ms.saturating_add(millis(*delay)),
                error: Some(error.clone()),
                ..end
            },
            Outcome::Failed { error } => Self {
                state: "failed",
                status: JobStatus::Failed,
                finished_at: Some(now_ms),
                error: Some(error.clone()),
                ..end
            },
            Outcome::HandedBack => Self { attempts_given_back: 1, ..end },
        }
    }
}

/// A line in the job's history, if the lease still holds. An attempt that was handed back does not count.
async fn note_attempt(
    transaction: &mut Transaction,
    lease: &Lease,
    outcome: &Outcome,
    now_ms: i64,
) -> Result<(), StoreError> {
    let error = match outcome {
        Outcome::HandedBack => return Ok(()),
        Outcome::Completed(_) => None,
        Outcome::Retry { error, .. } | Outcome::Failed { error } => Some(error),
    };
    sqlx::query(
        "insert into job_attempts (job_id, attempt, worker_id, started_at, finished_at, error)
         select job_id, attempt, worker_id, started_at, $1, $2 from jobs where job_id = $3 and token = $4 and state = 'active'",
    )
    .bind(now_ms)
    .bind(error)
    .bind(lease.job_id.as_str())
    .bind(&lease.token)
    .execute(transaction.connection())
    .await?;
    Ok(())
}
