//! Events written by the transaction that makes them true.
//!
//! Where the backplane lives in the same database, this table *is* the event log. An event can so neither be missing for a
//! change that was committed, nor tell of one that was not.
//!
//! Where the backplane lives elsewhere, it takes the rows from here, oldest first, and removes those that it has.

use app::events::{Event, Topic};
use jiff::Timestamp;

use super::{Database, StoreError, Transaction};

/// Appends an event within a transaction.
///
/// # Errors
/// The database refused.
pub async fn append(transaction: &mut Transaction, event: Event, now: Timestamp) -> Result<(), StoreError> {
    let channel = channel(&event);
    let stamped = event.at(now);
    let data = serde_json::to_string(&stamped).map_err(|problem| StoreError::BrokenRow {
        table: "pubsub_events",
        column: "data",
        id: channel.clone(),
        problem: problem.to_string(),
    })?;
    sqlx::query("insert into pubsub_events (channel, data, created_at) values ($1, $2, $3)")
        .bind(channel)
        .bind(data)
        .bind(stamped.timestamp)
        .execute(transaction.connection())
        .await?;
    Ok(())
}

/// An event that waits to be taken elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Larger for later events.
    pub id: i64,
    /// The channel that other programs know the event by.
    pub channel: String,
    /// Its JSON.
    pub data: String,
    /// When it was written, in milliseconds since 1970.
    pub created_at: i64,
}

impl Row {
    /// Whether it tells of a job of the queue in this database.
    pub fn is_of_a_job(&self) -> bool {
        self.channel.starts_with("job:")
    }
}

/// The events that wait here for the longest.
///
/// # Errors
/// The database can't be read.
pub async fn oldest(database: &Database, limit: u32) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query_as("select id, channel, data, created_at from pubsub_events order by id limit $1")
        .bind(i64::from(limit))
        .fetch_all(database.reader())
        .await?;
    Ok(rows)
}

/// Removes events that were taken elsewhere. A reader of this log learns that they are gone.
///
/// # Errors
/// The database refused; then they are here still.
pub async fn remove(database: &Database, rows: &[Row]) -> Result<(), StoreError> {
    let ids = rows.iter().map(|row| row.id).collect::<serde_json::Value>().to_string();
    let mut transaction = database.begin().await?;
    sqlx::query("delete from pubsub_events where id in (select value from json_each($1))")
        .bind(ids)
        .execute(transaction.connection())
        .await?;
    sqlx::query("update event_log set trimmed_through = max(trimmed_through, $1)")
        .bind(rows.iter().map(|row| row.id).max())
        .execute(transaction.connection())
        .await?;
    // What a power cut brings back is recognised by whoever took it.
    transaction.commit_lazily().await
}

/// What tells this database's events from those of another one.
///
/// # Errors
/// The database can't be read.
pub async fn installation(database: &Database) -> Result<String, StoreError> {
    Ok(sqlx::query_scalar("select epoch from event_log").fetch_one(database.reader()).await?)
}

/// The channel that other programs know the event by.
pub(crate) fn channel(event: &Event) -> String {
    match event {
        Event::CustomersCreated(_) | Event::CustomersUpdated(_) | Event::CustomersRefused(_) => {
            "customer.events".to_owned()
        }
        Event::SystemNotification(_) => "general_updates".to_owned(),
        Event::Custom(custom) => match &custom.topic {
            Topic::Custom(name) => name.clone(),
            other => other.to_string(),
        },
        event => event.topics().first().map(ToString::to_string).unwrap_or_default(),
    }
}
