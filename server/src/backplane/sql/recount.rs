//! Counting all jobs again, and setting the counters right.
//!
//! A transaction changes jobs and counters together, so whoever looks at both with one statement sees both as they were at one moment,
//! whoever writes meanwhile. What is wrong is corrected by the difference, which stays right whatever came in between.

use app::domain::{CounterDrift, QueueName};

use super::{forgotten::Walk, row::state, step::Step};
use crate::{
    backplane::BackplaneError,
    store::{Database, Dialect, StoreError, sql},
};

const DRIFTS: &str =
    "select queue_name, state, cast(sum(counted) as bigint) as counted, cast(sum(found) as bigint) as found
     from (
         select queue_name, state, jobs as counted, 0 as found from queue_counts
         union all
         select queue_name, state, 0 as counted, count(*) as found from jobs group by queue_name, state
     ) both_ways
     group by queue_name, state having sum(counted) <> sum(found) order by queue_name, state";

#[derive(sqlx::FromRow)]
struct DriftRow {
    queue_name: String,
    state: String,
    counted: i64,
    found: i64,
}

impl TryFrom<DriftRow> for CounterDrift {
    type Error = StoreError;

    fn try_from(row: DriftRow) -> Result<Self, StoreError> {
        Ok(Self {
            state: state(&row.state, &row.queue_name)?,
            queue_name: QueueName(row.queue_name),
            counted: row.counted,
            found: row.found,
        })
    }
}

/// Counts all jobs again. Counted by a reader first: nearly always all is well, and the writer is left alone.
pub(super) async fn recount(database: &Database) -> Result<Vec<CounterDrift>, BackplaneError> {
    let keys = Walk::default();
    while keys.go_on(database).await? {}
    if database.fetch_all::<DriftRow>(sql(DRIFTS)).await?.is_empty() {
        return Ok(Vec::new());
    }
    let mut step = Step::begin(database).await?;
    if step.transaction.dialect() == Dialect::Postgres {
        // Of two that count at once, the second counts what the first has corrected.
        let lock = "select pg_advisory_xact_lock(hashtextextended('recount of jobs', 1))";
        step.transaction.execute(sql(lock)).await?;
    }
    let drifts: Vec<DriftRow> = step.transaction.fetch_all(sql(DRIFTS)).await?;
    let drifts: Vec<CounterDrift> = drifts.into_iter().map(CounterDrift::try_from).collect::<Result<_, _>>()?;
    for drift in &drifts {
        step.tally.corrected(drift.queue_name.as_str(), drift.state, drift.found - drift.counted);
    }
    step.commit().await?;
    Ok(drifts)
}
