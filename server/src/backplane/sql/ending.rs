//! Ending attempts, many at once. Each is taken or refused by itself, fenced by its token: only active jobs have one.

use std::collections::{HashMap, HashSet};

use app::{
    domain::{JobId, JobState},
    events::{Event, JobStatus},
};

use super::{
    attempts::{CALLED_OFF, Ended},
    millis,
    row::{JobRow, job_columns, state},
    step::Step,
};
use crate::{
    backplane::{BackplaneError, Ending, Finished, Lease, Outcome, fingerprint},
    store::{Rows, StoreError, Value},
};

/// Ends attempts within a step.
pub(super) async fn end(step: &mut Step, endings: Vec<Ending>) -> Result<Vec<Finished>, BackplaneError> {
    let mut finished = Vec::with_capacity(endings.len());
    let mut rest = endings;
    while !rest.is_empty() {
        // A row can be changed once by a statement. Of two endings of one job, one is late, and nobody knows yet which of them.
        let mut jobs = HashSet::with_capacity(rest.len());
        let second = rest.iter().position(|ending| !jobs.insert(ending.lease.job_id.clone()));
        let later = rest.split_off(second.unwrap_or(rest.len()));
        finished.extend(end_each_once(step, rest).await?);
        rest = later;
    }
    Ok(finished)
}

async fn end_each_once(step: &mut Step, endings: Vec<Ending>) -> Result<Vec<Finished>, BackplaneError> {
    let is_plain = endings.iter().all(|ending| matches!(ending.outcome, Outcome::Completed(_)));
    let rows = if is_plain { complete(step, &endings).await? } else { close(step, &endings).await? };
    let mut rows: HashMap<JobId, EndedRow> = rows.into_iter().map(|row| (JobId(row.job.job_id.clone()), row)).collect();
    let mut finished = Vec::with_capacity(endings.len());
    for Ending { lease, outcome } in endings {
        match rows.remove(&lease.job_id) {
            Some(row) => {
                note(step, &row, outcome)?;
                finished.push(Finished::Accepted);
            }
            None => finished.push(Finished::Refused),
        }
    }
    Ok(finished)
}

/// A job whose attempt ended, as it is now.
#[derive(sqlx::FromRow)]
struct EndedRow {
    #[sqlx(flatten)]
    job: JobRow,
    state: String,
    worker_id: Option<String>,
    started_at: Option<i64>,
}

/// Counts a job's end, tells of it, and writes it into its past where it belongs there.
fn note(step: &mut Step, row: &EndedRow, outcome: Outcome) -> Result<(), StoreError> {
    let state = state(&row.state, &row.job.job_id)?;
    step.moved(&row.job, JobState::Active, state);
    let status = match (state, &outcome) {
        (JobState::Completed, _) => JobStatus::Completed,
        (JobState::Failed, _) => JobStatus::Failed,
        (JobState::Cancelled, _) => JobStatus::Cancelled,
        (_, Outcome::Retry { .. }) => JobStatus::Retrying,
        (_, Outcome::Snoozed { .. }) => JobStatus::Delayed,
        _ => JobStatus::Waiting,
    };
    let mut update = row.job.update(status)?;
    let error = match (status, outcome) {
        (JobStatus::Cancelled, _) => Some(CALLED_OFF.to_owned()),
        (_, Outcome::Completed(result)) => {
            update.result = Some(result);
            None
        }
        (_, Outcome::Retry { error, .. } | Outcome::Failed { error }) => {
            update.error = Some(error.clone());
            Some(error)
        }
        _ => None,
    };
    if let Some(error) = error {
        let JobRow { job_id, attempt, .. } = &row.job;
        let worker_id = row.worker_id.as_deref();
        let now_ms = step.now_ms();
        step.attempts.add(&Ended { job_id, attempt: *attempt, worker_id, started_at: row.started_at }, &error, now_ms);
    }
    step.tell(Event::JobUpdate(update));
    Ok(())
}

macro_rules! ended_columns {
    () => {
        concat!(" returning ", job_columns!(), ", state, worker_id, started_at")
    };
}

/// In the order of the jobs: whoever takes several rows takes them so, and no two wait for each other.
fn in_order(endings: &[Ending]) -> Vec<&Ending> {
    let mut endings: Vec<&Ending> = endings.iter().collect();
    endings.sort_unstable_by(|a, b| a.lease.job_id.cmp(&b.lease.job_id));
    endings
}

/// Ends attempts that completed their jobs: nearly all do, so it is the shorter statement. Asked for their state as well, Postgres would
/// look at all active jobs for each lease.
async fn complete(step: &mut Step, endings: &[Ending]) -> Result<Vec<EndedRow>, StoreError> {
    let now_ms = step.now_ms();
    let row = |ending: &Ending| {
        let Lease { job_id, token } = &ending.lease;
        let result = match &ending.outcome {
            Outcome::Completed(result) => Some(result.to_string()),
            _ => None,
        };
        [job_id.as_str().into(), token.into(), result.into(), now_ms.into()]
    };
    let rows = in_order(endings).into_iter().map(row).collect();
    let update = concat!(
        "update jobs
         set state = 'completed', finished_at = now, result = its_result, error = null, progress = 100,
             token = null, lease_expires_at = null, cancel_asked_at = null
         from ending where job_id = its_job and token = its_token",
        ended_columns!()
    );
    let ending = Rows::new("ending", ["its_job", "its_token", "its_result", "now"], rows);
    step.transaction.fetch_all_with(ending, update).await
}

/// Ends attempts however they ended. A job that was called off is cancelled, unless it has a result or an error of its own.
async fn close(step: &mut Step, endings: &[Ending]) -> Result<Vec<EndedRow>, StoreError> {
    let now_ms = step.now_ms();
    let rows = in_order(endings).into_iter().map(|ending| End::of(&ending.outcome, now_ms).row(&ending.lease, now_ms));
    let is_off = "(cancel_asked_at is not null and new_state in ('waiting', 'delayed'))";
    let update = format!(
        concat!(
            "update jobs
             set state = case when {is_off} then 'cancelled' else new_state end,
                 finished_at = case when {is_off} or new_state in ('completed', 'failed', 'cancelled') then now end,
                 attempt = attempt - case when {is_off} then 0 else given_back end,
                 run_at = case when {is_off} then run_at else coalesce(new_run_at, run_at) end,
                 is_parked = case when cancel_asked_at is null and new_state = 'waiting' and concurrency_key is not null
                     then 1 else 0 end,
                 result = its_result, error = case when {is_off} then null else its_error end,
                 error_fingerprint = its_fingerprint,
                 progress = case when new_state = 'completed' then 100 else progress end,
                 token = null, lease_expires_at = null, cancel_asked_at = null
             from ending where job_id = its_job and token = its_token",
            ended_columns!()
        ),
        is_off = is_off,
    );
    let columns = [
        "its_job",
        "its_token",
        "new_state",
        "given_back",
        "new_run_at",
        "now",
        "its_result",
        "its_error",
        "its_fingerprint",
    ];
    step.transaction.fetch_all_with(Rows::new("ending", columns, rows.collect()), &update).await
}

/// The columns that an outcome leads to.
struct End {
    state: JobState,
    is_given_back: bool,
    run_at: Option<i64>,
    result: Option<String>,
    error: Option<String>,
    fingerprint: Option<String>,
}

impl End {
    fn of(outcome: &Outcome, now_ms: i64) -> Self {
        let into =
            |state| Self { state, is_given_back: false, run_at: None, result: None, error: None, fingerprint: None };
        match outcome {
            Outcome::Completed(result) => Self { result: Some(result.to_string()), ..into(JobState::Completed) },
            Outcome::Retry { error, delay } => Self {
                run_at: Some(now_ms.saturating_add(millis(*delay))),
                error: Some(error.clone()),
                ..into(JobState::Delayed)
            },
            Outcome::Failed { error } => {
                Self { error: Some(error.clone()), fingerprint: Some(fingerprint::of(error)), ..into(JobState::Failed) }
            }
            Outcome::Snoozed { delay } => Self {
                is_given_back: true,
                run_at: Some(now_ms.saturating_add(millis(*delay))),
                ..into(JobState::Delayed)
            },
            Outcome::HandedBack => Self { is_given_back: true, run_at: Some(now_ms), ..into(JobState::Waiting) },
            Outcome::Cancelled => into(JobState::Cancelled),
        }
    }

    fn row(self, lease: &Lease, now_ms: i64) -> [Value; 9] {
        [
            lease.job_id.as_str().into(),
            (&lease.token).into(),
            self.state.as_str().into(),
            i64::from(self.is_given_back).into(),
            self.run_at.into(),
            now_ms.into(),
            self.result.into(),
            self.error.into(),
            self.fingerprint.into(),
        ]
    }
}
