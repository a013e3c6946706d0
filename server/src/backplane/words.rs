//! Words of the seam between engines and the rest: what goes in and comes out.

use std::time::Duration;

use app::{
    domain::{JobId, QueueName, WorkerId},
    events::{Cursor, Envelope, ResetReason},
};
use serde_json::{Map, Value};

/// A job to take in.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Its id; a new `UUIDv7`, or a name that its caller gave.
    pub job_id: JobId,
    /// The queue.
    pub queue_name: QueueName,
    /// The kind.
    pub job_name: String,
    /// The arguments.
    pub data: Value,
    /// Fields that every event of the job carries, such as `importId`.
    pub public: Map<String, Value>,
    /// 0 to 9; larger first.
    pub priority: u8,
    /// How long to wait before it may be claimed.
    pub delay: Duration,
    /// Attempts allowed, at least 1.
    pub max_attempts: u32,
    /// Workers that may die over it in a row, without any progress between, before it is dead-lettered.
    pub max_stalls: u32,
    /// While a job with the same key is alive, no second one is made.
    pub unique_key: Option<String>,
}

/// What became of a job that was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The job: the new one, or the one that was there already.
    pub job_id: JobId,
    /// Whether it was made now.
    pub is_new: bool,
}

/// What a worker asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Who asks.
    pub worker: WorkerId,
    /// The queues it takes from.
    pub queues: Vec<QueueName>,
    /// Jobs at most.
    pub limit: u32,
    /// How long the lease holds without a heartbeat.
    pub lease: Duration,
}

/// The right to work on a job, and to write its result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub job_id: JobId,
    /// Made anew for every attempt.
    pub token: String,
}

/// A job in the hands of a worker.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedJob {
    /// The right to work on it.
    pub lease: Lease,
    /// Its queue.
    pub queue_name: QueueName,
    /// Its kind.
    pub job_name: String,
    /// Its arguments.
    pub data: Value,
    /// This attempt, counted from 1.
    pub attempt: u32,
    /// Attempts allowed.
    pub max_attempts: u32,
}

/// What the holder of a lease must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// The lease is somebody else's by now: stop, and write nothing more.
    Lost(Lease),
}

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// 0 to 100.
    pub percent: u8,
    /// In one of its kind's own words.
    pub stage: Option<String>,
    /// The same for people.
    pub message: Option<String>,
}

/// The end of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// The right to end it.
    pub lease: Lease,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is done, with this result.
    Completed(Value),
    /// It failed, and another attempt shall follow after the delay.
    Retry {
        /// What went wrong.
        error: String,
        /// When to try again.
        delay: Duration,
    },
    /// It failed for good.
    Failed {
        /// What went wrong.
        error: String,
    },
    /// Its worker stops and hands it back; the attempt is not counted.
    HandedBack,
}

/// Whether a write under a lease was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It stands.
    Accepted,
    /// The lease had been lost; nothing was changed.
    Refused,
}

/// An event of the log, with its JSON as it was written: nobody encodes it twice.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// The event and its place.
    pub envelope: Envelope,
    /// Its JSON.
    pub json: String,
}

/// What reading the log gave.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadLog {
    /// These came after the cursor, in order; none when there is nothing yet.
    Events(Vec<LogEntry>),
    /// The log can't say what came after the cursor.
    Gone {
        /// Why.
        reason: ResetReason,
        /// Where the log ends now: read on from here.
        head: Cursor,
    },
}

/// What a round of keeping house did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintenance {
    /// Due jobs made ready.
    pub promoted: u64,
    /// Jobs taken back from dead workers.
    pub rescued: u64,
    /// Jobs dead-lettered because their workers died too often.
    pub dead_lettered: u64,
    /// Old events and jobs removed.
    pub trimmed: u64,
}

impl Maintenance {
    /// Whether another round may find more: a round is bounded.
    pub const fn did_something(&self) -> bool {
        self.promoted + self.rescued + self.dead_lettered + self.trimmed > 0
    }
}
