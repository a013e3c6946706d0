//! What can be seen of jobs, queues and workers.

use app::domain::{CounterDrift, Job, JobDetail, JobId, JobState, Queue, QueueName, Worker};
use async_trait::async_trait;
use jiff::Timestamp;

use super::BackplaneError;

/// A piece of all jobs of one state.
///
/// The order is the one in which the state is of interest: waiting jobs as they will be claimed, by priority, then by when they became
/// ready; delayed ones by when they are due; active ones by when they began; ended ones by when they ended, the latest first. Equal
/// ones by their ids, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// The state.
    pub state: JobState,
    /// Of this queue only.
    pub queue_name: Option<QueueName>,
    /// Those behind this place only.
    pub after: Option<Place>,
    /// So many at most; an engine gives at most 1,000.
    pub limit: u32,
}

/// A job's place on its shelf.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// What comes first: for waiting jobs 9 less their priority, else 0.
    pub rank: u8,
    /// Milliseconds since 1970; negative where the latest comes first.
    pub at: i64,
    /// The job.
    pub job_id: JobId,
}

impl Place {
    /// Where a job stands among those of its state.
    pub fn of(job: &Job) -> Self {
        let ms = |at: Timestamp| at.as_millisecond();
        let (rank, at) = match job.state {
            JobState::Waiting => (9_u8.saturating_sub(job.priority), ms(job.run_at)),
            JobState::Delayed => (0, ms(job.run_at)),
            JobState::Active => (0, job.started_at.map_or(0, ms)),
            JobState::Completed | JobState::Failed | JobState::Cancelled => (0, -job.finished_at.map_or(0, ms)),
        };
        Self { rank, at, job_id: job.job_id.clone() }
    }
}

/// The windows.
#[async_trait]
pub trait Inspect: Send + Sync {
    /// The state of a job; `None` when there is none.
    async fn job_state(&self, job_id: &JobId) -> Result<Option<JobState>, BackplaneError>;

    /// A job with its past and its log; `None` when there is none.
    async fn job(&self, job_id: &JobId) -> Result<Option<JobDetail>, BackplaneError>;

    /// Jobs of one state, in the order of their places.
    async fn shelf(&self, shelf: &Shelf) -> Result<Vec<Job>, BackplaneError>;

    /// All queues that ever had a job or a setting, by name. Its cost does not grow with the number of jobs.
    async fn queues(&self) -> Result<Vec<Queue>, BackplaneError>;

    /// One queue; `None` when it never had a job or a setting.
    async fn queue(&self, queue: &QueueName) -> Result<Option<Queue>, BackplaneError>;

    /// Workers that live, or that ended within the last hour otherwise than by leaving; by their ids.
    async fn workers(&self) -> Result<Vec<Worker>, BackplaneError>;

    /// Counts all jobs again, sets the counters right, and returns those that were wrong. There should be none.
    async fn recount(&self) -> Result<Vec<CounterDrift>, BackplaneError>;
}
