//! Taking ended jobs up again, by hand: as if they had never begun, but with their past.

use std::collections::HashSet;

use app::{domain::JobState, events::JobStatus};

use super::{
    enqueue::free_keys_whose_time_is_over,
    row::{JobRow, job_columns},
    step::Step,
};
use crate::{
    backplane::BackplaneError,
    store::{StoreError, Transaction, Value, sql, texts},
};

/// How often is tried again when another job took a unique key at the same moment.
const TRIES: usize = 5;

/// How many jobs were taken up.
pub(super) struct TakenUp(pub(super) u64);

/// Those of some ended jobs, by their ids, whose unique keys are free; one for each key.
pub(super) async fn free(transaction: &mut Transaction, job_ids: Value) -> Result<Vec<String>, StoreError> {
    let dialect = transaction.dialect();
    let select = format!(
        "select job_id, unique_key from jobs where {} and {IS_FREE} order by finished_at, job_id",
        dialect.is_among("job_id", 1),
    );
    let now_ms = transaction.now().as_millisecond();
    let rows: Vec<(String, Option<String>)> = transaction.fetch_all(sql(select).bind(job_ids).bind(now_ms)).await?;
    let keys: Vec<&str> = rows.iter().filter_map(|(_, key)| key.as_deref()).collect();
    if !keys.is_empty() {
        free_keys_whose_time_is_over(transaction, texts(keys), now_ms).await?;
    }
    let mut keys = HashSet::new();
    let is_first = |(job_id, key): (String, Option<String>)| {
        let is_first = key.is_none_or(|key| keys.insert(key));
        is_first.then_some(job_id)
    };
    Ok(rows.into_iter().filter_map(is_first).collect())
}

/// Whether no other job has a job's unique key; `$2` is now. Asked for each job by itself, and not with `not exists`, which Postgres may
/// answer by reading all keys that there are.
pub(super) const IS_FREE: &str = "(
         select 1 from jobs other
         where other.unique_key = jobs.unique_key and other.job_id <> jobs.job_id and other.unique_key is not null
             and (other.state in ('waiting', 'delayed', 'active') or other.unique_until is not null)
             and (other.finished_at is null or other.unique_until > $2)
         limit 1
     ) is null";

/// Makes ended jobs wait again.
pub(super) async fn take_up(step: &mut Step, from: JobState, job_ids: Vec<String>) -> Result<TakenUp, StoreError> {
    if job_ids.is_empty() {
        return Ok(TakenUp(0));
    }
    let update = format!(
        concat!(
            "update jobs
             set state = 'waiting', attempt = 0, stalls = 0, run_at = $1, finished_at = null, cancel_asked_at = null,
                 result = null, error = null, error_fingerprint = null, progress = 0, stage = null, message = null,
                 is_parked = case when concurrency_key is null then 0 else 1 end
             where {} and state = $3
             returning ",
            job_columns!()
        ),
        step.transaction.dialect().is_among("job_id", 2),
    );
    let update = sql(update).bind(step.now_ms()).bind(texts(job_ids.iter().map(String::as_str))).bind(from.as_str());
    let rows: Vec<JobRow> = step.transaction.fetch_all(update).await?;
    for row in &rows {
        step.moved(row, from, JobState::Waiting);
        step.tell_of(row, JobStatus::Waiting)?;
    }
    Ok(TakenUp(rows.len() as u64))
}

/// Does it again when a job that was taken in at the same moment has taken a unique key.
pub(super) async fn again_on_conflict<T, F>(operation: impl Fn() -> F) -> Result<T, BackplaneError>
where
    F: Future<Output = Result<T, BackplaneError>>,
{
    for _ in 0..TRIES {
        match operation().await {
            Err(BackplaneError::Store(StoreError::Database(sqlx::Error::Database(error))))
                if error.is_unique_violation() => {}
            answer => return answer,
        }
    }
    Err(StoreError::Contended { what: "a unique key of a job" }.into())
}
