//! Jobs: the states of a job's life, and what is known of one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{JobId, QueueName, WorkerId};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Ready for the next free worker.
    Waiting,
    /// Ready later: it was enqueued with a delay, or it failed and waits for its next attempt.
    Delayed,
    /// A worker holds its lease.
    Active,
    /// Done.
    Completed,
    /// Dead-lettered: its attempts are used up, or it met an error that must not be retried.
    Failed,
    /// Called off before it was done.
    Cancelled,
}

impl JobState {
    /// All states, in the order in which an operator looks at them: what runs, what comes, what went wrong, what is done.
    pub const ALL: [Self; 6] =
        [Self::Active, Self::Waiting, Self::Delayed, Self::Failed, Self::Cancelled, Self::Completed];

    /// The state's name, as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delayed => "delayed",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the job still has work to come: waiting, delayed or active.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Waiting | Self::Delayed | Self::Active)
    }
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its id.
    pub job_id: JobId,
    /// Its queue.
    pub queue_name: QueueName,
    /// Its kind.
    pub job_name: String,
    /// Where it stands.
    pub state: JobState,
    /// 0 to 9; larger first.
    pub priority: u8,
    /// The attempt that runs or ran last, counted from 1; 0 before the first, and after it was taken up again by hand.
    pub attempt: u32,
    /// Attempts allowed.
    pub max_attempts: u32,
    /// Percent done, 0 to 100.
    pub progress: u8,
    /// What it is at, in one of its kind's own words.
    pub stage: Option<String>,
    /// The same for people.
    pub message: Option<String>,
    /// Its arguments.
    pub data: Value,
    /// What it gave, when completed.
    pub result: Option<Value>,
    /// What went wrong last, with its causes: `the file can't be read: disk: input/output error`.
    pub error: Option<String>,
    /// The same for all errors that differ in numbers, ids and quoted texts only; when dead-lettered.
    pub error_fingerprint: Option<String>,
    /// While it lives, no second job with the same key is made.
    pub unique_key: Option<String>,
    /// Of the jobs with the same key, one runs at a time.
    pub concurrency_key: Option<String>,
    /// Whether its worker was asked to call it off, and has not done so yet.
    pub cancel_requested: bool,
    /// When it was taken in.
    pub created_at: Timestamp,
    /// When it becomes or became ready for a worker.
    pub run_at: Timestamp,
    /// When its last attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended; `None` while it lives.
    pub finished_at: Option<Timestamp>,
    /// The worker that has it, or had it last.
    pub worker_id: Option<WorkerId>,
}

/// Which jobs to look for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobQuery {
    /// Of this queue only.
    pub queue_name: Option<QueueName>,
    /// In this state only.
    pub state: Option<JobState>,
    /// Of this kind only.
    pub job_name: Option<String>,
    /// Only those whose id, kind, message, error or arguments contain this text, without case.
    pub text: Option<String>,
    /// The `next` of the page before; `None` for the first page.
    pub before: Option<String>,
    /// Jobs on the page, 1 to 200.
    pub limit: u32,
}

impl Default for JobQuery {
    fn default() -> Self {
        Self { queue_name: None, state: None, job_name: None, text: None, before: None, limit: 50 }
    }
}

/// One page of jobs. Looking for a text means to read jobs one by one, so a page may end before it is full: it says how far it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobPage {
    /// The jobs of this page: what runs first, then what comes, what went wrong, and what is done.
    pub items: Vec<Job>,
    /// What to pass as `before` for the next page; `None` at the end.
    pub next: Option<String>,
    /// How many jobs were looked at.
    pub scanned: u32,
    /// Whether there is nothing behind this page.
    pub complete: bool,
}

/// A job with its past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobDetail {
    /// The job.
    #[serde(flatten)]
    pub job: Job,
    /// Its attempts that ended, the oldest first. Those that handed the job back are not counted.
    pub attempts: Vec<JobAttempt>,
    /// What it said, the oldest first: its last 1,000 lines.
    pub log: Vec<JobLogLine>,
}

/// An attempt that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobAttempt {
    /// Counted from 1.
    pub attempt: u32,
    /// Who made it.
    pub worker_id: WorkerId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What went wrong; `None` for the one that completed the job.
    pub error: Option<String>,
}

/// What a job said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobLogLine {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// In one line, at most 4,096 bytes.
    pub line: String,
}

/// How much a line of a log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// For whoever looks for a fault.
    Debug,
    /// What happened.
    Info,
    /// Something unexpected that was coped with.
    Warn,
    /// Something that was not.
    Error,
}
