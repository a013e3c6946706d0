//! Schedules, stored beside the jobs that they make.
//!
//! The engine keeps schedules and the moments at which they run next; what a cron pattern means is known by `jobs::scheduler` alone.
//! **Invariant:** a schedule's job and the moment of its next run are written in one step that compares the moment first: however many
//! processes see that a schedule is due, one fires it.

use app::domain::{JobId, MissedRuns, ScheduleOptions};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BackplaneError, NewJob};

/// What somebody wrote down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// When, as a cron pattern.
    pub cron: String,
    /// Whose clock is meant: a name of the IANA time zone database.
    pub time_zone: String,
    /// What becomes of runs that nobody was there for.
    pub missed: MissedRuns,
    /// Whether it rests.
    pub paused: bool,
    /// What its maker wanted different from the kind's own ways: told to whoever asks.
    pub opts: ScheduleOptions,
    /// The job, but for its id: ready to be enqueued by a process that does not know its kind.
    pub job: NewJob,
}

/// A schedule, as an engine keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSchedule {
    /// What somebody wrote down.
    pub plan: Plan,
    /// When it runs next; `None` while it rests, and when its pattern never comes again.
    pub next_run_at: Option<Timestamp>,
    /// The moment that its last run was for.
    pub last_run_at: Option<Timestamp>,
    /// The job of its last run.
    pub last_job_id: Option<JobId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The plan that a step wrote over or removed; `None` where nobody can read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Former(pub Option<Plan>);

/// Schedules that are due, and by whose clock.
#[derive(Clone, Debug, PartialEq)]
pub struct DueSchedules {
    /// Those that are due, at most 100.
    pub schedules: Vec<StoredSchedule>,
    /// The engine's clock.
    pub now: Timestamp,
}

/// A run of a schedule, or the decision to leave it out.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The schedule.
    pub name: String,
    /// The moment that it is due for. Another moment in the store means that somebody else was quicker, and nothing happens.
    pub due: Timestamp,
    /// When it runs next.
    pub next: Option<Timestamp>,
    /// Its job; `None` leaves the run out.
    pub job: Option<NewJob>,
}

/// The clockwork.
#[async_trait]
pub trait Timetable: Send + Sync {
    /// All schedules, by name.
    async fn schedules(&self) -> Result<Vec<StoredSchedule>, BackplaneError>;

    /// One schedule; `None` when there is none of the name.
    async fn schedule(&self, name: &str) -> Result<Option<StoredSchedule>, BackplaneError>;

    /// Keeps a new schedule; says whether the name was free.
    async fn add_schedule(&self, plan: &Plan, next: Option<Timestamp>) -> Result<bool, BackplaneError>;

    /// Writes a schedule's plan anew. Returns the one of before; `None` when there is none of the name.
    async fn change_schedule(&self, plan: &Plan, next: Option<Timestamp>) -> Result<Option<Former>, BackplaneError>;

    /// Removes a schedule. Returns its plan; `None` when there was none of the name. Its jobs stay.
    async fn remove_schedule(&self, name: &str) -> Result<Option<Former>, BackplaneError>;

    /// Schedules whose moment has come, by the engine's clock.
    async fn due_schedules(&self) -> Result<DueSchedules, BackplaneError>;

    /// Fires a schedule, unless somebody else did: its job, the job's event and the moment of the next run, in one step. Says whether it
    /// was this call that did it.
    async fn fire(&self, firing: &Firing) -> Result<bool, BackplaneError>;
}
