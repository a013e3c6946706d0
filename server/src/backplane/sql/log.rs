//! The event log: one row an event, in the order of the commits.
//!
//! In SQLite, with one writer at a time, ids are given in that order. In Postgres a transaction that began earlier may be committed
//! later, so events are ordered by their transaction first, and read only up to the oldest one that is still open: what was committed
//! above that place is there, but not readable yet. Whoever reads waits for it a moment.

use std::time::Duration;

use app::events::{Cursor, Envelope, Event, Position, ResetReason, Stamped};
use tokio::time::Instant;

use crate::{
    backplane::{BackplaneError, LogEntry, ReadLog},
    store::{Database, Dialect, Statement, StoreError, outbox, sql},
};

/// The longest that a reader waits for what is not readable yet.
const SETTLING: Duration = Duration::from_secs(1);
/// How often is looked whether it is readable now: soon at first, then less and less.
const SHORTEST_LOOK: Duration = Duration::from_millis(1);
const LONGEST_LOOK: Duration = Duration::from_millis(250);

/// The epoch of the log. A log that was copied to another Postgres server is ordered by numbers that this server has yet to give: it is
/// lost, and a new one begins.
pub(super) async fn epoch(database: &Database) -> Result<String, BackplaneError> {
    if database.dialect() == Dialect::Postgres {
        let mut transaction = database.begin().await?;
        let from_elsewhere = "pg_snapshot_xmax(pg_current_snapshot())";
        let renewed = transaction
            .execute(sql(format!(
                "update event_log set trimmed_xid = '0', trimmed_id = 0,
                     epoch = substr(replace(gen_random_uuid()::text, '-', ''), 1, 12)
                 where trimmed_xid >= {from_elsewhere}
                     or exists (select 1 from pubsub_events where xid >= {from_elsewhere})"
            )))
            .await?;
        if renewed > 0 {
            transaction.execute(sql(format!("delete from pubsub_events where xid >= {from_elsewhere}"))).await?;
        }
        transaction.commit().await?;
    }
    Ok(database.scalar(sql("select epoch from event_log")).await?)
}

/// Appends events in one transaction.
pub(super) async fn append(database: &Database, epoch: &str, events: Vec<Event>) -> Result<Cursor, BackplaneError> {
    let mut transaction = database.begin().await?;
    let now = transaction.now();
    outbox::append_all(&mut transaction, events, now).await?;
    let last: Option<Place> = transaction
        .fetch_optional(sql(match transaction.dialect() {
            Dialect::Sqlite => "select seq as major, 0 as minor from sqlite_sequence where name = 'pubsub_events'",
            Dialect::Postgres => {
                "select xid::text::bigint as major, id as minor from pubsub_events
                 where xid = pg_current_xact_id() order by id desc limit 1"
            }
        }))
        .await?;
    transaction.commit().await?;
    match last {
        Some(last) => Ok(cursor(epoch, last)),
        None => head(database, epoch).await,
    }
}

/// Where the log ends now, as far as it is readable.
pub(super) async fn head(database: &Database, epoch: &str) -> Result<Cursor, BackplaneError> {
    Ok(cursor(epoch, bounds(database).await?.head()))
}

/// A place in the log: one number in SQLite, a transaction and a row in Postgres.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub(super) struct Place {
    pub(super) major: i64,
    pub(super) minor: i64,
}

/// Where the log begins and ends. `head` is the last event that is readable, `end` the last that is there.
#[derive(sqlx::FromRow)]
struct Bounds {
    trimmed_major: i64,
    trimmed_minor: i64,
    head_major: i64,
    head_minor: i64,
    end_major: i64,
    end_minor: i64,
}

impl Bounds {
    const fn trimmed(&self) -> Place {
        Place { major: self.trimmed_major, minor: self.trimmed_minor }
    }

    const fn head(&self) -> Place {
        Place { major: self.head_major, minor: self.head_minor }
    }

    const fn end(&self) -> Place {
        Place { major: self.end_major, minor: self.end_minor }
    }
}

/// A log that was trimmed empty still knows its end: SQLite by the sequence, which outlives the rows, Postgres by the mark of the trimming.
async fn bounds(database: &Database) -> Result<Bounds, StoreError> {
    database
        .fetch_one(sql(match database.dialect() {
            Dialect::Sqlite => {
                "select trimmed_through as trimmed_major, 0 as trimmed_minor, coalesce(seq, 0) as head_major,
                     0 as head_minor, coalesce(seq, 0) as end_major, 0 as end_minor
                 from event_log left join sqlite_sequence on name = 'pubsub_events'"
            }
            Dialect::Postgres => {
                "select trimmed_xid::text::bigint as trimmed_major, trimmed_id as trimmed_minor,
                     coalesce(head.xid, trimmed_xid)::text::bigint as head_major, coalesce(head.id, trimmed_id) as head_minor,
                     coalesce(last.xid, trimmed_xid)::text::bigint as end_major, coalesce(last.id, trimmed_id) as end_minor
                 from event_log
                 left join lateral (
                     select xid, id from pubsub_events where xid < pg_snapshot_xmin(pg_current_snapshot())
                     order by xid desc, id desc limit 1
                 ) head on true
                 left join lateral (select xid, id from pubsub_events order by xid desc, id desc limit 1) last on true"
            }
        }))
        .await
}

#[derive(sqlx::FromRow)]
struct EventRow {
    major: i64,
    minor: i64,
    data: String,
}

/// The events after a place, in order.
fn events_after(position: Position, limit: u32, dialect: Dialect) -> Statement {
    match dialect {
        Dialect::Sqlite => {
            sql("select id as major, 0 as minor, data from pubsub_events where id > $1 order by id limit $2")
                .bind(i64::try_from(position.major).unwrap_or(i64::MAX))
                .bind(i64::from(limit))
        }
        Dialect::Postgres => sql("select xid::text::bigint as major, id as minor, data from pubsub_events
             where (xid, id) > ($1::text::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
             order by xid, id limit $3")
        .bind(position.major.to_string())
        .bind(i64::try_from(position.minor).unwrap_or(i64::MAX))
        .bind(i64::from(limit)),
    }
}

/// What one look found.
struct Look {
    found: ReadLog,
    bounds: Bounds,
}

async fn look(database: &Database, epoch: &str, after: &Cursor, limit: u32) -> Result<Look, BackplaneError> {
    let rows: Vec<EventRow> = database.fetch_all(events_after(after.position, limit, database.dialect())).await?;
    // Asked after the rows: what is trimmed between the two questions is seen as trimmed, never as missing.
    let bounds = bounds(database).await?;
    let gone = |reason| ReadLog::Gone { reason, head: cursor(epoch, bounds.head()) };
    let found = if after.epoch != epoch {
        gone(ResetReason::Epoch)
    } else if after.position > position(bounds.end()) {
        gone(ResetReason::Unknown)
    } else if after.position < position(bounds.trimmed()) {
        gone(ResetReason::Trimmed)
    } else {
        ReadLog::Events(rows.into_iter().map(|row| entry(epoch, row)).collect::<Result<_, _>>()?)
    };
    Ok(Look { found, bounds })
}

/// What came after a cursor.
pub(super) async fn read(
    database: &Database,
    epoch: &str,
    after: &Cursor,
    limit: u32,
) -> Result<ReadLog, BackplaneError> {
    let deadline = Instant::now() + SETTLING;
    let mut pause = SHORTEST_LOOK;
    let mut end = None;
    loop {
        let Look { found, bounds } = look(database, epoch, after, limit).await?;
        // What comes while it waits is not waited for.
        let end = *end.get_or_insert(bounds.end());
        let is_whole = match &found {
            ReadLog::Events(entries) => bounds.head() >= end || entries.len() >= limit as usize,
            ReadLog::Gone { .. } => true,
        };
        if is_whole || Instant::now() >= deadline {
            return Ok(found);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_LOOK);
    }
}

/// The same, but waits for the next commit while there is nothing.
pub(super) async fn tail(
    database: &Database,
    epoch: &str,
    after: &Cursor,
    limit: u32,
) -> Result<ReadLog, BackplaneError> {
    let mut commits = database.commits();
    let mut pause = SHORTEST_LOOK;
    loop {
        commits.mark_unchanged();
        let Look { found, bounds } = look(database, epoch, after, limit).await?;
        if !matches!(&found, ReadLog::Events(entries) if entries.is_empty()) {
            return Ok(found);
        }
        if bounds.head() < bounds.end() {
            // There is something above the oldest open transaction, whose end nobody tells of.
            let _ = tokio::time::timeout(pause, commits.changed()).await;
            pause = (pause * 2).min(LONGEST_LOOK);
        } else {
            // The sender lives in the database, which is borrowed here: it can't be gone.
            let _ = commits.changed().await;
            pause = SHORTEST_LOOK;
        }
    }
}

fn entry(epoch: &str, row: EventRow) -> Result<LogEntry, StoreError> {
    let place = Place { major: row.major, minor: row.minor };
    let stamped: Stamped = serde_json::from_str(&row.data).map_err(|problem| StoreError::BrokenRow {
        table: "pubsub_events",
        column: "data",
        id: cursor(epoch, place).to_string(),
        problem: problem.to_string(),
    })?;
    Ok(LogEntry { envelope: Envelope { cursor: cursor(epoch, place), stamped }, json: row.data })
}

fn position(place: Place) -> Position {
    let unsigned = |number: i64| u64::try_from(number).unwrap_or_default();
    Position { major: unsigned(place.major), minor: unsigned(place.minor) }
}

fn cursor(epoch: &str, place: Place) -> Cursor {
    Cursor { epoch: epoch.to_owned(), position: position(place) }
}
