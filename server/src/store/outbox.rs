//! Events written by the transaction that makes them true.
//!
//! Where the backplane lives in the same database, this table *is* the event log. An event can so neither be missing for a
//! change that was committed, nor tell of one that was not.

use app::events::{Event, Topic};
use jiff::Timestamp;

use super::{Rows, StoreError, Transaction, Value};

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
    let rows = events.into_iter().map(|event| row(event, now)).collect::<Result<_, _>>()?;
    let insert = "insert into pubsub_events (channel, data, created_at) select channel, data, created_at from told";
    transaction.execute_with(Rows::new("told", ["channel", "data", "created_at"], rows), insert).await?;
    Ok(())
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

/// The channel that other programs know the event by.
fn channel(event: &Event) -> String {
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
