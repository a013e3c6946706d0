//! Words of the seam between engines and the rest: what goes in and comes out.

use std::time::Duration;

use app::{
    domain::{JobId, QueueName, WorkerId, WorkerShare, WorkerStatus},
    events::{Cursor, Envelope, ResetReason},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Lines of a job's log that are kept: the last ones.
pub const LOG_LINES: usize = 1_000;
/// Bytes of a line that are kept.
pub const LOG_LINE_BYTES: usize = 4_096;

/// A job to take in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// For so long after this one was taken in no second one is made either, even if this one has ended.
    pub unique_for: Option<Duration>,
    /// Of the jobs with the same key, in all queues, one runs at a time; the next is the one that would be claimed first. It is chosen
    /// when the one before it ends, whether its own queue goes on or rests: one in a paused queue, or in one that is at its limit, holds
    /// the key meanwhile, and those of other queues wait with it.
    pub concurrency_key: Option<String>,
}

/// What became of a job that was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The job: the new one, or the one that was there already.
    pub job_id: JobId,
    /// Whether it was made now.
    pub is_new: bool,
}

/// A worker, as it presents itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerProfile {
    /// Its name and a UUID of its boot.
    pub worker: WorkerId,
    /// Its name.
    pub name: String,
    /// The machine that it runs on.
    pub host: String,
    /// The version of its program.
    pub version: String,
    /// The queues that it takes from.
    pub queues: Vec<WorkerShare>,
}

/// A sign of life of a worker, with all that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat<'a> {
    /// Who lives.
    pub worker: &'a WorkerId,
    /// What it is at.
    pub status: WorkerStatus,
    /// The leases to renew.
    pub leases: &'a [Lease],
    /// For how long.
    pub lease: Duration,
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
    /// Somebody called the job off: stop it, and end it as [`Outcome::Cancelled`]. Said again at each heartbeat until it has ended.
    Cancel(Lease),
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
        /// What went wrong, with its causes.
        error: String,
        /// When to try again.
        delay: Duration,
    },
    /// It failed for good.
    Failed {
        /// What went wrong, with its causes.
        error: String,
    },
    /// It is too early: it shall be run again after the delay; the attempt is not counted.
    Snoozed {
        /// When to run it again.
        delay: Duration,
    },
    /// Its worker stops and hands it back; the attempt is not counted.
    HandedBack,
    /// It stopped because it was called off.
    Cancelled,
}

/// What one exchange gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exchange {
    /// For each ending, whether it was taken.
    pub finished: Vec<Finished>,
    /// The jobs that were claimed.
    pub claimed: Vec<ClaimedJob>,
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
    /// Whether a schedule is due: somebody should fire it.
    pub has_due_schedules: bool,
}

/// What a round of keeping house deals with at most, of each kind.
const ROUND: u64 = 1_000;

impl Maintenance {
    /// Whether it was as much as one round may do, so that there may be more.
    pub const fn is_full(&self) -> bool {
        self.promoted >= ROUND || self.rescued + self.dead_lettered >= ROUND || self.trimmed >= ROUND
    }

    /// Whether another round may find more: a round is bounded.
    pub const fn did_something(&self) -> bool {
        self.promoted + self.rescued + self.dead_lettered + self.trimmed > 0
    }
}
