//! Keeping house, in bounded rounds: a table of millions never holds the writer for long.

use app::domain::WorkerId;

use super::{Retention, millis, promotion, removal, rescue, step::Step, timetable, trimming, workers};
use crate::{
    backplane::{BackplaneError, Maintenance},
    store::{Database, Dialect, StoreError, Value, sql, texts},
};

/// Rows that one round touches at most.
pub(super) const ROUND: i64 = 1_000;

/// One round.
pub(super) async fn maintain(
    database: &Database,
    retention: &Retention,
    dead: &[WorkerId],
) -> Result<Maintenance, BackplaneError> {
    let due = look(database, retention, dead).await?;
    let mut done = Maintenance { has_due_schedules: due.has_due_schedules, ..Maintenance::default() };
    if due.has_due_jobs {
        done.promoted = promotion::promote(database).await?;
    }
    if due.has_old_events || due.has_old_jobs {
        done.trimmed = trim(database, retention, &due).await?;
    }
    if due.has_orphans {
        let rescued = rescue::rescue(database, dead).await?;
        done.rescued = rescued.rescued;
        done.dead_lettered = rescued.dead_lettered;
    }
    if due.has_untidy_workers {
        workers::tidy(database, dead).await?;
    }
    Ok(done)
}

/// What there is to do.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of one question")]
#[derive(sqlx::FromRow)]
struct Due {
    has_due_jobs: bool,
    has_orphans: bool,
    has_old_events: bool,
    has_old_jobs: bool,
    has_due_schedules: bool,
    has_untidy_workers: bool,
}

/// Asks a reader, all in one question: nearly always there is nothing to do, and the writer is left alone.
async fn look(database: &Database, retention: &Retention, dead: &[WorkerId]) -> Result<Due, StoreError> {
    let dialect = database.dialect();
    let now = dialect.now();
    let has_dead = has_jobs_of_the_dead(dead, dialect);
    let select = sql(format!(
        "select
             exists (select 1 from jobs where state = 'delayed' and run_at <= {now}) as has_due_jobs,
             exists (select 1 from jobs where state = 'active' and lease_expires_at < {now}) or {has_dead} as has_orphans,
             {} as has_old_events, {} as has_old_jobs, {} as has_due_schedules, {} as has_untidy_workers",
        trimming::has_old_events(dialect),
        removal::has_old_jobs(2, 5, dialect),
        timetable::has_due(dialect),
        workers::has_untidy(1, dialect),
    ));
    let select = select
        .bind(names(dead))
        .bind(millis(retention.jobs))
        .bind(millis(retention.events))
        .bind(i64::try_from(retention.event_count).unwrap_or(i64::MAX))
        .bind(i64::try_from(retention.job_count).unwrap_or(i64::MAX));
    database.fetch_one(select).await
}

/// Asks whether workers that are known to be dead have jobs. Only where there are such: beside the leases that ran out, all that run would be
/// looked at, and in Postgres all that ran until somebody cleaned up behind them.
fn has_jobs_of_the_dead(dead: &[WorkerId], dialect: Dialect) -> String {
    if dead.is_empty() {
        return "false".to_owned();
    }
    format!("exists (select 1 from jobs where state = 'active' and {})", dialect.is_among("worker_id", 1))
}

/// Workers, as they are looked for.
pub(super) fn names(workers: &[WorkerId]) -> Value {
    texts(workers.iter().map(WorkerId::as_str))
}

/// Removes events and ended jobs that are too old or too many, the oldest first, and notes how far the log was cut.
async fn trim(database: &Database, retention: &Retention, due: &Due) -> Result<u64, BackplaneError> {
    let mut step = Step::begin(database).await?;
    let mut trimmed = 0;
    if due.has_old_events {
        trimmed += trimming::trim_events(&mut step.transaction, retention).await?;
    }
    if due.has_old_jobs {
        trimmed += removal::trim_jobs(&mut step, retention, ROUND).await?;
    }
    step.commit().await?;
    Ok(trimmed)
}
