//! The only way to queue, claim and finish work, and to write and read events: one seam, so that engines can stand side by side.
//!
//! **Invariant:** a state change and the event that tells it are one atomic step. Nothing publishes "afterwards".
//!
//! What is deliberately absent: scheduling policy. Whether a failed job is tried again, and when, is decided by the
//! `runner` and told to the engine as an `Ending`; the engine keeps states, leases and the log.

/// What operators may do.
pub mod control;
/// What is the same of errors that differ in details only.
pub mod fingerprint;
/// What happened before, by topic.
pub mod history;
/// What can be seen.
pub mod inspect;
/// Redis.
pub mod redis;
/// SQLite, inside the process, and Postgres.
pub mod sql;
/// Schedules.
pub mod timetable;
/// Words of the seam: what goes in and comes out.
pub mod words;

use std::time::Duration;

use app::{
    domain::{JobLogLine, WorkerId},
    events::{Cursor, Event},
};
use async_trait::async_trait;

pub use self::redis::{RedisBackplane, RedisFailure, RedisHealth};
pub use control::{CalledOff, Control, DeadLetters, Pause, Removal, Retried};
pub use inspect::{Inspect, Place, Shelf};
pub use sql::SqlBackplane;
pub use timetable::{DueSchedules, Firing, Former, Plan, StoredSchedule, Timetable};
pub use words::{
    ClaimRequest, ClaimedJob, Directive, Ending, Enqueued, Exchange, Finished, Heartbeat, Lease, LogEntry, Maintenance,
    NewJob, Outcome, Progress, ReadLog, WorkerProfile,
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

/// An engine: job queue and event log. The seam has four parts, and an engine is all of them: what workers and the hub need stands here.
#[async_trait]
pub trait Backplane: Control + Inspect + Timetable + Send + Sync + 'static {
    /// The engine's name, for logs and `doctor`.
    fn name(&self) -> &'static str;

    /// Statements, scripts and commands that this process has asked of the engine so far, other than those that wait.
    fn operations(&self) -> u64;

    /// Takes jobs in, all or none, in one step. A job whose unique key or id is alive already is not made again: its id comes back.
    ///
    /// A unique key is free again as soon as its job has ended and its time is over; an id only when the ended job was removed, an age later. Given again
    /// before, it makes nothing and starts nothing: it comes back as not new, and its job stays completed or failed. Who wants the
    /// work done once more gives a new id.
    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, BackplaneError>;

    /// Says that a worker lives. It is known as dead as soon as its process is gone, or silent for a lease. May be said again.
    async fn join(&self, profile: &WorkerProfile) -> Result<(), BackplaneError>;

    /// Says that a worker has ended as it should, and holds nothing: it is in no list any more.
    async fn leave(&self, worker: &WorkerId) -> Result<(), BackplaneError>;

    /// Takes up to `limit` jobs by priority, then age, each with a token and a lease; waits for work up to `patience`. Paused queues give
    /// none, and limits and concurrency keys are kept over all processes.
    async fn claim(&self, request: &ClaimRequest, patience: Duration) -> Result<Vec<ClaimedJob>, BackplaneError>;

    /// Renews leases, all in one call, and brings back what their holder must do. Without a lease too: it shows that the worker lives.
    async fn heartbeat(&self, heartbeat: Heartbeat<'_>) -> Result<Vec<Directive>, BackplaneError>;

    /// Waits until something was asked of a worker that its next heartbeat brings back. It may wake for nothing, or miss: nothing may
    /// depend on it but speed.
    async fn summons(&self, worker: &WorkerId);

    /// Notes how far a job is, and tells it. Refused like [`Backplane::exchange`]. Proof of progress forgives earlier stalls.
    async fn report(&self, lease: &Lease, progress: Progress) -> Result<Finished, BackplaneError>;

    /// Adds lines to a job's log, which keeps the last [`words::LOG_LINES`]. Refused like [`Backplane::exchange`].
    async fn log(&self, lease: &Lease, lines: Vec<JobLogLine>) -> Result<Finished, BackplaneError>;

    /// Ends attempts, and claims the next jobs in the same step, without waiting. Fenced by the token: an attempt that lost its lease
    /// can't write its result.
    async fn exchange(&self, endings: Vec<Ending>, claim: Option<&ClaimRequest>) -> Result<Exchange, BackplaneError>;

    /// Ends attempts.
    async fn finish(&self, endings: Vec<Ending>) -> Result<Vec<Finished>, BackplaneError> {
        Ok(self.exchange(endings, None).await?.finished)
    }

    /// Appends events, in order, in one step; returns the cursor of the last.
    async fn append(&self, events: Vec<Event>) -> Result<Cursor, BackplaneError>;

    /// Where the log ends now.
    async fn head(&self) -> Result<Cursor, BackplaneError>;

    /// What came after a cursor, at most `limit` events.
    async fn read(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError>;

    /// What came before a place, at most `limit` events: those nearest to it, in the order of the log. Without a place: before the end.
    async fn read_back(&self, before: Option<&Cursor>, limit: u32) -> Result<ReadLog, BackplaneError>;

    /// What comes after a cursor; waits until there is something.
    async fn tail(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError>;

    /// One bounded round of keeping house: promotes due jobs, rescues those of dead workers, trims what is too old.
    async fn maintain(&self) -> Result<Maintenance, BackplaneError>;
}
