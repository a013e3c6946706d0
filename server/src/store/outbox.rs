//! Events written by the transaction that makes them true.
//!
//! Where the backplane lives in the same database, this table *is* the event log. An event can so neither be missing for a
//! change that was committed, nor tell of one that was not.

use app::events::{Event, Topic};
use jiff::Timestamp;

use super::{StoreError, Transaction};

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
