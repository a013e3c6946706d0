//! Tells how queues stand: at most twice a second each, over all processes, and in the end as they are.
//!
//! Nobody who changes a job writes more for it, or waits for it. Half a second after commits of this process, a reader compares the counters
//! with what was told last; only where they differ something is written, in one statement: what was told is noted in the transaction
//! that tells it. What a process had yet to tell when it ended is told by whoever keeps house.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use app::{
    domain::{QueueCounts, QueueName},
    events::{Event, QueueUpdate},
};
use tokio::{sync::Notify, time::Instant};

use super::step::Step;
use crate::store::{Database, Dialect, StoreError, Transaction, sql, texts};

/// How long commits are gathered before a look.
const GATHERING: Duration = Duration::from_millis(500);
/// The least time between two events of a queue that tell of traffic.
const APART_MS: i64 = 500;
/// How often whoever keeps house has it looked for what nobody told.
const LEFT_OVER: Duration = Duration::from_secs(5);

/// Has those looked for who have something left to tell.
#[derive(Default)]
pub(super) struct Teller {
    bell: Notify,
    rung: Mutex<Option<Instant>>,
}

impl Teller {
    /// Looks now and then for what processes left untold that are no more: to be called when house is kept.
    pub(super) fn look_for_left_over(&self) {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        if rung.is_none_or(|rung| rung.elapsed() >= LEFT_OVER) {
            *rung = Some(Instant::now());
            self.bell.notify_one();
        }
    }

    /// Tells for ever.
    pub(super) async fn keep(&self, database: &Database) {
        let mut commits = database.commits();
        let mut here = commits.borrow_and_update().here;
        loop {
            tokio::select! {
                // The sender lives in the database, which is borrowed here: it can't be gone.
                () = async { let _ = commits.wait_for(|commits| commits.here != here).await; } => {}
                () = self.bell.notified() => {}
            }
            loop {
                here = commits.borrow_and_update().here;
                tokio::time::sleep(GATHERING).await;
                match tell(database).await {
                    Ok(Told::All) => break,
                    Ok(Told::Some) => {}
                    Err(error) => {
                        tracing::warn!(%error, "queues could not be told of; house-keeping will");
                        break;
                    }
                }
            }
        }
    }
}

/// Whether there was anything to tell.
enum Told {
    /// All stands as it was told before.
    All,
    /// There was, and there may be more.
    Some,
}

/// A queue as it stands, or stood when it was told of.
#[derive(sqlx::FromRow)]
struct StandingRow {
    queue_name: String,
    waiting: i64,
    active: i64,
    completed: i64,
    failed: i64,
    delayed: i64,
    cancelled: i64,
    is_paused: i64,
}

impl StandingRow {
    fn update(self) -> QueueUpdate {
        let count = |jobs: i64| jobs.max(0).unsigned_abs();
        let counts = QueueCounts {
            waiting: count(self.waiting),
            active: count(self.active),
            completed: count(self.completed),
            failed: count(self.failed),
            delayed: count(self.delayed),
            cancelled: count(self.cancelled),
        };
        QueueUpdate { queue_name: QueueName(self.queue_name), counts, paused: self.is_paused != 0 }
    }
}

/// Tells of all queues that are not as they were told last, but for those of which something was told just now.
async fn tell(database: &Database) -> Result<Told, StoreError> {
    let differing: Vec<(String, bool)> = database.fetch_all(sql(differing(database.dialect()))).await?;
    let due: Vec<&str> =
        differing.iter().filter(|(_, is_early)| !is_early).map(|(queue_name, _)| queue_name.as_str()).collect();
    if differing.is_empty() {
        return Ok(Told::All);
    }
    if due.is_empty() {
        return Ok(Told::Some);
    }
    let mut step = Step::begin(database).await?;
    let note = sql(noting(step.transaction.dialect())).bind(step.now_ms()).bind(texts(due));
    let noted: Vec<StandingRow> = step.transaction.fetch_all(note).await?;
    if noted.is_empty() {
        // Another process was quicker.
        step.roll_back().await?;
        return Ok(Told::Some);
    }
    for row in noted {
        step.tell(Event::QueueUpdate(row.update()));
    }
    step.commit_lazily().await?;
    Ok(Told::Some)
}

/// Notes what is told of a queue by the transaction that changes it.
pub(super) async fn note(transaction: &mut Transaction, update: &QueueUpdate) -> Result<(), StoreError> {
    let upsert = format!(
        "insert into queue_news (queue_name, told_at, {COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (queue_name) do update set {ANEW}"
    );
    let count = |jobs: u64| i64::try_from(jobs).unwrap_or(i64::MAX);
    let QueueUpdate { queue_name, counts, paused } = update;
    let upsert = sql(upsert)
        .bind(queue_name.as_str())
        .bind(transaction.now().as_millisecond())
        .bind(count(counts.waiting))
        .bind(count(counts.active))
        .bind(count(counts.completed))
        .bind(count(counts.failed))
        .bind(count(counts.delayed))
        .bind(count(counts.cancelled))
        .bind(i64::from(*paused));
    transaction.execute(upsert).await?;
    Ok(())
}

const COLUMNS: &str = "waiting, active, completed, failed, delayed, cancelled, is_paused";
const ANEW: &str = "told_at = excluded.told_at, waiting = excluded.waiting, active = excluded.active,
    completed = excluded.completed, failed = excluded.failed, delayed = excluded.delayed, cancelled = excluded.cancelled,
    is_paused = excluded.is_paused";

/// The columns of a table of queues, for a comparison of all at once.
fn all_of(table: &str) -> String {
    format!("({})", COLUMNS.split(", ").map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", "))
}

/// A table of queues as they stand: those of which some counter was ever written, and that a condition chooses.
fn standing(condition: &str) -> String {
    let sum = |state| format!("cast(sum(case state when '{state}' then jobs else 0 end) as bigint) as {state}");
    let sums = ["waiting", "active", "completed", "failed", "delayed", "cancelled"].map(sum).join(", ");
    format!(
        "(select counted.*, coalesce(queues.is_paused, 0) as is_paused
          from (select queue_name, {sums} from queue_counts where {condition} group by queue_name) counted
          left join queues on queues.queue_name = counted.queue_name) standing"
    )
}

/// Asks for the queues that are not as they were told last, and whether something was told of them just now; not in a future that a clock
/// has come back from. One that was never used,
/// or emptied before anybody heard of it, is none.
fn differing(dialect: Dialect) -> String {
    let now = dialect.now();
    format!(
        "select standing.queue_name, coalesce(queue_news.told_at between {now} - {APART_MS} + 1 and {now}, false)
         from {} left join queue_news on queue_news.queue_name = standing.queue_name
         where {} <> {} or (queue_news.queue_name is null and {} <> (0, 0, 0, 0, 0, 0, 0))",
        standing("true"),
        all_of("standing"),
        all_of("queue_news"),
        all_of("standing"),
    )
}

/// Notes how queues stand where that is news, and gives back which: `$1` now, `$2` the queues. Who waited here for another process finds what
/// that one has just told, and leaves it.
fn noting(dialect: Dialect) -> String {
    format!(
        "insert into queue_news as told (queue_name, told_at, {COLUMNS})
         select queue_name, cast($1 as bigint), {COLUMNS} from {} where true order by queue_name
         on conflict (queue_name) do update set {ANEW}
         where told.told_at not between excluded.told_at - {APART_MS} + 1 and excluded.told_at and {} <> {}
         returning queue_name, {COLUMNS}",
        standing(&dialect.is_among("queue_name", 2)),
        all_of("told"),
        all_of("excluded"),
    )
}
