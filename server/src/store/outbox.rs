//! Events written by the transaction that makes them true.
//!
//! Where the backplane lives in the same database, this table *is* the event log. An event can so neither be missing for a
//! change that was committed, nor tell of one that was not.
//!
//! Where the backplane lives elsewhere, it takes the rows from here, oldest first, and removes those that it has. It is given none that
//! a killed Postgres could take back: elsewhere they would stay.

use app::events::{Event, Stamped, Topic};
use jiff::Timestamp;

use super::{Database, Dialect, Fed, IS_UNSYNCED, Rows, StoreError, Transaction, Value, sql};

/// Appends an event within a transaction.
///
/// # Errors
/// The database refused.
pub async fn append(transaction: &mut Transaction, event: Event, now: Timestamp) -> Result<(), StoreError> {
    append_all(transaction, [event], now).await
}

/// Appends events within a transaction, in their order.
///
/// # Errors
/// The database refused.
pub async fn append_all(
    transaction: &mut Transaction,
    events: impl IntoIterator<Item = Event>,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction.execute_with(appending(events, now)?).await?;
    Ok(())
}

/// The statement that appends events, in their order.
///
/// # Errors
/// An event can't be written down.
pub(crate) fn appending(events: impl IntoIterator<Item = Event>, now: Timestamp) -> Result<Fed<3>, StoreError> {
    let rows = events.into_iter().map(|event| row(event, now)).collect::<Result<_, _>>()?;
    let insert = "insert into pubsub_events (channel, data, created_at) select channel, data, created_at from told";
    Ok(Rows::new("told", ["channel", "data", "created_at"], rows).fed_to(insert))
}

fn row(event: Event, now: Timestamp) -> Result<[Value; 3], StoreError> {
    let channel = channel(&event);
    let stamped = event.at(now);
    let data = serde_json::to_string(&stamped).map_err(|problem| StoreError::BrokenRow {
        table: "pubsub_events",
        column: "data",
        id: channel.clone(),
        problem: problem.to_string(),
    })?;
    Ok([channel.into(), data.into(), stamped.timestamp.into()])
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
    /// Whether it was written while this database was the queue, and tells of its jobs, queues or workers: elsewhere there are others. What
    /// can't be read is passed on.
    pub fn is_of_the_queue(&self) -> bool {
        let told = serde_json::from_str::<Stamped>(&self.data);
        told.is_ok_and(|told| {
            matches!(told.event, Event::JobUpdate(_) | Event::QueueUpdate(_) | Event::WorkerStatus(_))
        })
    }
}

/// The events that wait here for the longest.
///
/// # Errors
/// The database can't be read.
pub async fn oldest(database: &Database, limit: u32) -> Result<Vec<Row>, StoreError> {
    let oldest = sql("select id, channel, data, created_at from pubsub_events order by id limit $1");
    let rows: Vec<Row> = database.fetch_all(oldest.bind(i64::from(limit))).await?;
    if !rows.is_empty()
        && database.dialect() == Dialect::Postgres
        && database.scalar(sql(format!("select {IS_UNSYNCED}"))).await?
    {
        database.sync().await?;
    }
    Ok(rows)
}

/// Removes events that were taken elsewhere. A reader of this log learns that they are gone.
///
/// # Errors
/// The database refused; then they are here still.
pub async fn remove(database: &Database, rows: &[Row]) -> Result<(), StoreError> {
    let ids = Value::Integers(rows.iter().map(|row| Some(row.id)).collect());
    let mut transaction = database.begin().await?;
    let dialect = transaction.dialect();
    let are_taken = dialect.is_among("id", 1);
    let mark = match dialect {
        Dialect::Sqlite => format!(
            "update event_log set trimmed_through = max(
                 trimmed_through, (select coalesce(max(id), 0) from pubsub_events where {are_taken})
             )"
        ),
        Dialect::Postgres => format!(
            "update event_log set trimmed_xid = last.xid, trimmed_id = last.id
             from (select xid, id from pubsub_events where {are_taken} order by xid desc, id desc limit 1) last
             where (trimmed_xid, trimmed_id) < (last.xid, last.id)"
        ),
    };
    transaction.execute(sql(mark).bind(ids.clone())).await?;
    transaction.execute(sql(format!("delete from pubsub_events where {are_taken}")).bind(ids)).await?;
    // What a power cut brings back is recognised by whoever took it.
    transaction.commit_lazily().await
}

/// What tells this database's events from those of another one.
///
/// # Errors
/// The database can't be read.
pub async fn installation(database: &Database) -> Result<String, StoreError> {
    let (epoch,): (String,) = database.fetch_one(sql("select epoch from event_log")).await?;
    Ok(epoch)
}

/// The channel that other programs know the event by.
pub(crate) fn channel(event: &Event) -> String {
    match event {
        Event::CustomersCreated(_) | Event::CustomersUpdated(_) | Event::CustomersRefused(_) => {
            "customer.events".to_owned()
        }
        Event::SystemNotification(_) => "general_updates".to_owned(),
        Event::ServiceLog(_) => "service:logs".to_owned(),
        Event::Custom(custom) => match &custom.topic {
            Topic::Custom(name) => name.clone(),
            other => other.to_string(),
        },
        event => event.topics().first().map(ToString::to_string).unwrap_or_default(),
    }
}
