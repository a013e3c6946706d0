//! Removing jobs: with their past and what they said, in the same step.

use super::{Retention, millis, step::Step};
use crate::store::{Dialect, StoreError, Transaction, Value, sql, texts};
use app::domain::JobState;

/// Removes jobs by their ids, with all that belongs to them but their counters.
pub(super) async fn remove(transaction: &mut Transaction, job_ids: Value) -> Result<u64, StoreError> {
    let are_meant = transaction.dialect().is_among("job_id", 1);
    let removed = transaction.execute(sql(format!("delete from jobs where {are_meant}")).bind(job_ids.clone())).await?;
    remove_past(transaction, job_ids).await?;
    Ok(removed)
}

async fn remove_past(transaction: &mut Transaction, job_ids: Value) -> Result<(), StoreError> {
    let are_meant = transaction.dialect().is_among("job_id", 1);
    for table in ["job_attempts", "job_log"] {
        transaction.execute(sql(format!("delete from {table} where {are_meant}")).bind(job_ids.clone())).await?;
    }
    Ok(())
}

/// Ended jobs whose unique key nobody has to remember any more.
const MAY_GO: &str = "finished_at is not null and (unique_until is null or unique_until <= ";

/// Asks whether ended jobs are too old or too many: the age in milliseconds and the number that is kept are bound at places. Each queue
/// and state is looked at where its oldest jobs are.
pub(super) fn has_old_jobs(age: usize, kept: usize, dialect: Dialect) -> String {
    let now = dialect.now();
    format!(
        "exists (
             select 1 from (
                 select queue_name, state, sum(jobs) as jobs from queue_counts
                 where state in ('completed', 'failed', 'cancelled') group by queue_name, state
             ) ended
             where ended.jobs > ${kept} or (
                 select true from jobs
                 where jobs.queue_name = ended.queue_name and jobs.state = ended.state and {MAY_GO} {now})
                     and finished_at < {now} - ${age}
                 order by finished_at limit 1
             )
         )"
    )
}

/// Removes a round of ended jobs that are too old or too many, the oldest first; returns how many.
pub(super) async fn trim_jobs(step: &mut Step, retention: &Retention, round: i64) -> Result<u64, StoreError> {
    if !is_alone(&mut step.transaction).await? {
        return Ok(0);
    }
    let ended = "select queue_name, state, cast(sum(jobs) as bigint) from queue_counts
         where state in ('completed', 'failed', 'cancelled') group by queue_name, state order by queue_name, state";
    let ended: Vec<(String, String, i64)> = step.transaction.fetch_all(sql(ended)).await?;
    let kept = i64::try_from(retention.job_count).unwrap_or(i64::MAX);
    let cutoff = step.now_ms().saturating_sub(millis(retention.jobs));
    let mut left = round;
    for (queue, name, jobs) in ended {
        let Some(state) = JobState::ALL.into_iter().find(|state| state.as_str() == name) else { continue };
        let old = trim(step, &queue, state, cutoff, left).await?;
        left -= old;
        // What is too old was too many, too.
        let too_many = (jobs - old - kept).clamp(0, left);
        left -= trim(step, &queue, state, i64::MAX, too_many).await?;
    }
    Ok((round - left).unsigned_abs())
}

/// Whether nobody else trims. It costs less than taking each row before it is removed, so that two don't wait for each other.
async fn is_alone(transaction: &mut Transaction) -> Result<bool, StoreError> {
    match transaction.dialect() {
        Dialect::Sqlite => Ok(true),
        Dialect::Postgres => {
            let lock = "select pg_try_advisory_xact_lock(hashtextextended('trimming of jobs', 1))";
            Ok(transaction.fetch_one::<(bool,)>(sql(lock)).await?.0)
        }
    }
}

/// Removes the oldest jobs of a queue that ended in a state before a moment; returns how many. One that was taken up again at the same
/// moment stays.
async fn trim(
    step: &mut Step,
    queue: &str,
    state: JobState,
    ended_before: i64,
    at_most: i64,
) -> Result<i64, StoreError> {
    if at_most == 0 {
        return Ok(0);
    }
    let delete = format!(
        "with oldest as materialized (
             select job_id from jobs where queue_name = $1 and state = $2 and {MAY_GO} $3) and finished_at < $4
             order by finished_at, job_id limit $5
         )
         delete from jobs where job_id in (select job_id from oldest) and state = $2 and finished_at < $4
         returning job_id"
    );
    let delete = sql(delete).bind(queue).bind(state.as_str()).bind(step.now_ms()).bind(ended_before).bind(at_most);
    let removed: Vec<(String,)> = step.transaction.fetch_all(delete).await?;
    if removed.is_empty() {
        return Ok(0);
    }
    remove_past(&mut step.transaction, texts(removed.iter().map(|(job_id,)| job_id.as_str()))).await?;
    let removed = i64::try_from(removed.len()).unwrap_or(i64::MAX);
    step.tally.corrected(queue, state, -removed);
    Ok(removed)
}
