//! The backplane inside a database: today SQLite, in the same file as the domain data.
//!
//! Every function that changes a job writes its event in the same transaction. Waiting costs nothing: whoever waits is woken by
//! the next commit, of this process through a channel, of another one through `foreign`.

mod foreign;
mod lease;
mod log;
mod presence;
mod queue;
mod row;
mod upkeep;

use std::{sync::Arc, time::Duration};

use app::{
    domain::{JobId, JobState, WorkerId},
    events::{Cursor, Event},
};
use async_trait::async_trait;
use jiff::Timestamp;
use tokio_util::task::AbortOnDropHandle;

use super::{
    Backplane, BackplaneError, ClaimRequest, ClaimedJob, Directive, Ending, Enqueued, Finished, Lease, Maintenance,
    NewJob, Progress, ReadLog,
};
use crate::store::Database;

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Events older than this are trimmed.
    pub events: Duration,
    /// Of the youngest events, this many are kept at most.
    pub event_count: u64,
    /// Jobs that ended longer ago than this are removed.
    pub jobs: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { events: Duration::from_hours(24), event_count: 1_000_000, jobs: Duration::from_hours(7 * 24) }
    }
}

/// Job queue and event log in the installation's database.
pub struct SqlBackplane {
    database: Database,
    epoch: String,
    retention: Retention,
    presence: presence::Presence,
    _foreign_commits: AbortOnDropHandle<()>,
}

impl SqlBackplane {
    /// The backplane of a database whose schema is up to date.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn open(database: Database, retention: Retention) -> Result<Arc<Self>, BackplaneError> {
        Ok(Arc::new(Self {
            epoch: log::epoch(&database).await?,
            presence: presence::Presence::beside(database.path()),
            _foreign_commits: AbortOnDropHandle::new(tokio::spawn(foreign::watch(database.clone()))),
            retention,
            database,
        }))
    }
}

impl From<sqlx::Error> for BackplaneError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

#[async_trait]
impl Backplane for SqlBackplane {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, BackplaneError> {
        queue::enqueue(&self.database, jobs, Timestamp::now()).await
    }

    async fn join(&self, worker: &WorkerId) -> Result<(), BackplaneError> {
        self.presence.join(worker)
    }

    async fn claim(&self, request: &ClaimRequest, patience: Duration) -> Result<Vec<ClaimedJob>, BackplaneError> {
        queue::claim_patiently(&self.database, request, patience).await
    }

    async fn heartbeat(
        &self,
        worker: &WorkerId,
        leases: &[Lease],
        lease: Duration,
    ) -> Result<Vec<Directive>, BackplaneError> {
        lease::renew(&self.database, worker, leases, lease, Timestamp::now()).await
    }

    async fn report(&self, lease: &Lease, progress: Progress) -> Result<Finished, BackplaneError> {
        lease::report(&self.database, lease, progress, Timestamp::now()).await
    }

    async fn finish(&self, endings: Vec<Ending>) -> Result<Vec<Finished>, BackplaneError> {
        lease::finish(&self.database, endings, Timestamp::now()).await
    }

    async fn job_state(&self, job_id: &JobId) -> Result<Option<JobState>, BackplaneError> {
        queue::job_state(&self.database, job_id).await
    }

    async fn append(&self, events: Vec<Event>) -> Result<Cursor, BackplaneError> {
        log::append(&self.database, &self.epoch, events, Timestamp::now()).await
    }

    async fn head(&self) -> Result<Cursor, BackplaneError> {
        log::head(&self.database, &self.epoch).await
    }

    async fn read(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        log::read(&self.database, &self.epoch, after, limit).await
    }

    async fn tail(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        log::tail(&self.database, &self.epoch, after, limit).await
    }

    async fn maintain(&self) -> Result<Maintenance, BackplaneError> {
        let now = Timestamp::now();
        let dead = self.presence.dead_workers()?;
        let done = Maintenance {
            promoted: upkeep::promote(&self.database, now).await?,
            trimmed: upkeep::trim(&self.database, &self.retention, now).await?,
            ..upkeep::rescue(&self.database, &dead, now).await?
        };
        // A worker that is forgotten too early is waited for until its leases have run out.
        if upkeep::is_all_rescued(&done) {
            self.presence.forget(&dead);
        }
        Ok(done)
    }
}
