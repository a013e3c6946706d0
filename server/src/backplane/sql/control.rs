//! What operators may do to jobs and queues.
//!
//! What touches jobs is done to its end even when whoever asked hangs up. Cut off half-way it would have held a parked job from a key that
//! was passed on meanwhile, and nobody would pass it on again.

use app::{
    domain::{JobId, JobState, QueueName},
    events::JobStatus,
};
use async_trait::async_trait;

use super::{
    SqlBackplane, letters, removal,
    row::{JobRow, job_columns, state},
    settings,
    step::Step,
    taking_up::{self, TakenUp},
};
use crate::{
    backplane::{BackplaneError, CalledOff, Control, DeadLetters, Pause, Removal, Retried},
    store::{Database, StoreError, sql, texts},
};

#[async_trait]
impl Control for SqlBackplane {
    async fn cancel(&self, job_id: &JobId) -> Result<Option<CalledOff>, BackplaneError> {
        let (database, job_id) = (self.database.clone(), job_id.clone());
        to_the_end(async move { cancel(&database, &job_id).await }).await
    }

    async fn retry(&self, job_id: &JobId) -> Result<Option<Retried>, BackplaneError> {
        let (database, job_id) = (self.database.clone(), job_id.clone());
        to_the_end(async move { taking_up::again_on_conflict(|| retry(&database, &job_id)).await }).await
    }

    async fn remove(&self, job_id: &JobId) -> Result<Option<Removal>, BackplaneError> {
        let (database, job_id) = (self.database.clone(), job_id.clone());
        to_the_end(async move { remove(&database, &job_id).await }).await
    }

    async fn replay(&self, letters: &DeadLetters) -> Result<u64, BackplaneError> {
        let (database, letters) = (self.database.clone(), letters.clone());
        to_the_end(async move { taking_up::again_on_conflict(|| letters::replay(&database, &letters)).await }).await
    }

    async fn discard(&self, letters: &DeadLetters) -> Result<u64, BackplaneError> {
        let (database, letters) = (self.database.clone(), letters.clone());
        to_the_end(async move { letters::discard(&database, &letters).await }).await
    }

    async fn set_paused(&self, queue: &QueueName, pause: Pause) -> Result<Pause, BackplaneError> {
        settings::set_paused(&self.database, queue, pause).await
    }

    async fn set_concurrency_limit(
        &self,
        queue: &QueueName,
        limit: Option<u32>,
    ) -> Result<Option<u32>, BackplaneError> {
        settings::set_concurrency_limit(&self.database, queue, limit).await
    }
}

/// Does something in a task of its own.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, BackplaneError>> + Send + 'static,
) -> Result<T, BackplaneError> {
    match tokio::spawn(work).await {
        Ok(done) => done,
        Err(broken) => match broken.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The process ends.
            Err(_) => Err(StoreError::from(sqlx::Error::WorkerCrashed).into()),
        },
    }
}

/// A job that nobody else changes until the step ends, and its state.
struct Held {
    job: JobRow,
    state: JobState,
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    #[sqlx(flatten)]
    job: JobRow,
    state: String,
}

async fn hold(step: &mut Step, job_id: &JobId) -> Result<Option<Held>, StoreError> {
    let select = format!(
        concat!("select ", job_columns!(), ", state from jobs where job_id = $1 {}"),
        step.transaction.dialect().take("jobs")
    );
    let row: Option<HeldRow> = step.transaction.fetch_optional(sql(select).bind(job_id.as_str())).await?;
    row.map(|row| Ok(Held { state: state(&row.state, &row.job.job_id)?, job: row.job })).transpose()
}

async fn cancel(database: &Database, job_id: &JobId) -> Result<Option<CalledOff>, BackplaneError> {
    let mut step = Step::begin(database).await?;
    let Some(Held { job, state }) = hold(&mut step, job_id).await? else {
        step.roll_back().await?;
        return Ok(None);
    };
    let now_ms = step.now_ms();
    match state {
        JobState::Waiting | JobState::Delayed => {
            let update = "update jobs set state = 'cancelled', finished_at = $1, is_parked = 0 where job_id = $2";
            step.transaction.execute(sql(update).bind(now_ms).bind(job_id.as_str())).await?;
            step.moved(&job, state, JobState::Cancelled);
            step.tell_of(&job, JobStatus::Cancelled)?;
            step.commit().await?;
            Ok(Some(CalledOff::AtOnce(state)))
        }
        JobState::Active => {
            // Asked again it is the same call, of which nobody is told a second time.
            let update = "update jobs set cancel_asked_at = $1 where job_id = $2 and cancel_asked_at is null";
            if step.transaction.execute(sql(update).bind(now_ms).bind(job_id.as_str())).await? == 0 {
                step.roll_back().await?;
                return Ok(Some(CalledOff::AskedBefore));
            }
            step.commit().await?;
            Ok(Some(CalledOff::Asked))
        }
        ended => {
            step.roll_back().await?;
            Ok(Some(CalledOff::Ended(ended)))
        }
    }
}

async fn retry(database: &Database, job_id: &JobId) -> Result<Option<Retried>, BackplaneError> {
    let mut step = Step::begin(database).await?;
    let Some(Held { job, state }) = hold(&mut step, job_id).await? else {
        step.roll_back().await?;
        return Ok(None);
    };
    let now_ms = step.now_ms();
    let is_taken_up = match state {
        JobState::Delayed => {
            let update = "update jobs set state = 'waiting', run_at = $1,
                 is_parked = case when concurrency_key is null then 0 else 1 end where job_id = $2";
            step.transaction.execute(sql(update).bind(now_ms).bind(job_id.as_str())).await?;
            step.moved(&job, state, JobState::Waiting);
            step.tell_of(&job, JobStatus::Waiting)?;
            true
        }
        JobState::Failed | JobState::Cancelled => {
            let free = taking_up::free(&mut step.transaction, texts([job_id.as_str()])).await?;
            let TakenUp(jobs) = taking_up::take_up(&mut step, state, free).await?;
            jobs > 0
        }
        JobState::Waiting if job.concurrency_key.is_some() => {
            // While it is held here, its key may have been settled without it.
            step.touch(job.concurrency_key.as_ref());
            true
        }
        JobState::Waiting | JobState::Active | JobState::Completed => false,
    };
    if is_taken_up {
        step.commit().await?;
        return Ok(Some(Retried { from: state, to: JobState::Waiting }));
    }
    step.roll_back().await?;
    Ok(Some(Retried { from: state, to: state }))
}

async fn remove(database: &Database, job_id: &JobId) -> Result<Option<Removal>, BackplaneError> {
    let mut step = Step::begin(database).await?;
    let Some(Held { job, state }) = hold(&mut step, job_id).await? else {
        step.roll_back().await?;
        return Ok(None);
    };
    if state == JobState::Active {
        step.roll_back().await?;
        return Ok(Some(Removal::Active));
    }
    removal::remove(&mut step.transaction, texts([job_id.as_str()])).await?;
    step.tally.left(&job.queue_name, state);
    if state.is_live() {
        step.touch(job.concurrency_key.as_ref());
        step.tell_of(&job, JobStatus::Cancelled)?;
    }
    step.commit().await?;
    Ok(Some(Removal::Removed(state)))
}
