//! Keeping house, in bounded rounds: a table of millions never holds the writer for long.

use app::{domain::WorkerId, events::JobStatus};
use jiff::Timestamp;

use super::{Retention, queue::millis, row::JobRow};
use crate::{
    backplane::{BackplaneError, Maintenance},
    store::{Database, StoreError},
};

/// Rows that one round touches at most.
const ROUND: i64 = 1_000;

/// Makes due jobs ready.
pub(super) async fn promote(database: &Database, now: Timestamp) -> Result<u64, BackplaneError> {
    let due: i64 = sqlx::query_scalar("select exists (select 1 from jobs where state = 'delayed' and run_at <= $1)")
        .bind(now.as_millisecond())
        .fetch_one(database.reader())
        .await?;
    if due == 0 {
        return Ok(0);
    }
    let mut transaction = database.begin().await?;
    let rows: Vec<JobRow> = sqlx::query_as(
        "update jobs set state = 'waiting'
         where job_id in (select job_id from jobs where state = 'delayed' and run_at <= $1 order by run_at limit $2)
         returning job_id, queue_name, job_name, public, attempt, max_attempts, progress, stage, message",
    )
    .bind(now.as_millisecond())
    .bind(ROUND)
    .fetch_all(transaction.connection())
    .await?;
    for row in &rows {
        row.tell(&mut transaction, JobStatus::Waiting, now).await?;
    }
    transaction.commit().await?;
    Ok(rows.len() as u64)
}

#[derive(sqlx::FromRow)]
struct RescuedRow {
    #[sqlx(flatten)]
    job: JobRow,
    state: String,
    error: Option<String>,
}

/// Takes jobs back whose lease ran out or whose worker is known to be dead. Too many deaths in a row dead-letter the job.
pub(super) async fn rescue(
    database: &Database,
    dead: &[WorkerId],
    now: Timestamp,
) -> Result<Maintenance, BackplaneError> {
    let dead = dead.iter().map(WorkerId::as_str).collect::<serde_json::Value>().to_string();
    let now_ms = now.as_millisecond();
    if !has_orphans(database, &dead, now_ms).await? {
        return Ok(Maintenance::default());
    }
    let mut transaction = database.begin().await?;
    let rows: Vec<RescuedRow> = sqlx::query_as(
        "update jobs
         set stalls = stalls + 1, token = null, worker_id = null, lease_expires_at = null, run_at = $1,
             state = case when stalls + 1 >= max_stalls then 'failed' else 'waiting' end,
             finished_at = case when stalls + 1 >= max_stalls then $1 end,
             error = case when stalls + 1 >= max_stalls
                 then 'its worker died ' || (stalls + 1) || ' times in a row without getting any further' end
         where job_id in (
             select job_id from jobs
             where state = 'active' and (lease_expires_at < $1 or worker_id in (select value from json_each($2)))
             limit $3
         )
         returning job_id, queue_name, job_name, public, attempt, max_attempts, progress, stage, message, state, error",
    )
    .bind(now_ms)
    .bind(&dead)
    .bind(ROUND)
    .fetch_all(transaction.connection())
    .await?;
    let mut done = Maintenance::default();
    for row in rows {
        let mut update = row.job.update(JobStatus::Waiting)?;
        if row.state == "failed" {
            update.status = JobStatus::Failed;
            update.error = row.error;
            done.dead_lettered += 1;
        } else {
            done.rescued += 1;
        }
        tracing::warn!(job_id = row.job.job_id, state = row.state, "took a job back: its worker is gone");
        crate::store::outbox::append(&mut transaction, app::events::Event::JobUpdate(update), now).await?;
    }
    transaction.commit().await?;
    Ok(done)
}

/// Whether a round of rescue left nothing behind: a full one may have.
pub(super) const fn is_all_rescued(round: &Maintenance) -> bool {
    round.rescued + round.dead_lettered < ROUND.cast_unsigned()
}

async fn has_orphans(database: &Database, dead: &str, now_ms: i64) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar(
        "select exists (
             select 1 from jobs
             where state = 'active' and (lease_expires_at < $1 or worker_id in (select value from json_each($2)))
         )",
    )
    .bind(now_ms)
    .bind(dead)
    .fetch_one(database.reader())
    .await?;
    Ok(found != 0)
}

/// Removes events and ended jobs that are too old or too many, the oldest first, and notes how far the log was cut.
pub(super) async fn trim(database: &Database, retention: &Retention, now: Timestamp) -> Result<u64, BackplaneError> {
    let through = trim_through(database, retention, now).await?;
    let ended_before = now.as_millisecond().saturating_sub(millis(retention.jobs));
    let has_old_jobs: i64 =
        sqlx::query_scalar("select exists (select 1 from jobs where finished_at is not null and finished_at < $1)")
            .bind(ended_before)
            .fetch_one(database.reader())
            .await?;
    if through.is_none() && has_old_jobs == 0 {
        return Ok(0);
    }

    let mut transaction = database.begin().await?;
    let mut trimmed = 0;
    if let Some(through) = through {
        trimmed += sqlx::query("delete from pubsub_events where id <= $1")
            .bind(through)
            .execute(transaction.connection())
            .await?
            .rows_affected();
        sqlx::query("update event_log set trimmed_through = max(trimmed_through, $1)")
            .bind(through)
            .execute(transaction.connection())
            .await?;
    }
    trimmed += sqlx::query(
        "delete from jobs where job_id in (
             select job_id from jobs where finished_at is not null and finished_at < $1 order by finished_at limit $2
         )",
    )
    .bind(ended_before)
    .bind(ROUND)
    .execute(transaction.connection())
    .await?
    .rows_affected();
    transaction.commit().await?;
    Ok(trimmed)
}

/// The last event of this round to remove. Only a round of the oldest is looked at: ids and ages grow together, so a young one
/// among them means that nothing behind it is too old.
async fn trim_through(database: &Database, retention: &Retention, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let born_before = now.as_millisecond().saturating_sub(millis(retention.events));
    let kept = i64::try_from(retention.event_count).unwrap_or(i64::MAX);
    let through = sqlx::query_scalar(
        "select max(id) from (
             select id, created_at from pubsub_events order by id limit $3
         )
         where created_at < $1 or id <= (select max(id) from pubsub_events) - $2",
    )
    .bind(born_before)
    .bind(kept)
    .bind(ROUND)
    .fetch_one(database.reader())
    .await?;
    Ok(through)
}
