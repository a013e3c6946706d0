//! Keeping house, in bounded rounds: a table of millions never holds the writer for long.

use app::{
    domain::WorkerId,
    events::{Event, JobStatus},
};

use super::{
    Retention, millis,
    row::{JobRow, job_columns},
    trimming,
};
use crate::{
    backplane::{BackplaneError, Maintenance},
    store::{Database, Dialect, StoreError, Transaction, Value, outbox, sql, texts},
};

/// Rows that one round touches at most.
pub(super) const ROUND: i64 = 1_000;

/// One round.
pub(super) async fn maintain(
    database: &Database,
    retention: &Retention,
    dead: &[WorkerId],
) -> Result<Maintenance, BackplaneError> {
    let mut done = Maintenance::default();
    let due = look(database, retention, dead).await?;
    if due.has_due_jobs {
        done.promoted = promote(database).await?;
    }
    if due.has_old {
        done.trimmed = trim(database, retention).await?;
    }
    if due.has_orphans {
        let rescued = rescue(database, dead).await?;
        done.rescued = rescued.rescued;
        done.dead_lettered = rescued.dead_lettered;
    }
    Ok(done)
}

/// What there is to do.
#[derive(sqlx::FromRow)]
struct Due {
    has_due_jobs: bool,
    has_orphans: bool,
    has_old: bool,
}

/// Asks a reader, all in one question: nearly always there is nothing to do, and the writer is left alone.
async fn look(database: &Database, retention: &Retention, dead: &[WorkerId]) -> Result<Due, StoreError> {
    let dialect = database.dialect();
    let now = dialect.now();
    let is_dead = dialect.is_among("worker_id", 1);
    let select = sql(format!(
        "select
             exists (select 1 from jobs where state = 'delayed' and run_at <= {now}) as has_due_jobs,
             exists (select 1 from jobs where state = 'active' and (lease_expires_at < {now} or {is_dead})) as has_orphans,
             exists (select 1 from jobs where finished_at is not null and finished_at < {now} - $2)
                 or {} as has_old",
        trimming::has_old_events(dialect),
    ));
    let select = select
        .bind(names(dead))
        .bind(millis(retention.jobs))
        .bind(millis(retention.events))
        .bind(i64::try_from(retention.event_count).unwrap_or(i64::MAX));
    database.fetch_one(select).await
}

fn names(workers: &[WorkerId]) -> Value {
    texts(workers.iter().map(WorkerId::as_str))
}

/// Makes due jobs ready.
async fn promote(database: &Database) -> Result<u64, BackplaneError> {
    let mut transaction = database.begin().await?;
    let now = transaction.now();
    let update = format!(
        concat!(
            "with due as materialized (
                 select job_id from jobs where state = 'delayed' and run_at <= $1 order by run_at limit $2 {take_free}
             )
             update jobs set state = 'waiting' where job_id in (select job_id from due)
             returning ",
            job_columns!()
        ),
        take_free = transaction.dialect().take_free(),
    );
    let rows: Vec<JobRow> = transaction.fetch_all(sql(update).bind(now.as_millisecond()).bind(ROUND)).await?;
    let events: Vec<Event> =
        rows.iter().map(|row| row.update(JobStatus::Waiting).map(Event::JobUpdate)).collect::<Result<_, _>>()?;
    outbox::append_all(&mut transaction, events, now).await?;
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
async fn rescue(database: &Database, dead: &[WorkerId]) -> Result<Maintenance, BackplaneError> {
    let mut transaction = database.begin().await?;
    let now = transaction.now();
    let update = rescue_statement(transaction.dialect());
    let update = sql(update).bind(now.as_millisecond()).bind(names(dead)).bind(ROUND);
    let rows: Vec<RescuedRow> = transaction.fetch_all(update).await?;
    let mut done = Maintenance::default();
    let mut events = Vec::with_capacity(rows.len());
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
        events.push(Event::JobUpdate(update));
    }
    outbox::append_all(&mut transaction, events, now).await?;
    transaction.commit().await?;
    Ok(done)
}

fn rescue_statement(dialect: Dialect) -> String {
    format!(
        concat!(
            "with orphans as materialized (
                 select job_id from jobs where state = 'active' and (lease_expires_at < $1 or {is_dead})
                 limit $3 {take_free}
             )
             update jobs
             set stalls = stalls + 1, token = null, worker_id = null, lease_expires_at = null, run_at = $1,
                 state = case when stalls + 1 >= max_stalls then 'failed' else 'waiting' end,
                 finished_at = case when stalls + 1 >= max_stalls then $1 end,
                 error = case when stalls + 1 >= max_stalls
                     then 'its worker died ' || (stalls + 1) || ' times in a row without getting any further' end
             where job_id in (select job_id from orphans)
             returning ",
            job_columns!(),
            ", state, error"
        ),
        is_dead = dialect.is_among("worker_id", 2),
        take_free = dialect.take_free(),
    )
}

/// Whether a round of rescue left nothing behind: a full one may have.
pub(super) const fn is_all_rescued(round: &Maintenance) -> bool {
    round.rescued + round.dead_lettered < ROUND.cast_unsigned()
}

/// Removes events and ended jobs that are too old or too many, the oldest first, and notes how far the log was cut.
async fn trim(database: &Database, retention: &Retention) -> Result<u64, BackplaneError> {
    let mut transaction = database.begin().await?;
    let events = trimming::trim_events(&mut transaction, retention).await?;
    let jobs = trim_jobs(&mut transaction, retention).await?;
    transaction.commit().await?;
    Ok(events + jobs)
}

async fn trim_jobs(transaction: &mut Transaction, retention: &Retention) -> Result<u64, StoreError> {
    let ended_before = transaction.now().as_millisecond().saturating_sub(millis(retention.jobs));
    let delete = format!(
        "with old as materialized (
             select job_id from jobs where finished_at is not null and finished_at < $1
             order by finished_at limit $2 {}
         )
         delete from jobs where job_id in (select job_id from old)",
        transaction.dialect().take_free(),
    );
    transaction.execute(sql(delete).bind(ended_before).bind(ROUND)).await
}
