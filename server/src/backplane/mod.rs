//! The only way to queue, claim and finish work, and to write and read events: one seam, so that engines can stand side by side.
//!
//! **Invariant:** a state change and the event that tells it are one atomic step. Nothing publishes "afterwards".
//!
//! What is deliberately absent: scheduling policy. Whether a failed job is tried again, and when, is decided by the
//! `runner` and told to the engine as an `Ending`; the engine keeps states, leases and the log.

/// Redis.
pub mod redis;
/// SQLite, inside the process.
pub mod sql;
/// Words of the seam: what goes in and comes out.
pub mod words;

use std::time::Duration;

use app::{
    domain::{JobId, WorkerId},
    events::{Cursor, Event},
};
use async_trait::async_trait;

pub use self::redis::{RedisBackplane, RedisFailure, RedisHealth};
pub use sql::SqlBackplane;
pub use words::{
    ClaimRequest, ClaimedJob, Directive, Ending, Enqueued, Finished, Lease, LogEntry, Maintenance, NewJob, Outcome,
    Progress, ReadLog,
};

/// Why the engine did not do it.
#[derive(Debug, thiserror::Error)]
pub enum BackplaneError {
    /// The engine's store failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// Redis refused, or can't be reached.
    #[error(transparent)]
    Redis(#[from] RedisFailure),
    /// The folder that shows which workers live can't be used.
    #[error("the folder of worker locks {path} can't be used: {source}")]
    Presence {
        /// The folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// An engine: job queue and event log.
#[async_trait]
pub trait Backplane: Send + Sync + 'static {
    /// The engine's name, for logs and `doctor`.
    fn name(&self) -> &'static str;

    /// Takes jobs in, all or none, in one step. A job whose unique key or id is alive already is not made again: its id comes back.
    ///
    /// A unique key is free again as soon as its job has ended; an id only when the ended job was removed, an age later. Given again
    /// before, it makes nothing and starts nothing: it comes back as not new, and its job stays completed or failed. Who wants the
    /// work done once more gives a new id.
    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, BackplaneError>;

    /// Says that a worker lives. It is known as dead as soon as its process is gone, or silent for a lease.
    async fn join(&self, worker: &WorkerId) -> Result<(), BackplaneError>;

    /// Takes up to `limit` jobs by priority, then age, each with a token and a lease; waits for work up to `patience`.
    async fn claim(&self, request: &ClaimRequest, patience: Duration) -> Result<Vec<ClaimedJob>, BackplaneError>;

    /// Renews leases, all in one call, and brings back what their holder must do.
    async fn heartbeat(
        &self,
        worker: &WorkerId,
        leases: &[Lease],
        lease: Duration,
    ) -> Result<Vec<Directive>, BackplaneError>;

    /// Notes how far a job is, and tells it. Refused like [`Backplane::finish`]. Proof of progress forgives earlier stalls.
    async fn report(&self, lease: &Lease, progress: Progress) -> Result<Finished, BackplaneError>;

    /// Ends attempts. Fenced by the token: an attempt that lost its lease can't write its result.
    async fn finish(&self, endings: Vec<Ending>) -> Result<Vec<Finished>, BackplaneError>;

    /// The state of a job; `None` when there is none.
    async fn job_state(&self, job_id: &JobId) -> Result<Option<app::domain::JobState>, BackplaneError>;

    /// Appends events, in order, in one step; returns the cursor of the last.
    async fn append(&self, events: Vec<Event>) -> Result<Cursor, BackplaneError>;

    /// Where the log ends now.
    async fn head(&self) -> Result<Cursor, BackplaneError>;

    /// What came after a cursor, at most `limit` events.
    async fn read(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError>;

    /// The same, but waits until there is something.
    async fn tail(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError>;

    /// One bounded round of keeping house: promotes due jobs, rescues those of dead workers, trims what is too old.
    async fn maintain(&self) -> Result<Maintenance, BackplaneError>;
}
