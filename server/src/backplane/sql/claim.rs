//! Handing jobs to workers.

use app::{
    domain::{JobId, JobState, QueueName},
    events::JobStatus,
};
use uuid::Uuid;

use super::{
    limits::Limits,
    millis,
    row::{JobRow, count, job_columns, json},
    step::Step,
};
use crate::{
    backplane::{BackplaneError, ClaimRequest, ClaimedJob, Lease},
    store::{Dialect, StoreError, sql},
};

#[derive(sqlx::FromRow)]
struct ClaimedRow {
    #[sqlx(flatten)]
    job: JobRow,
    data: String,
    priority: i64,
    run_at: i64,
}

/// A queue that is asked, and how much of its limit is left where it has one.
struct Turn<'a> {
    queue: &'a QueueName,
    room: Option<i64>,
}

/// Takes jobs within a step.
pub(super) async fn take(
    step: &mut Step,
    limits: &Limits,
    request: &ClaimRequest,
) -> Result<Vec<ClaimedJob>, BackplaneError> {
    let rooms = limits.rooms(&mut step.transaction, &request.queues).await?;
    let turns: Vec<Turn<'_>> = request
        .queues
        .iter()
        .map(|queue| Turn { queue, room: rooms.get(queue).copied() })
        .filter(|turn| turn.room != Some(0))
        .collect();
    if turns.is_empty() || request.limit == 0 {
        return Ok(Vec::new());
    }
    let now_ms = step.now_ms();
    // One for all of them: with the job's id it is another one for each attempt.
    let token = Uuid::new_v4().simple().to_string();
    let mut update = sql(statement(&turns, step.transaction.dialect()))
        .bind(request.worker.as_str())
        .bind(now_ms.saturating_add(millis(request.lease)))
        .bind(now_ms)
        .bind(i64::from(request.limit))
        .bind(&token);
    for turn in &turns {
        update = update.bind(turn.queue.as_str());
        if let Some(room) = turn.room {
            update = update.bind(room);
        }
    }
    let mut rows: Vec<ClaimedRow> = step.transaction.fetch_all(update).await?;

    // The statement chooses by this order, but gives rows back in any.
    rows.sort_by(|a, b| (b.priority, a.run_at, &a.job.job_id).cmp(&(a.priority, b.run_at, &b.job.job_id)));
    for row in &rows {
        step.tally.left(&row.job.queue_name, JobState::Waiting);
        step.tally.came(&row.job.queue_name, JobState::Active);
        step.tell_of(&row.job, JobStatus::Started)?;
    }
    Ok(rows.into_iter().map(|row| row.claimed(&token)).collect::<Result<_, _>>()?)
}

/// `$1` the worker, `$2` the end of the lease, `$3` now, `$4` the limit, `$5` the token, then the queues, each with its room where it has a limit. Each
/// queue is asked for itself: its index is walked in the order of claims and left at the limit, however many jobs wait. What was found is
/// changed where it stands. One that somebody changed between the two moments stands elsewhere now, and is left to the next claim.
fn statement(turns: &[Turn<'_>], dialect: Dialect) -> String {
    let take_free = dialect.take_free();
    // Where a row stands that was taken is found without an index. In SQLite it stands in the index.
    let (place_of_row, are_picked) = match dialect {
        Dialect::Sqlite => ("job_id", "job_id in (select place from picked)"),
        Dialect::Postgres => ("ctid", "ctid = any(array(select place from picked))"),
    };
    let mut place = 6;
    let mut found = Vec::with_capacity(turns.len());
    for turn in turns {
        let (guard, limit) = if turn.room.is_some() {
            (String::new(), format!("${}", place + 1))
        } else {
            (format!("and not exists ({})", barred(place)), "$4".to_owned())
        };
        found.push(format!(
            "select place, job_id, priority, run_at from (
                 select {place_of_row} as place, job_id, priority, run_at from jobs
                 where state = 'waiting' and is_parked = 0 and queue_name = ${place} {guard}
                 order by priority desc, run_at, job_id limit {limit} {take_free}
             ) of_queue"
        ));
        place += 1 + usize::from(turn.room.is_some());
    }
    format!(
        concat!(
            "with found as materialized ({found}),
             picked as (select place from found order by priority desc, run_at, job_id limit $4)
             update jobs
             set state = 'active', attempt = attempt + 1, worker_id = $1, lease_expires_at = $2, started_at = $3,
                 progress = 0, stage = null, message = null, error = null, token = $5
             where {are_picked}
             returning ",
            job_columns!(),
            ", data, priority, run_at"
        ),
        found = found.join(" union all "),
        are_picked = are_picked,
    )
}

/// Asks whether the queue bound at a place is paused, or has a limit that nobody looked after.
fn barred(place: usize) -> String {
    format!(
        "select 1 from queues
         where queues.queue_name = ${place} and (is_paused = 1 or concurrency_limit is not null)"
    )
}

impl ClaimedRow {
    fn claimed(self, token: &str) -> Result<ClaimedJob, StoreError> {
        Ok(ClaimedJob {
            data: json("data", &self.job.job_id, &self.data)?,
            attempt: count(self.job.attempt),
            max_attempts: count(self.job.max_attempts),
            queue_name: QueueName(self.job.queue_name),
            job_name: self.job.job_name,
            lease: Lease { job_id: JobId(self.job.job_id), token: token.to_owned() },
        })
    }
}
