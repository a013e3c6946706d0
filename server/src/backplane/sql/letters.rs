//! Dead-lettered jobs, many at once: taken up again or removed, the oldest first.

use app::domain::JobState;

use super::{
    removal,
    step::Step,
    taking_up::{self, IS_FREE, TakenUp},
};
use crate::{
    backplane::{BackplaneError, DeadLetters},
    store::{Database, StoreError, sql, texts},
};

/// Jobs that one step touches at most.
const ROUND: u32 = 1_000;

/// Takes them up again.
pub(super) async fn replay(database: &Database, letters: &DeadLetters) -> Result<u64, BackplaneError> {
    let mut step = Step::begin(database).await?;
    // One whose unique key is taken is passed over: at the head of the line it would keep the others from their turn.
    let oldest = oldest(&mut step, letters, IS_FREE).await?;
    let free = taking_up::free(&mut step.transaction, texts(oldest.iter().map(String::as_str))).await?;
    let TakenUp(jobs) = taking_up::take_up(&mut step, JobState::Failed, free).await?;
    if jobs == 0 {
        step.roll_back().await?;
    } else {
        step.commit().await?;
    }
    Ok(jobs)
}

/// Removes them.
pub(super) async fn discard(database: &Database, letters: &DeadLetters) -> Result<u64, BackplaneError> {
    let mut step = Step::begin(database).await?;
    let oldest = oldest(&mut step, letters, "$2 > 0").await?;
    if oldest.is_empty() {
        step.roll_back().await?;
        return Ok(0);
    }
    let jobs = removal::remove(&mut step.transaction, texts(oldest.iter().map(String::as_str))).await?;
    let removed = i64::try_from(oldest.len()).unwrap_or(i64::MAX);
    step.tally.corrected(letters.queue_name.as_str(), JobState::Failed, -removed);
    step.commit().await?;
    Ok(jobs)
}

/// The oldest of which something is true besides; `$2` is now.
async fn oldest(step: &mut Step, letters: &DeadLetters, is_meant: &str) -> Result<Vec<String>, StoreError> {
    let is_alike = if letters.fingerprint.is_some() { "error_fingerprint = $4" } else { "finished_at is not null" };
    let select = format!(
        "select job_id from jobs where queue_name = $1 and state = 'failed' and {is_alike} and {is_meant}
         order by finished_at, job_id limit $3 {}",
        step.transaction.dialect().take_free()
    );
    let mut select =
        sql(select).bind(letters.queue_name.as_str()).bind(step.now_ms()).bind(i64::from(letters.limit.min(ROUND)));
    if let Some(fingerprint) = &letters.fingerprint {
        select = select.bind(fingerprint);
    }
    let rows: Vec<(String,)> = step.transaction.fetch_all(select).await?;
    Ok(rows.into_iter().map(|(job_id,)| job_id).collect())
}
