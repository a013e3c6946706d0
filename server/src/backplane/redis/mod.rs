//! The backplane in Redis 6.2 or later: for installations whose processes run on several machines, or whose jobs are many.
//!
//! Every state change is one Lua script, which changes the job, moves it between the sets of its states, appends the event to the
//! one stream, and publishes it to the channels that other programs subscribe to. So there is no moment at which one of these
//! is true without the others, and nothing is lost when a client dies between two commands. Redis' clock is the only one.
//!
//! - A job is a line in a hash of all jobs and a line in one that says where it stands; its state is also a sorted set of its queue.
//!   The size of a set is the queue's counter of that state: it can't drift, and is read in O(1).
//! - A waiting worker costs nothing: `bell` wakes it. `upkeep` looks only at queues in which something is due.
//! - Domain data stays in the database; `relay` brings its events into the stream.
//!
//! Persistence is the server's matter: with `appendonly yes` a crash of the server loses a second at most. What it forgot is
//! enqueued again by the reconciler, as far as it was domain work.
//!
//! One server, or a primary with replicas. The keys share a hash tag, so each script would find them in one slot of a Redis Cluster; but
//! the connections don't follow the redirections of one, and the contract's set of dead-lettered jobs has a name without a tag,
//! so on a Cluster it is kept only where the same node happens to hold it.

mod bell;
mod claim;
mod connections;
mod control;
mod ear;
mod failure;
mod hands;
mod health;
mod inspect;
mod keys;
mod lease;
mod log;
mod moment;
mod queue;
mod relay;
mod script;
mod shelf;
mod sight;
mod teller;
#[cfg(test)]
pub(crate) mod tests;
mod timetable;
mod upkeep;
mod worker;

use std::{sync::Arc, time::Duration};

use app::{
    domain::{JobLogLine, WorkerId},
    events::{Cursor, Event},
};
use async_trait::async_trait;
use tokio_util::task::AbortOnDropHandle;

pub use failure::RedisFailure;
pub use health::RedisHealth;

use super::{
    Backplane, BackplaneError, ClaimRequest, ClaimedJob, Directive, Ending, Enqueued, Exchange, Finished, Heartbeat,
    Lease, Maintenance, NewJob, Progress, ReadLog, WorkerProfile, sql::Retention,
};
use crate::store::Database;
use bell::Bell;
use connections::Connections;
use ear::Ear;

/// Job queue and event log in Redis.
pub struct RedisBackplane {
    connections: Arc<Connections>,
    bell: Arc<Bell>,
    tails: log::Tails,
    upkeep: upkeep::Upkeep,
    retention: Retention,
    _listening: AbortOnDropHandle<()>,
    _telling: AbortOnDropHandle<()>,
    _relaying: Option<AbortOnDropHandle<()>>,
}

impl RedisBackplane {
    /// The backplane of a server, named by a `redis://` or `rediss://` address. Events that transactions of `database` write are
    /// brought into the log, as long as this value lives.
    ///
    /// # Errors
    /// The address can't be used, the server can't be reached now, or it is too old.
    pub async fn open(
        url: &str,
        retention: Retention,
        database: Option<Database>,
    ) -> Result<Arc<Self>, BackplaneError> {
        let connections = Arc::new(Connections::open(url).await?);
        health::check_version(&connections).await?;
        let bell = Arc::new(Bell::default());
        let ear = Ear::open(&connections, &bell).await?;
        let listening = tokio::spawn(ear::keep(Arc::clone(&bell), Arc::clone(&connections), ear));
        let relaying = database.map(|database| tokio::spawn(relay::keep(Arc::clone(&connections), database)));
        Ok(Arc::new(Self {
            _listening: AbortOnDropHandle::new(listening),
            _telling: AbortOnDropHandle::new(tokio::spawn(teller::keep(Arc::clone(&connections)))),
            _relaying: relaying.map(AbortOnDropHandle::new),
            tails: log::Tails::default(),
            upkeep: upkeep::Upkeep::default(),
            connections,
            bell,
            retention,
        }))
    }

    /// How the server is set up.
    ///
    /// # Errors
    /// It can't be asked.
    pub async fn health(&self) -> Result<RedisHealth, BackplaneError> {
        Ok(health::of(&self.connections).await?)
    }
}

#[async_trait]
impl Backplane for RedisBackplane {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn operations(&self) -> u64 {
        self.connections.operations()
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, BackplaneError> {
        Ok(queue::enqueue(&self.connections, jobs).await?)
    }

    async fn join(&self, profile: &WorkerProfile) -> Result<(), BackplaneError> {
        Ok(self.bell.join(&self.connections, &profile.worker, worker::profile(profile)).await?)
    }

    async fn claim(&self, request: &ClaimRequest, patience: Duration) -> Result<Vec<ClaimedJob>, BackplaneError> {
        Ok(claim::claim(&self.connections, &self.bell, request, patience).await?)
    }

    async fn heartbeat(&self, heartbeat: Heartbeat<'_>) -> Result<Vec<Directive>, BackplaneError> {
        Ok(lease::renew(&self.connections, heartbeat).await?)
    }

    async fn report(&self, lease: &Lease, progress: Progress) -> Result<Finished, BackplaneError> {
        Ok(lease::report(&self.connections, lease, &progress).await?)
    }

    async fn exchange(&self, endings: Vec<Ending>, claim: Option<&ClaimRequest>) -> Result<Exchange, BackplaneError> {
        Ok(lease::exchange(&self.connections, &endings, claim).await?)
    }

    async fn leave(&self, worker: &WorkerId) -> Result<(), BackplaneError> {
        self.bell.leave(worker);
        let queues = self.bell.hands.leave(worker);
        worker::leave(&self.connections, worker, &queues).await?;
        if !queues.is_empty() {
            self.bell.hands.clear(worker, &self.connections).await;
        }
        Ok(())
    }

    async fn summons(&self, worker: &WorkerId) {
        self.bell.summons(worker).await;
    }

    async fn log(&self, lease: &Lease, lines: Vec<JobLogLine>) -> Result<Finished, BackplaneError> {
        Ok(lease::note(&self.connections, lease, &lines).await?)
    }

    async fn append(&self, events: Vec<Event>) -> Result<Cursor, BackplaneError> {
        if events.is_empty() {
            return self.head().await;
        }
        Ok(log::append(&self.connections, events).await?)
    }

    async fn head(&self) -> Result<Cursor, BackplaneError> {
        Ok(log::head(&self.connections).await?)
    }

    async fn read(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        Ok(log::read(&self.connections, after, limit).await?)
    }

    async fn read_back(&self, before: Option<&Cursor>, limit: u32) -> Result<ReadLog, BackplaneError> {
        Ok(log::read_back(&self.connections, before, limit).await?)
    }

    async fn tail(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        Ok(self.tails.read(&self.connections, after, limit).await?)
    }

    async fn maintain(&self) -> Result<Maintenance, BackplaneError> {
        Ok(self.upkeep.round(&self.connections, &self.retention).await?)
    }
}
