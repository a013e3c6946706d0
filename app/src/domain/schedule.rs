//! Jobs that are enqueued by the clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{JobId, QueueName};

/// A schedule as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// When: five fields of crontab(5), minute to day of the week.
    pub cron: String,
    /// Whose clock is meant: a name of the IANA time zone database, such as `Europe/Berlin`.
    pub time_zone: String,
    /// The queue of its jobs.
    pub queue_name: QueueName,
    /// Their kind.
    pub job_name: String,
    /// Their arguments.
    pub data: Value,
    /// What is different from the kind's own ways.
    pub opts: ScheduleOptions,
    /// What becomes of runs that nobody was there for.
    pub missed: MissedRuns,
    /// Whether it rests.
    pub paused: bool,
    /// When it runs next; `None` while it rests, and when its pattern never comes again.
    pub next_run_at: Option<Timestamp>,
    /// The moment that its last run was for.
    pub last_run_at: Option<Timestamp>,
    /// The job of its last run.
    pub last_job_id: Option<JobId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What is different from the ways of a job's kind; all may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduleOptions {
    /// 0 to 9; larger first.
    #[schema(minimum = 0, maximum = 9)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// Attempts allowed, 1 to 1,000.
    #[schema(minimum = 1, maximum = 1_000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
}

/// What becomes of runs whose moment passed while nobody was there: no process ran, or the engine was away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MissedRuns {
    /// They are left out.
    #[default]
    Skip,
    /// One run makes up for all of them.
    Once,
}
