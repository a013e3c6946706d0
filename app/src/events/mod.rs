//! Everything that happens, as typed values that the server writes and the browser reads.
//!
//! | type | told to the topics | when |
//! |---|---|---|
//! | `job_update` | `job:{id}`, `queue:{name}` | a job changed its state or made progress |
//! | `queue_update` | `queue:{name}` | a queue was paused, goes on, or holds other jobs than before |
//! | `worker_status` | `worker:{id}`, `workers` | a worker joined, has other jobs, stops, left, or is gone |
//! | `service_status` | `service:{name}`, `services` | a service is at something else |
//! | `service_log` | `service-log:{name}` | a service said something |
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
/// Each event as it stands on the wire.
#[cfg(test)]
mod golden;
/// What happened to imports.
pub mod import;
/// What happened to jobs.
pub mod job;
/// What happened to queues.
pub mod queue;
/// What happened to services.
pub mod service;
/// What the stream says of itself.
pub mod stream;
/// Notices for everyone, and what programs publish of their own.
pub mod system;
/// What one can listen to.
pub mod topic;
/// What happened to worker processes.
pub mod worker;

use serde::{Deserialize, Serialize};

pub use cursor::{Cursor, Position};
pub use customer::CustomersChanged;
pub use import::ImportUpdate;
pub use job::{JobStatus, JobUpdate};
pub use queue::QueueUpdate;
pub use service::{ServiceDesired, ServiceLogLine, ServiceQueue, ServiceStatus, ServiceStatusUpdate};
pub use stream::{ByeReason, Connected, RejectReason, ResetReason, StreamEvent};
pub use system::{Custom, NoticeLevel, SystemNotification};
pub use topic::{MOST_TOPICS, Topic};
pub use worker::WorkerStatusUpdate;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Event {
    /// Occurs when a job changed its state or made progress. Progress is conflated: values between may be missing.
    #[serde(rename = "job_update")]
    JobUpdate(JobUpdate),
    /// Occurs when a queue was paused or goes on, at once; and when it holds other jobs than was told last, at most twice a second over all
    /// processes, half a second behind the job's own event. Counts between are left out; the last ones never are.
    #[serde(rename = "queue_update")]
    QueueUpdate(QueueUpdate),
    /// Occurs when a worker joined, has other jobs than before, stops, left, or is gone. Changes between are left out where they come more
    /// often than once a second; of a worker that is never heard of again the last one is `gone`.
    #[serde(rename = "worker_status")]
    WorkerStatus(WorkerStatusUpdate),
    /// Occurs when a service is at something else, or has dealt with more.
    #[serde(rename = "service_status")]
    ServiceStatus(ServiceStatusUpdate),
    /// Occurs when a service said something.
    #[serde(rename = "service_log")]
    ServiceLog(ServiceLogLine),
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
    /// The names of all types on the wire, in the order in which they are listed to people.
    pub const TYPE_NAMES: [&'static str; 11] = [
        "job_update",
        "queue_update",
        "worker_status",
        "service_status",
        "service_log",
        "import_update",
        "customer.created",
        "customer.updated",
        "customer.validation.failed",
        "system_notification",
        "custom",
    ];

    /// The topics whose listeners are told, the most specific first.
    pub fn topics(&self) -> Vec<Topic> {
        match self {
            Self::JobUpdate(update) => vec![Topic::Job(update.job_id.clone()), Topic::Queue(update.queue_name.clone())],
            Self::QueueUpdate(update) => vec![Topic::Queue(update.queue_name.clone())],
            Self::WorkerStatus(update) => vec![Topic::Worker(update.worker_id.clone()), Topic::Workers],
            Self::ServiceStatus(update) => vec![Topic::Service(update.service.clone()), Topic::Services],
            Self::ServiceLog(line) => vec![Topic::ServiceLog(line.service.clone())],
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
            Self::WorkerStatus(_) => "worker_status",
            Self::ServiceStatus(_) => "service_status",
            Self::ServiceLog(_) => "service_log",
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
