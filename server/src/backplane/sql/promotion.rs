//! Making delayed jobs ready when their time has come.

use app::{domain::JobState, events::JobStatus};

use super::{
    row::{JobRow, job_columns},
    step::Step,
    upkeep::ROUND,
};
use crate::{
    backplane::BackplaneError,
    store::{Database, sql},
};

/// Makes due jobs ready; returns how many.
pub(super) async fn promote(database: &Database) -> Result<u64, BackplaneError> {
    let mut step = Step::begin(database).await?;
    let update = format!(
        concat!(
            "with due as materialized (
                 select job_id from jobs where state = 'delayed' and run_at <= $1 order by run_at limit $2 {take_free}
             )
             update jobs set state = 'waiting', is_parked = case when concurrency_key is null then 0 else 1 end
             where job_id in (select job_id from due)
             returning ",
            job_columns!()
        ),
        take_free = step.transaction.dialect().take_free(),
    );
    let update = sql(update).bind(step.now_ms()).bind(ROUND);
    let rows: Vec<JobRow> = step.transaction.fetch_all(update).await?;
    for row in &rows {
        step.moved(row, JobState::Delayed, JobState::Waiting);
        step.tell_of(row, JobStatus::Waiting)?;
    }
    step.commit().await?;
    Ok(rows.len() as u64)
}
