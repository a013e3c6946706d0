//! Ending attempts, many at once. Each is taken or refused by itself, fenced by its token.

use std::collections::HashMap;

use app::events::{Event, JobStatus};

use super::{
    millis,
    row::{JobRow, job_columns},
};
use crate::{
    backplane::{BackplaneError, Ending, Finished, Lease, Outcome},
    store::{Database, Rows, StoreError, Transaction, Value, outbox},
};

/// Ends attempts within one transaction.
pub(super) async fn finish(database: &Database, endings: Vec<Ending>) -> Result<Vec<Finished>, BackplaneError> {
    let mut transaction = database.begin().await?;
    let now = transaction.now();
    let now_ms = now.as_millisecond();
    let mut held = take(&mut transaction, &endings).await?;

    let (mut ended, mut attempts, mut events) = (Vec::new(), Vec::new(), Vec::new());
    let mut finished = Vec::with_capacity(endings.len());
    for Ending { lease, outcome } in endings {
        // Whoever ends the same attempt twice has ended it with the first.
        let Some(row) = held.remove(&lease) else {
            finished.push(Finished::Refused);
            continue;
        };
        let end = End::of(&outcome, now_ms);
        if !matches!(outcome, Outcome::HandedBack) {
            attempts.push(row.history(&end, now_ms));
        }
        let mut update = row.job.update(end.status)?;
        update.attempt -= u32::from(end.is_given_back && update.attempt > 0);
        update.error.clone_from(&end.error);
        if let Outcome::Completed(result) = outcome {
            update.progress = 100;
            update.result = Some(result);
        }
        events.push(Event::JobUpdate(update));
        ended.push(end.row(row.job.job_id));
        finished.push(Finished::Accepted);
    }

    write(&mut transaction, ended, attempts).await?;
    outbox::append_all(&mut transaction, events, now).await?;
    transaction.commit().await?;
    Ok(finished)
}

/// A job in the hands of whoever ends its attempt.
#[derive(sqlx::FromRow)]
struct HeldRow {
    #[sqlx(flatten)]
    job: JobRow,
    token: String,
    worker_id: String,
    started_at: i64,
}

impl HeldRow {
    /// A line in the job's history.
    fn history(&self, end: &End, now_ms: i64) -> [Value; 6] {
        [
            (&self.job.job_id).into(),
            self.job.attempt.into(),
            (&self.worker_id).into(),
            self.started_at.into(),
            now_ms.into(),
            (&end.error).into(),
        ]
    }
}

/// Takes the jobs whose leases still hold: only active ones have a token. Asked for their state as well, Postgres would look at all active
/// jobs for each lease.
async fn take(transaction: &mut Transaction, endings: &[Ending]) -> Result<HashMap<Lease, HeldRow>, StoreError> {
    let leases =
        endings.iter().map(|ending| [ending.lease.job_id.as_str().into(), (&ending.lease.token).into()]).collect();
    let select = format!(
        concat!(
            "select ",
            job_columns!(),
            ", token, worker_id, started_at
             from lease join jobs on job_id = its_job and token = its_token
             order by job_id {take}"
        ),
        take = transaction.dialect().take("jobs"),
    );
    let leases = Rows::new("lease", ["its_job", "its_token"], leases);
    let rows: Vec<HeldRow> = transaction.fetch_all_with(leases, &select).await?;
    let lease = |row: &HeldRow| Lease { job_id: row.job.job_id.as_str().into(), token: row.token.clone() };
    Ok(rows.into_iter().map(|row| (lease(&row), row)).collect())
}

async fn write(
    transaction: &mut Transaction,
    ended: Vec<[Value; 7]>,
    attempts: Vec<[Value; 6]>,
) -> Result<(), StoreError> {
    let columns = ["its_job", "new_state", "given_back", "new_run_at", "ended_at", "its_result", "its_error"];
    let update = "update jobs
         set state = new_state, attempt = attempt - given_back, run_at = new_run_at, finished_at = ended_at,
             result = its_result, error = its_error,
             progress = case when new_state = 'completed' then 100 else progress end,
             token = null, worker_id = null, lease_expires_at = null
         from ending where job_id = its_job";
    transaction.execute_with(Rows::new("ending", columns, ended), update).await?;
    let columns = ["job_id", "attempt", "worker_id", "started_at", "finished_at", "error"];
    let insert = "insert into job_attempts (job_id, attempt, worker_id, started_at, finished_at, error)
         select job_id, attempt, worker_id, started_at, finished_at, error from line";
    transaction.execute_with(Rows::new("line", columns, attempts), insert).await?;
    Ok(())
}

/// The columns that an outcome leads to.
struct End {
    state: &'static str,
    status: JobStatus,
    is_given_back: bool,
    run_at: i64,
    finished_at: Option<i64>,
    result: Option<String>,
    error: Option<String>,
}

impl End {
    fn of(outcome: &Outcome, now_ms: i64) -> Self {
        let end = Self {
            state: "waiting",
            status: JobStatus::Waiting,
            is_given_back: false,
            run_at: now_ms,
            finished_at: None,
            result: None,
            error: None,
        };
        match outcome {
            Outcome::Completed(result) => Self {
                state: "completed",
                status: JobStatus::Completed,
                finished_at: Some(now_ms),
                result: Some(result.to_string()),
                ..end
            },
            Outcome::Retry { error, delay } => Self {
                state: "delayed",
                status: JobStatus::Retrying,
                run_at: now_ms.saturating_add(millis(*delay)),
                error: Some(error.clone()),
                ..end
            },
            Outcome::Failed { error } => Self {
                state: "failed",
                status: JobStatus::Failed,
                finished_at: Some(now_ms),
                error: Some(error.clone()),
                ..end
            },
            Outcome::Snoozed { .. } | Outcome::Cancelled => unimplemented!(),
            Outcome::HandedBack => Self { is_given_back: true, ..end },
        }
    }

    fn row(self, job_id: String) -> [Value; 7] {
        [
            job_id.into(),
            self.state.into(),
            i64::from(self.is_given_back).into(),
            self.run_at.into(),
            self.finished_at.into(),
            self.result.into(),
            self.error.into(),
        ]
    }
}
