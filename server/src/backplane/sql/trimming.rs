//! The old end of the log: cut by age and by number, in rounds.

use super::{Retention, millis, place::Place, upkeep::ROUND};
use crate::store::{Dialect, Statement, StoreError, Transaction, sql};

/// Whether the oldest event is too old, or too many follow it: `$3` is the age in milliseconds, `$4` how many are kept. Ids and ages grow
/// together, so a young one at the beginning means that nothing behind it is too old.
pub(super) fn has_old_events(dialect: Dialect) -> String {
    let order = order(dialect);
    let now = dialect.now();
    format!(
        "exists (
             select 1 from (select id, created_at from pubsub_events order by {order} limit 1) oldest
             where created_at < {now} - $3
                or id <= (select id from pubsub_events order by {} limit 1) - $4
         )",
        backwards(dialect),
    )
}

const fn order(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "id",
        Dialect::Postgres => "xid, id",
    }
}

const fn backwards(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "id desc",
        Dialect::Postgres => "xid desc, id desc",
    }
}

/// Removes a round of events that are too old or too many, and notes how far the log was cut.
pub(super) async fn trim_events(transaction: &mut Transaction, retention: &Retention) -> Result<u64, StoreError> {
    let dialect = transaction.dialect();
    let (order, backwards) = (order(dialect), backwards(dialect));
    let (place, is_readable) = match dialect {
        Dialect::Sqlite => ("id as major, 0 as minor", "true"),
        Dialect::Postgres => {
            ("xid::text::bigint as major, id as minor", "xid < pg_snapshot_xmin(pg_current_snapshot())")
        }
    };
    let last_of_round = sql(format!(
        "select {place} from (select * from pubsub_events where {is_readable} order by {order} limit $3) round
         where created_at < $1 or id <= (select id from pubsub_events order by {backwards} limit 1) - $2
         order by {backwards} limit 1"
    ))
    .bind(transaction.now().as_millisecond().saturating_sub(millis(retention.events)))
    .bind(i64::try_from(retention.event_count).unwrap_or(i64::MAX))
    .bind(ROUND);
    let Some(through) = transaction.fetch_optional::<Place>(last_of_round).await? else { return Ok(0) };

    // The mark first: of two processes that trim at once, one waits here for the other.
    let (mark, delete) = match dialect {
        Dialect::Sqlite => (
            "update event_log set trimmed_through = max(trimmed_through, $1)",
            "delete from pubsub_events where id <= $1",
        ),
        Dialect::Postgres => (
            "update event_log set trimmed_xid = $1::text::xid8, trimmed_id = $2
             where (trimmed_xid, trimmed_id) < ($1::text::xid8, $2)",
            "delete from pubsub_events where (xid, id) <= ($1::text::xid8, $2)",
        ),
    };
    let bind = |statement: Statement| match dialect {
        Dialect::Sqlite => statement.bind(through.major),
        Dialect::Postgres => statement.bind(through.major.to_string()).bind(through.minor),
    };
    transaction.execute(bind(sql(mark))).await?;
    transaction.execute(bind(sql(delete))).await
}
