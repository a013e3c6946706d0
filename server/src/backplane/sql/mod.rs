//! The backplane inside a database, SQLite or Postgres: the one that holds the domain data.
//!
//! Every function that changes a job writes its event in the same transaction. Waiting costs nothing: whoever waits is woken by
//! the next commit, of this process through a channel, of another one by what `Database::watch_other_processes` hears.
//! Time is the transaction's: the server's clock in Postgres, the machine's in SQLite.

mod attempts;
mod claim;
mod control;
mod ending;
mod enqueue;
mod exchange;
mod forgotten;
mod inspect;
mod intake;
mod job_log;
mod keys;
mod lease;
mod letters;
mod limits;
mod log;
mod patience;
mod place;
mod presence;
mod promotion;
mod queues;
mod recount;
mod removal;
mod rescue;
mod row;
mod settings;
mod settling;
mod shelf;
mod step;
mod summons;
mod taking_up;
mod tally;
mod teller;
#[cfg(test)]
mod tests;
mod timetable;
mod trimming;
mod upkeep;
mod view;
mod worker_news;
mod workers;

use std::{sync::Arc, time::Duration};

use app::{
    domain::{JobLogLine, WorkerId},
    events::{Cursor, Event},
};
use async_trait::async_trait;
use tokio_util::task::AbortOnDropHandle;

use super::{
    Backplane, BackplaneError, ClaimRequest, ClaimedJob, Directive, Ending, Enqueued, Exchange, Finished, Heartbeat,
    Lease, Maintenance, NewJob, Progress, ReadLog, WorkerProfile,
};
use crate::store::{Database, Dialect};

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Events older than this are trimmed.
    pub events: Duration,
    /// Of the youngest events, this many are kept at most.
    pub event_count: u64,
    /// Jobs that ended longer ago than this are removed.
    pub jobs: Duration,
    /// Of the jobs of a queue that ended in one state, this many are kept at most: the youngest.
    pub job_count: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            events: Duration::from_hours(24),
            event_count: 1_000_000,
            jobs: Duration::from_hours(7 * 24),
            job_count: 100_000,
        }
    }
}

/// Job queue and event log in the installation's database.
pub struct SqlBackplane {
    database: Database,
    log: log::Log,
    retention: Retention,
    /// Which workers live, where the operating system can tell. In Postgres, whose workers may be on any machine, leases alone do.
    presence: Option<presence::Presence>,
    quiet: patience::Quiet,
    limits: limits::Limits,
    intake: intake::Intake,
    keys: forgotten::Walk,
    summons: summons::Summons,
    teller: Arc<teller::Teller>,
    _telling: AbortOnDropHandle<()>,
    _foreign_commits: AbortOnDropHandle<()>,
}

impl SqlBackplane {
    /// The backplane of a database whose schema is up to date.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn open(database: Database, retention: Retention) -> Result<Arc<Self>, BackplaneError> {
        let teller = Arc::new(teller::Teller::default());
        let telling = {
            let (teller, database) = (Arc::clone(&teller), database.clone());
            tokio::spawn(async move { teller.keep(&database).await })
        };
        Ok(Arc::new(Self {
            teller,
            _telling: AbortOnDropHandle::new(telling),
            log: log::Log::open(&database).await?,
            presence: database.path().map(presence::Presence::beside),
            quiet: patience::Quiet::default(),
            limits: limits::Limits::default(),
            intake: intake::Intake::default(),
            keys: forgotten::Walk::default(),
            summons: summons::Summons::default(),
            _foreign_commits: AbortOnDropHandle::new(tokio::spawn(database.clone().watch_other_processes())),
            retention,
            database,
        }))
    }

    /// Workers whose processes are known to be gone, and whose jobs were not all taken back yet.
    fn dead_workers(&self) -> Result<Vec<WorkerId>, BackplaneError> {
        self.presence.as_ref().map_or(Ok(Vec::new()), presence::Presence::dead_workers)
    }
}

/// The longest that anything is put off or kept: a hundred years. Clocks, and whoever reads moments, end in the year 9999.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// A duration as a column holds it.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.min(LONGEST).as_millis()).unwrap_or(i64::MAX)
}

#[async_trait]
impl Backplane for SqlBackplane {
    fn name(&self) -> &'static str {
        match self.database.dialect() {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgres",
        }
    }

    fn operations(&self) -> u64 {
        self.database.operations()
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, BackplaneError> {
        self.intake.take_in(&self.database, jobs).await
    }

    async fn join(&self, profile: &WorkerProfile) -> Result<(), BackplaneError> {
        if let Some(presence) = &self.presence {
            presence.join(&profile.worker)?;
        }
        workers::present(&self.database, profile).await
    }

    async fn leave(&self, worker: &WorkerId) -> Result<(), BackplaneError> {
        workers::remove(&self.database, worker).await?;
        self.summons.forget(worker);
        if let Some(presence) = &self.presence {
            presence.leave(worker);
        }
        Ok(())
    }

    async fn claim(&self, request: &ClaimRequest, patience: Duration) -> Result<Vec<ClaimedJob>, BackplaneError> {
        patience::claim_patiently(&self.database, &self.quiet, &self.limits, request, patience).await
    }

    async fn heartbeat(&self, heartbeat: Heartbeat<'_>) -> Result<Vec<Directive>, BackplaneError> {
        lease::heartbeat(&self.database, &heartbeat).await
    }

    async fn summons(&self, worker: &WorkerId) {
        self.summons.wait(&self.database, worker).await;
    }

    async fn report(&self, lease: &Lease, progress: Progress) -> Result<Finished, BackplaneError> {
        lease::report(&self.database, lease, progress).await
    }

    async fn log(&self, lease: &Lease, lines: Vec<JobLogLine>) -> Result<Finished, BackplaneError> {
        job_log::add(&self.database, lease, lines).await
    }

    async fn exchange(&self, endings: Vec<Ending>, claim: Option<&ClaimRequest>) -> Result<Exchange, BackplaneError> {
        match claim {
            // Nothing to end: looked at by a reader first, as any claim is.
            Some(request) if endings.is_empty() => {
                Ok(Exchange { finished: Vec::new(), claimed: self.claim(request, Duration::ZERO).await? })
            }
            _ => exchange::exchange(&self.database, &self.limits, endings, claim).await,
        }
    }

    async fn append(&self, events: Vec<Event>) -> Result<Cursor, BackplaneError> {
        self.log.append(&self.database, events).await
    }

    async fn head(&self) -> Result<Cursor, BackplaneError> {
        self.log.head(&self.database).await
    }

    async fn read(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        self.log.read(&self.database, after, limit).await
    }

    async fn read_back(&self, before: Option<&Cursor>, limit: u32) -> Result<ReadLog, BackplaneError> {
        self.log.read_back(&self.database, before, limit).await
    }

    async fn tail(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        self.log.tail(&self.database, after, limit).await
    }

    async fn maintain(&self) -> Result<Maintenance, BackplaneError> {
        let dead = self.dead_workers()?;
        let done = upkeep::maintain(&self.database, &self.retention, &dead).await?;
        self.teller.look_for_left_over();
        self.keys.go_on(&self.database).await?;
        // A worker that is forgotten too early is waited for until its leases have run out.
        if let Some(presence) = self.presence.as_ref().filter(|_| rescue::is_all_rescued(&done)) {
            presence.forget(&dead);
        }
        Ok(done)
    }
}
