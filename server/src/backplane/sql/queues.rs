//! Queues as they stand. What it costs to see them grows with the number of queues, never with that of jobs.

use std::collections::BTreeMap;

use app::domain::{JobState, Queue, QueueCounts, QueueName};

use super::{row::count, tally::MINUTE_MS, workers};
use crate::{
    backplane::BackplaneError,
    store::{Database, StoreError, Transaction, Value, sql, texts},
};

/// All queues, or one, by name.
pub(super) async fn queues(
    database: &Database,
    which: Option<&QueueName>,
    workers: &[app::domain::Worker],
) -> Result<Vec<Queue>, BackplaneError> {
    let mut found: BTreeMap<QueueName, Queue> = BTreeMap::new();
    for row in counted(database, which).await? {
        let queue = found.entry(QueueName(row.queue_name.clone())).or_insert_with_key(unknown);
        if let Some(state) = known_state(&row.state) {
            *queue.counts.of(state) = row.jobs.max(0).unsigned_abs();
            if state == JobState::Completed {
                queue.rate_per_minute = row.rate();
            }
        }
    }
    for (name, is_paused, limit) in settings(database, which).await? {
        let queue = found.entry(QueueName(name)).or_insert_with_key(unknown);
        queue.paused = is_paused != 0;
        queue.concurrency_limit = limit.map(count);
    }
    let waiting: Vec<&QueueName> =
        found.values().filter(|queue| queue.counts.waiting > 0).map(|queue| &queue.queue_name).collect();
    let oldest = oldest_waiting(database, texts(waiting.iter().map(|queue| queue.as_str()))).await?;
    for (name, age) in oldest {
        if let Some(queue) = found.get_mut(&QueueName(name)) {
            queue.oldest_waiting_ms = age.map(|age| age.max(0).unsigned_abs());
        }
    }
    Ok(found
        .into_values()
        .map(|queue| Queue { consumers: workers::consumers(workers, &queue.queue_name), ..queue })
        .collect())
}

fn unknown(queue_name: &QueueName) -> Queue {
    Queue {
        queue_name: queue_name.clone(),
        counts: QueueCounts::default(),
        paused: false,
        concurrency_limit: None,
        consumers: 0,
        rate_per_minute: 0,
        oldest_waiting_ms: None,
    }
}

fn known_state(name: &str) -> Option<JobState> {
    JobState::ALL.into_iter().find(|state| state.as_str() == name)
}

/// The counter of a queue and a state, with what came within this minute of the clock and within the one before.
#[derive(sqlx::FromRow)]
struct CountedRow {
    queue_name: String,
    state: String,
    jobs: i64,
    this_minute: i64,
    last_minute: i64,
    into_minute: i64,
}

impl CountedRow {
    /// What came within the last 60 seconds: of the minute before this one, as large a part as lies within them.
    fn rate(&self) -> u64 {
        let of_last = self.last_minute.saturating_mul(MINUTE_MS - self.into_minute) + MINUTE_MS / 2;
        (self.this_minute + of_last / MINUTE_MS).max(0).unsigned_abs()
    }
}

async fn counted(database: &Database, which: Option<&QueueName>) -> Result<Vec<CountedRow>, StoreError> {
    let select = format!(
        "select queue_name, state, cast(sum(jobs) as bigint) as jobs,
             cast(sum(case when clock - minute < {MINUTE_MS} then recent else 0 end) as bigint) as this_minute,
             cast(sum(case
                 when clock - minute < {MINUTE_MS} then before when clock - minute < 2 * {MINUTE_MS} then recent else 0
             end) as bigint) as last_minute,
             cast(max(clock % {MINUTE_MS}) as bigint) as into_minute
         from (select queue_counts.*, {} as clock from queue_counts where {IS_MEANT}) counted
         group by queue_name, state",
        database.dialect().now()
    );
    database.fetch_all(sql(select).bind(which.map(QueueName::as_str))).await
}

/// Whether a row is of the queue that is bound first, or of any where none is.
const IS_MEANT: &str = "queue_name = coalesce($1, queue_name)";

async fn settings(
    database: &Database,
    which: Option<&QueueName>,
) -> Result<Vec<(String, i64, Option<i64>)>, StoreError> {
    let select = format!("select queue_name, is_paused, concurrency_limit from queues where {IS_MEANT}");
    database.fetch_all(sql(select).bind(which.map(QueueName::as_str))).await
}

/// For how long the oldest waiting jobs of queues wait. Each priority, and what is parked, has its oldest job at one end of an index.
async fn oldest_waiting(database: &Database, queues: Value) -> Result<Vec<(String, Option<i64>)>, StoreError> {
    let oldest = |parked| {
        format!(
            "(select run_at from jobs where state = 'waiting' and is_parked = {parked} and jobs.queue_name = name
                  and jobs.priority = level order by run_at limit 1)"
        )
    };
    let dialect = database.dialect();
    let select = format!(
        "select name, {now} - min(run_at) from (
             select name, {free} as run_at from {names} of_free cross join ({levels}) levels
             union all
             select name, {parked} as run_at from {names} of_parked cross join ({levels}) levels
         ) oldest
         group by name",
        now = dialect.now(),
        free = oldest(0),
        parked = oldest(1),
        names = dialect.names(1),
        levels = (0..=9).map(|level| format!("select {level} as level")).collect::<Vec<_>>().join(" union all "),
    );
    database.fetch_all(sql(select).bind(queues)).await
}

/// A queue's jobs by state, as a transaction sees them.
pub(super) async fn counts(transaction: &mut Transaction, queue: &QueueName) -> Result<QueueCounts, StoreError> {
    let select = "select state, cast(sum(jobs) as bigint) from queue_counts where queue_name = $1 group by state";
    let rows: Vec<(String, i64)> = transaction.fetch_all(sql(select).bind(queue.as_str())).await?;
    let mut counts = QueueCounts::default();
    for (name, jobs) in rows {
        if let Some(state) = known_state(&name) {
            *counts.of(state) = jobs.max(0).unsigned_abs();
        }
    }
    Ok(counts)
}
