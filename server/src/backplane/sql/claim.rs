//! Handing jobs to workers.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use app::{
    domain::{JobId, JobState, QueueName},
    events::{Event, JobStatus},
};
use tokio::time::Instant;

use super::{
    millis,
    row::{JobRow, count, job_columns, json},
};
use crate::{
    backplane::{BackplaneError, ClaimRequest, ClaimedJob, Lease},
    store::{Database, Dialect, StoreError, outbox, sql, texts},
};

/// Queues in which nothing waited, and after which commit that was so. Whoever waits for work looks again only after another one.
#[derive(Default)]
pub(super) struct Quiet(Mutex<HashMap<QueueName, u64>>);

impl Quiet {
    fn is_since(&self, queues: &[QueueName], commit: u64) -> bool {
        let quiet = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.iter().all(|queue| quiet.get(queue) == Some(&commit))
    }

    fn note(&self, queues: &[QueueName], commit: u64) {
        let mut quiet = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for queue in queues {
            match quiet.get_mut(queue) {
                Some(last) => *last = commit,
                None => drop(quiet.insert(queue.clone(), commit)),
            }
        }
    }
}

/// Claims jobs, waiting for the next commit as long as there are none and patience lasts.
pub(super) async fn claim_patiently(
    database: &Database,
    quiet: &Quiet,
    request: &ClaimRequest,
    patience: Duration,
) -> Result<Vec<ClaimedJob>, BackplaneError> {
    let deadline = Instant::now() + patience;
    let mut commits = database.commits();
    loop {
        let commit = *commits.borrow_and_update();
        // Whoever does not wait would not learn of a commit of another process that was not noticed yet: it always looks.
        if patience.is_zero() || !quiet.is_since(&request.queues, commit) {
            // Looked at by a reader first, so that idle workers don't queue up for the one writer.
            if has_waiting(database, &request.queues).await? {
                let jobs = claim(database, request).await?;
                if !jobs.is_empty() {
                    return Ok(jobs);
                }
            } else {
                quiet.note(&request.queues, commit);
            }
        }
        let next_commit = tokio::time::timeout_at(deadline, commits.changed());
        if !matches!(next_commit.await, Ok(Ok(()))) {
            return Ok(Vec::new());
        }
    }
}

async fn has_waiting(database: &Database, queues: &[QueueName]) -> Result<bool, StoreError> {
    let is_asked = database.dialect().is_among("queue_name", 1);
    let select = sql(format!("select exists (select 1 from jobs where state = 'waiting' and {is_asked})"));
    database.scalar(select.bind(texts(queues.iter().map(QueueName::as_str)))).await
}

#[derive(sqlx::FromRow)]
struct ClaimedRow {
    #[sqlx(flatten)]
    job: JobRow,
    data: String,
    token: String,
    priority: i64,
    run_at: i64,
}

async fn claim(database: &Database, request: &ClaimRequest) -> Result<Vec<ClaimedJob>, BackplaneError> {
    let mut transaction = database.begin().await?;
    let now = transaction.now();
    let now_ms = now.as_millisecond();
    let update = sql(statement(request.queues.len(), transaction.dialect()))
        .bind(request.worker.as_str())
        .bind(now_ms.saturating_add(millis(request.lease)))
        .bind(now_ms)
        .bind(i64::from(request.limit));
    let update = request.queues.iter().fold(update, |update, queue| update.bind(queue.as_str()));
    let mut rows: Vec<ClaimedRow> = transaction.fetch_all(update).await?;

    // The statement chooses by this order, but gives rows back in any.
    rows.sort_by(|a, b| (b.priority, a.run_at, &a.job.job_id).cmp(&(a.priority, b.run_at, &b.job.job_id)));
    let events: Vec<Event> =
        rows.iter().map(|row| row.job.update(JobStatus::Started).map(Event::JobUpdate)).collect::<Result<_, _>>()?;
    outbox::append_all(&mut transaction, events, now).await?;
    let claimed = rows.into_iter().map(ClaimedJob::try_from).collect::<Result<_, _>>()?;
    // A claim that a power cut takes back is simply made again.
    transaction.commit_lazily().await?;
    Ok(claimed)
}

/// `$1` the worker, `$2` the end of the lease, `$3` now, `$4` the limit, then the queues. Each queue is asked for itself: its index is
/// walked in the order of claims and left at the limit, however many jobs wait.
fn statement(queues: usize, dialect: Dialect) -> String {
    let (take_free, token) = (dialect.take_free(), dialect.random_token());
    let of_queue = |queue| {
        format!(
            "select job_id, priority, run_at from (
                 select job_id, priority, run_at from jobs where state = 'waiting' and queue_name = ${}
                 order by priority desc, run_at, job_id limit $4 {take_free}
             ) of_queue",
            queue + 5
        )
    };
    let found = (0..queues).map(of_queue).collect::<Vec<_>>().join(" union all ");
    format!(
        concat!(
            "with found as materialized ({found}),
             picked as (select job_id from found order by priority desc, run_at, job_id limit $4)
             update jobs
             set state = 'active', attempt = attempt + 1, worker_id = $1, lease_expires_at = $2, started_at = $3,
                 progress = 0, stage = null, message = null, error = null, token = {token}
             where job_id in (select job_id from picked)
             returning ",
            job_columns!(),
            ", data, token, priority, run_at"
        ),
        found = found,
        token = token,
    )
}

impl TryFrom<ClaimedRow> for ClaimedJob {
    type Error = StoreError;

    fn try_from(row: ClaimedRow) -> Result<Self, StoreError> {
        Ok(Self {
            data: json("data", &row.job.job_id, &row.data)?,
            attempt: count(row.job.attempt),
            max_attempts: count(row.job.max_attempts),
            queue_name: QueueName(row.job.queue_name),
            job_name: row.job.job_name,
            lease: Lease { job_id: JobId(row.job.job_id), token: row.token },
        })
    }
}

/// The state of a job.
pub(super) async fn job_state(database: &Database, job_id: &JobId) -> Result<Option<JobState>, BackplaneError> {
    let select = sql("select state from jobs where job_id = $1").bind(job_id.as_str());
    let Some((name,)) = database.fetch_optional::<(String,)>(select).await? else { return Ok(None) };
    let state = serde_json::from_value(serde_json::Value::String(name)).map_err(|problem| StoreError::BrokenRow {
        table: "jobs",
        column: "state",
        id: job_id.to_string(),
        problem: problem.to_string(),
    })?;
    Ok(Some(state))
}
