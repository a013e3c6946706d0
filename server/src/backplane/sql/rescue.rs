//! Taking jobs back whose worker is gone.

use app::{
    domain::{JobState, WorkerId},
    events::{Event, JobStatus},
};

use super::{
    attempts::{Ended, WORKER_GONE},
    row::{JobRow, job_columns, state},
    step::Step,
    upkeep::{ROUND, names},
};
use crate::{
    backplane::{BackplaneError, Maintenance, fingerprint},
    store::{Database, Dialect, StoreError, sql},
};

#[derive(sqlx::FromRow)]
struct RescuedRow {
    #[sqlx(flatten)]
    job: JobRow,
    state: String,
    error: Option<String>,
    worker_id: Option<String>,
    started_at: Option<i64>,
}

/// Takes jobs back whose lease ran out or whose worker is known to be dead. Too many deaths in a row dead-letter the job.
pub(super) async fn rescue(database: &Database, dead: &[WorkerId]) -> Result<Maintenance, BackplaneError> {
    let mut step = Step::begin(database).await?;
    // The number of deaths is a detail, so all jobs that died of it are alike.
    let fingerprint = fingerprint::of("its worker died 3 times in a row without getting any further");
    let update =
        sql(statement(step.transaction.dialect())).bind(step.now_ms()).bind(names(dead)).bind(ROUND).bind(fingerprint);
    let rows: Vec<RescuedRow> = step.transaction.fetch_all(update).await?;
    let mut done = Maintenance::default();
    for row in rows {
        let state = note(&mut step, row)?;
        if state == JobState::Failed {
            done.dead_lettered += 1;
        } else {
            done.rescued += 1;
        }
    }
    step.commit().await?;
    Ok(done)
}

fn note(step: &mut Step, row: RescuedRow) -> Result<JobState, StoreError> {
    let state = state(&row.state, &row.job.job_id)?;
    tracing::warn!(job_id = row.job.job_id, state = row.state, "took a job back: its worker is gone");
    step.moved(&row.job, JobState::Active, state);
    let JobRow { job_id, attempt, .. } = &row.job;
    let worker_id = row.worker_id.as_deref();
    let now_ms = step.now_ms();
    step.attempts.add(&Ended { job_id, attempt: *attempt, worker_id, started_at: row.started_at }, WORKER_GONE, now_ms);
    let mut update = row.job.update(match state {
        JobState::Failed => JobStatus::Failed,
        JobState::Cancelled => JobStatus::Cancelled,
        _ => JobStatus::Waiting,
    })?;
    update.error = row.error;
    step.tell(Event::JobUpdate(update));
    Ok(state)
}

/// `$1` now, `$2` the workers that are dead, `$3` the round, `$4` the fingerprint of too many deaths. A job that was called off is not
/// tried again, however often its workers died.
fn statement(dialect: Dialect) -> String {
    let is_hopeless = "(cancel_asked_at is null and stalls + 1 >= max_stalls)";
    let is_back = "(cancel_asked_at is null and stalls + 1 < max_stalls)";
    format!(
        concat!(
            "with orphans as materialized (
                 select job_id from jobs where state = 'active' and (lease_expires_at < $1 or {is_dead})
                 limit $3 {take_free}
             )
             update jobs
             set stalls = stalls + 1, token = null, lease_expires_at = null, cancel_asked_at = null,
                 state = case when {is_hopeless} then 'failed' when {is_back} then 'waiting' else 'cancelled' end,
                 run_at = case when {is_back} then $1 else run_at end,
                 finished_at = case when {is_back} then null else $1 end,
                 is_parked = case when {is_back} and concurrency_key is not null then 1 else 0 end,
                 error = case when {is_hopeless}
                     then 'its worker died ' || (stalls + 1) || ' times in a row without getting any further' end,
                 error_fingerprint = case when {is_hopeless} then $4 end
             where job_id in (select job_id from orphans)
             returning ",
            job_columns!(),
            ", state, error, worker_id, started_at"
        ),
        is_hopeless = is_hopeless,
        is_back = is_back,
        is_dead = dialect.is_among("worker_id", 2),
        take_free = dialect.take_free(),
    )
}

/// Whether a round of rescue left nothing behind: a full one may have.
pub(super) const fn is_all_rescued(round: &Maintenance) -> bool {
    round.rescued + round.dead_lettered < ROUND.cast_unsigned()
}
