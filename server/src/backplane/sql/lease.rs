//! What the holder of a lease may do while it works: renew it, and report. Fenced by the attempt's token.

use std::collections::HashMap;

use app::events::{Event, JobStatus};

use super::{
    millis,
    row::{JobRow, job_columns},
    workers,
};
use crate::{
    backplane::{BackplaneError, Directive, Finished, Heartbeat, Lease, Progress},
    store::{Database, Rows, StoreError, Transaction, outbox, sql},
};

/// Takes a worker's sign of life, and renews all its leases, in one transaction that wakes nobody unless it tells of the worker.
pub(super) async fn heartbeat(
    database: &Database,
    heartbeat: &Heartbeat<'_>,
) -> Result<Vec<Directive>, BackplaneError> {
    let mut transaction = database.begin().await?;
    let directives = renew(&mut transaction, heartbeat).await?;
    if workers::live(&mut transaction, heartbeat).await? {
        transaction.commit_lazily().await?;
    } else {
        transaction.commit_quietly().await?;
    }
    Ok(directives)
}

/// Renews leases; names those that are somebody else's by now, and those of jobs that were called off. Only active jobs have a token.
async fn renew(transaction: &mut Transaction, heartbeat: &Heartbeat<'_>) -> Result<Vec<Directive>, StoreError> {
    let until = transaction.now().as_millisecond().saturating_add(millis(heartbeat.lease));
    let row = |held: &Lease| {
        [held.job_id.as_str().into(), (&held.token).into(), heartbeat.worker.as_str().into(), until.into()]
    };
    let rows = heartbeat.leases.iter().map(row).collect();
    let held = Rows::new("held", ["its_job", "its_token", "its_worker", "until"], rows);
    let update = format!(
        ", kept as materialized (
             select job_id from held join jobs on job_id = its_job and token = its_token and worker_id = its_worker
             order by job_id {}
         )
         update jobs set lease_expires_at = (select max(until) from held)
         where job_id in (select job_id from kept)
         returning job_id, token, cancel_asked_at is not null",
        transaction.dialect().take("jobs")
    );
    let kept: Vec<(String, String, bool)> = transaction.fetch_all_with(held, &update).await?;
    let kept: HashMap<(String, String), bool> =
        kept.into_iter().map(|(job_id, token, is_called_off)| ((job_id, token), is_called_off)).collect();
    let directive = |held: &Lease| match kept.get(&(held.job_id.0.clone(), held.token.clone())) {
        None => Some(Directive::Lost(held.clone())),
        Some(true) => Some(Directive::Cancel(held.clone())),
        Some(false) => None,
    };
    Ok(heartbeat.leases.iter().filter_map(directive).collect())
}

/// Notes how far a job is.
pub(super) async fn report(database: &Database, lease: &Lease, progress: Progress) -> Result<Finished, BackplaneError> {
    let mut transaction = database.begin().await?;
    let now = transaction.now();
    let update = sql(concat!(
        "update jobs set progress = $1, stage = $2, message = $3,
             stalls = case when $1 > progress then 0 else stalls end
         where job_id = $4 and token = $5 and state = 'active'
         returning ",
        job_columns!()
    ))
    .bind(i64::from(progress.percent.min(100)))
    .bind(progress.stage)
    .bind(progress.message)
    .bind(lease.job_id.as_str())
    .bind(&lease.token);
    let Some(row) = transaction.fetch_optional::<JobRow>(update).await? else {
        transaction.roll_back().await?;
        return Ok(Finished::Refused);
    };
    outbox::append(&mut transaction, Event::JobUpdate(row.update(JobStatus::InProgress)?), now).await?;
    transaction.commit_lazily().await?;
    Ok(Finished::Accepted)
}
