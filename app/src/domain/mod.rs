//! The words that everyone shares: plain data with its rules, no SQL, no Leptos, no HTTP.

/// People, programs, and what they may do.
pub mod account;
/// Who did what.
pub mod audit;
/// Customers and the ways to list them.
pub mod customer;
/// The event log as its page shows it.
pub mod event_log;
/// Identifiers, each its own type.
pub mod id;
/// Imports of customer files: their state, counts and row errors.
pub mod import;
/// Jobs.
pub mod job;
/// Answers that come in pages, and snapshots that know their place in the event log.
pub mod listing;
/// Queues.
pub mod queue;
/// Jobs that are enqueued by the clock.
pub mod schedule;
/// Live streams.
pub mod stream;
/// Worker processes.
pub mod worker;

pub use account::{ApiToken, Me, Role, SignedIn, User, UserDetail, UserOverview};
pub use audit::{AuditEntry, AuditPage, AuditQuery, Reason};
pub use customer::{Customer, CustomerPage, CustomerQuery, CustomerSort, SortBy, SortOrder};
pub use event_log::{EventPage, EventQuery, LoggedEvent, Sieve, SieveError};
pub use id::{CustomerId, ImportId, JobId, QueueName, SessionId, TokenId, UserId, WorkerId};
pub use import::{ByteCounts, ImportMode, ImportRowError, ImportStatus, ImportSummary, RowCounts};
pub use job::{Job, JobAttempt, JobDetail, JobLogLine, JobPage, JobQuery, JobState, LogLevel};
pub use listing::{Listing, Snapshot};
pub use queue::{CounterDrift, Queue, QueueCounts};
pub use schedule::{MissedRuns, Schedule, ScheduleOptions};
pub use stream::{ConnectionStats, StreamStats, Transport};
pub use worker::{Worker, WorkerShare, WorkerStatus};
