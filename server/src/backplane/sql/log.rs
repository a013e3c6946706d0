//! The event log: one row an event, in the order of the commits.

use app::events::{Cursor, Envelope, Event, Position, ResetReason, Stamped};
use jiff::Timestamp;

use crate::{
    backplane::{BackplaneError, LogEntry, ReadLog},
    store::{Database, StoreError, outbox},
};

/// The epoch of the log.
pub(super) async fn epoch(database: &Database) -> Result<String, BackplaneError> {
    Ok(sqlx::query_scalar("select epoch from event_log").fetch_one(database.reader()).await?)
}

/// Appends events in one transaction.
pub(super) async fn append(
    database: &Database,
    epoch: &str,
    events: Vec<Event>,
    now: Timestamp,
) -> Result<Cursor, BackplaneError> {
    let mut transaction = database.begin().await?;
    for event in events {
        outbox::append(&mut transaction, event, now).await?;
    }
    let last: i64 =
        sqlx::query_scalar("select coalesce(max(seq), 0) from sqlite_sequence where name = 'pubsub_events'")
            .fetch_one(transaction.connection())
            .await?;
    transaction.commit().await?;
    Ok(cursor(epoch, last))
}

/// Where the log ends now. The sequence outlives the rows, so a log that was trimmed empty still knows its end.
pub(super) async fn head(database: &Database, epoch: &str) -> Result<Cursor, BackplaneError> {
    let last: i64 =
        sqlx::query_scalar("select coalesce(max(seq), 0) from sqlite_sequence where name = 'pubsub_events'")
            .fetch_one(database.reader())
            .await?;
    Ok(cursor(epoch, last))
}

#[derive(sqlx::FromRow)]
struct EventRow {
    id: i64,
    data: String,
}

/// What came after a cursor.
pub(super) async fn read(
    database: &Database,
    epoch: &str,
    after: &Cursor,
    limit: u32,
) -> Result<ReadLog, BackplaneError> {
    let head = head(database, epoch).await?;
    if after.epoch != epoch {
        return Ok(ReadLog::Gone { reason: ResetReason::Epoch, head });
    }
    if after.position > head.position {
        return Ok(ReadLog::Gone { reason: ResetReason::Unknown, head });
    }
    let position = i64::try_from(after.position.major).unwrap_or(i64::MAX);
    let rows: Vec<EventRow> = sqlx::query_as("select id, data from pubsub_events where id > $1 order by id limit $2")
        .bind(position)
        .bind(i64::from(limit))
        .fetch_all(database.reader())
        .await?;
    // Asked after the rows: what is trimmed between the two questions is seen as trimmed, never as missing.
    let trimmed_through: i64 =
        sqlx::query_scalar("select trimmed_through from event_log").fetch_one(database.reader()).await?;
    if position < trimmed_through {
        return Ok(ReadLog::Gone { reason: ResetReason::Trimmed, head });
    }
    let entries = rows.into_iter().map(|row| entry(epoch, row)).collect::<Result<_, _>>()?;
    Ok(ReadLog::Events(entries))
}

/// The same, but waits for the next commit while there is nothing.
pub(super) async fn tail(
    database: &Database,
    epoch: &str,
    after: &Cursor,
    limit: u32,
) -> Result<ReadLog, BackplaneError> {
    let mut commits = database.commits();
    loop {
        commits.mark_unchanged();
        match read(database, epoch, after, limit).await? {
            ReadLog::Events(entries) if entries.is_empty() => {
                // The sender lives in the database, which is borrowed here: it can't be gone.
                let _ = commits.changed().await;
            }
            found => return Ok(found),
        }
    }
}

fn entry(epoch: &str, row: EventRow) -> Result<LogEntry, StoreError> {
    let stamped: Stamped = serde_json::from_str(&row.data).map_err(|problem| StoreError::BrokenRow {
        table: "pubsub_events",
        column: "data",
        id: row.id.to_string(),
        problem: problem.to_string(),
    })?;
    Ok(LogEntry { envelope: Envelope { cursor: cursor(epoch, row.id), stamped }, json: row.data })
}

fn cursor(epoch: &str, id: i64) -> Cursor {
    Cursor { epoch: epoch.to_owned(), position: Position::single(u64::try_from(id).unwrap_or_default()) }
}
