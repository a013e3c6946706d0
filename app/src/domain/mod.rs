//! The words that everyone shares: plain data with its rules, no SQL, no Leptos, no HTTP.

/// Customers and the ways to list them.
pub mod customer;
/// Identifiers, each its own type.
pub mod id;
/// Imports of customer files: their state, counts and row errors.
pub mod import;
/// Jobs and queues.
pub mod job;
/// Answers that come in pages, and snapshots that know their place in the event log.
pub mod listing;

pub use customer::{Customer, CustomerPage, CustomerQuery, CustomerSort, SortBy, SortOrder};
pub use id::{CustomerId, ImportId, JobId, QueueName, WorkerId};
pub use import::{ByteCounts, ImportMode, ImportRowError, ImportStatus, ImportSummary, RowCounts};
pub use job::JobState;
pub use listing::{Listing, Snapshot};
