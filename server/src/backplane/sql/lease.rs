//! What the holder of a lease may do while it works: renew it, and report. Fenced by the attempt's token.

use std::{collections::HashSet, time::Duration};

use app::{
    domain::WorkerId,
    events::{Event, JobStatus},
};

use super::{
    millis,
    row::{JobRow, job_columns},
};
use crate::{
    backplane::{BackplaneError, Directive, Finished, Lease, Progress},
    store::{Database, Rows, outbox, sql},
};

/// Renews all leases of a worker in one transaction, and names those that are somebody else's by now. Only active jobs have a token.
pub(super) async fn renew(
    database: &Database,
    worker: &WorkerId,
    leases: &[Lease],
    lease: Duration,
) -> Result<Vec<Directive>, BackplaneError> {
    if leases.is_empty() {
        return Ok(Vec::new());
    }
    let mut transaction = database.begin().await?;
    let until = transaction.now().as_millisecond().saturating_add(millis(lease));
    let rows = leases
        .iter()
        .map(|held| [held.job_id.as_str().into(), (&held.token).into(), worker.as_str().into(), until.into()])
        .collect();
    let held = Rows::new("held", ["its_job", "its_token", "its_worker", "until"], rows);
    let update = format!(
        ", kept as materialized (
             select job_id from held join jobs on job_id = its_job and token = its_token and worker_id = its_worker
             order by job_id {}
         )
         update jobs set lease_expires_at = (select max(until) from held)
         where job_id in (select job_id from kept)
         returning job_id, token",
        transaction.dialect().take("jobs")
    );
    let kept: HashSet<(String, String)> = transaction.fetch_all_with(held, &update).await?.into_iter().collect();
    transaction.commit_lazily().await?;
    let is_lost = |held: &&Lease| !kept.contains(&(held.job_id.0.clone(), held.token.clone()));
    Ok(leases.iter().filter(is_lost).cloned().map(Directive::Lost).collect())
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
