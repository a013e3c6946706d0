//! Everything that happens, as typed values that the server writes and the browser reads.
//!
//! | type | told to the topics | when |
//! |---|---|---|
//! | `job_update` | `job:{id}`, `queue:{name}` | a job changed its state or made progress |
//! | `queue_update` | `queue:{name}` | a queue was paused or goes on |
//! | `import_update` | `import:{id}`, `imports` | an import changed its state or dealt with more rows |
//! | `customer.created`, `customer.updated` | `customers` | an import ended and made or changed customers |
//! | `customer.validation.failed` | `customers` | an import ended with rows in its error list |
//! | `system_notification` | `general` | something that everyone should know |
//! | `custom` | `custom:{name}` | a program published something of its own |
//!
//! The frames that speak of the stream itself (`StreamEvent`) have no topic and are not in the log.
//!
//! Events carry ids and new values, never rendered text. A wire name is written here once and never renamed:
//! a new one is added, the old one retired. A type that this build doesn't know is read as `Event::Unknown`,
//! which a page answers by loading its snapshot again.

/// A place in the event log.
pub mod cursor;
/// What happened to customers.
pub mod customer;
/// What happened to imports.
pub mod import;
/// What happened to jobs.
pub mod job;
/// What happened to queues.
pub mod queue;
/// What the stream says of itself.
pub mod stream;
/// Notices for everyone, and what programs publish of their own.
pub mod system;
/// What one can listen to.
pub mod topic;

use serde::{Deserialize, Serialize};

pub use cursor::{Cursor, Position};
pub use customer::CustomersChanged;
pub use import::ImportUpdate;
pub use job::{JobStatus, JobUpdate};
pub use queue::QueueUpdate;
pub use stream::{ByeReason, Connected, RejectReason, ResetReason, StreamEvent};
pub use system::{Custom, NoticeLevel, SystemNotification};
pub use topic::Topic;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Event {
    /// Occurs when a job changed its state or made progress. Progress is conflated: values between may be missing.
    #[serde(rename = "job_update")]
    JobUpdate(JobUpdate),
    /// Occurs when a queue was paused or goes on.
    #[serde(rename = "queue_update")]
    QueueUpdate(QueueUpdate),
    /// Occurs when an import changed its state or dealt with more rows; at most 10 a second each, the last always sent.
    #[serde(rename = "import_update")]
    ImportUpdate(ImportUpdate),
    /// Occurs once per import that made customers, when it ends; never per row.
    #[serde(rename = "customer.created")]
    CustomersCreated(CustomersChanged),
    /// Occurs once per import that changed customers, when it ends; never per row.
    #[serde(rename = "customer.updated")]
    CustomersUpdated(CustomersChanged),
    /// Occurs once per import that left rows in its error list, when it ends.
    #[serde(rename = "customer.validation.failed")]
    CustomersRefused(CustomersChanged),
    /// Occurs when there is something that everyone should know.
    #[serde(rename = "system_notification")]
    SystemNotification(SystemNotification),
    /// Occurs when a program publishes something of its own; Signalbox promises nothing about the data.
    #[serde(rename = "custom")]
    Custom(Custom),
    /// A type that this build doesn't know: a newer server speaks. Never written.
    #[serde(other, rename = "unknown")]
    Unknown,
}

/// An event, or a frame about the stream, as it stands on the wire: its type and fields, and the moment it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped<E = Event> {
    /// Milliseconds since 1970-01-01T00:00:00Z, by the clock of the process that wrote it.
    pub timestamp: i64,
    /// What happened.
    #[serde(flatten)]
    pub event: E,
}

/// An event with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The event's own cursor: reading after it gives what came later.
    pub cursor: Cursor,
    /// The event and its moment.
    pub stamped: Stamped,
}

impl Event {
    /// The topics whose listeners are told, the most specific first.
    pub fn topics(&self) -> Vec<Topic> {
        match self {
            Self::JobUpdate(update) => vec![Topic::Job(update.job_id.clone()), Topic::Queue(update.queue_name.clone())],
            Self::QueueUpdate(update) => vec![Topic::Queue(update.queue_name.clone())],
            Self::ImportUpdate(update) => vec![Topic::Import(update.import_id), Topic::Imports],
            Self::CustomersCreated(_) | Self::CustomersUpdated(_) | Self::CustomersRefused(_) => {
                vec![Topic::Customers]
            }
            Self::SystemNotification(_) => vec![Topic::General],
            Self::Custom(custom) => vec![custom.topic.clone()],
            Self::Unknown => Vec::new(),
        }
    }

    /// The event's name on the wire.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::JobUpdate(_) => "job_update",
            Self::QueueUpdate(_) => "queue_update",
            Self::ImportUpdate(_) => "import_update",
            Self::CustomersCreated(_) => "customer.created",
            Self::CustomersUpdated(_) => "customer.updated",
            Self::CustomersRefused(_) => "customer.validation.failed",
            Self::SystemNotification(_) => "system_notification",
            Self::Custom(_) => "custom",
            Self::Unknown => "unknown",
        }
    }

    /// The event stamped with the moment of its writing.
    pub fn at(self, now: jiff::Timestamp) -> Stamped {
        Stamped { timestamp: now.as_millisecond(), event: self }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{ByteCounts, ImportStatus, QueueCounts, RowCounts};

    fn wire(event: Event) -> Value {
        let stamped = Stamped { timestamp: 1_700_000_000_000, event };
        serde_json::to_value(stamped).expect("events serialise")
    }

    fn assert_round_trip(golden: Value, event: Event) {
        assert_eq!(wire(event.clone()), golden);

        let read: Stamped = serde_json::from_value(golden).expect("golden JSON is readable");

        assert_eq!(read.event, event);
    }

    #[test]
    fn a_job_update_has_its_contract_shape() {
        let mut update =
            JobUpdate::new("j1".into(), "customer.jobs".into(), "BULK_IMPORT_CUSTOMERS", JobStatus::Started);
        update.attempt = 1;
        update.max_attempts = 25;
        update.public.insert("importId".into(), json!("i1"));

        assert_round_trip(
            json!({
                "type": "job_update", "timestamp": 1_700_000_000_000_i64, "jobId": "j1", "queueName": "customer.jobs",
                "jobName": "BULK_IMPORT_CUSTOMERS", "status": "started", "progress": 0, "attempt": 1, "maxAttempts": 25,
                "importId": "i1"
            }),
            Event::JobUpdate(update),
        );
    }

    #[test]
    fn a_queue_update_has_its_contract_shape() {
        let counts = QueueCounts { waiting: 1, active: 2, completed: 3, failed: 4, delayed: 5, cancelled: 6 };
        assert_round_trip(
            json!({
                "type": "queue_update", "timestamp": 1_700_000_000_000_i64, "queueName": "test", "waiting": 1, "active": 2,
                "completed": 3, "failed": 4, "delayed": 5, "cancelled": 6, "paused": true
            }),
            Event::QueueUpdate(QueueUpdate { queue_name: "test".into(), counts, paused: true }),
        );
    }

    #[test]
    fn an_import_update_has_its_contract_shape() {
        assert_round_trip(
            json!({
                "type": "import_update", "timestamp": 1_700_000_000_000_i64,
                "importId": "0190d6c8-7c4b-7000-8000-000000000001", "status": "running",
                "rows": {"read": 3, "inserted": 1, "updated": 1, "unchanged": 0, "skipped": 0, "failed": 1, "total": 9},
                "bytes": {"read": 10, "total": 30}, "rowsPerSecond": 5, "etaSeconds": 2, "error": null
            }),
            Event::ImportUpdate(ImportUpdate {
                import_id: "0190d6c8-7c4b-7000-8000-000000000001".parse().expect("a UUID"),
                status: ImportStatus::Running,
                rows: RowCounts { read: 3, inserted: 1, updated: 1, failed: 1, total: Some(9), ..RowCounts::default() },
                bytes: ByteCounts { read: 10, total: 30 },
                rows_per_second: Some(5),
                eta_seconds: Some(2),
                error: None,
            }),
        );
    }

    #[test]
    fn customer_events_tell_the_import_and_the_number() {
        let changed =
            CustomersChanged { import_id: "0190d6c8-7c4b-7000-8000-000000000001".parse().expect("a UUID"), count: 7 };
        for (event, name) in [
            (Event::CustomersCreated(changed.clone()), "customer.created"),
            (Event::CustomersUpdated(changed.clone()), "customer.updated"),
            (Event::CustomersRefused(changed.clone()), "customer.validation.failed"),
        ] {
            assert_round_trip(
                json!({"type": name, "timestamp": 1_700_000_000_000_i64, "importId": "0190d6c8-7c4b-7000-8000-000000000001", "count": 7}),
                event,
            );
        }
    }

    #[test]
    fn notices_and_custom_events_have_their_contract_shape() {
        assert_round_trip(
            json!({"type": "system_notification", "timestamp": 1_700_000_000_000_i64, "level": "warning", "message": "disk"}),
            Event::SystemNotification(SystemNotification { level: NoticeLevel::Warning, message: "disk".into() }),
        );
        assert_round_trip(
            json!({"type": "custom", "timestamp": 1_700_000_000_000_i64, "topic": "custom:dashboard_updates", "data": {"a": [1, 2]}}),
            Event::Custom(Custom { topic: Topic::Custom("dashboard_updates".into()), data: json!({"a": [1, 2]}) }),
        );
    }

    #[test]
    fn a_type_from_a_newer_server_is_unknown_and_not_an_error() {
        let read: Stamped =
            serde_json::from_value(json!({"type": "tea_ready", "timestamp": 1, "cups": 2})).expect("readable");

        assert_eq!(read.event, Event::Unknown);
    }
}
