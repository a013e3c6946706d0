//! A worker: claims, runs, keeps its leases, and stops gracefully.
//!
//! Leases are renewed by a task of their own, so that a busy job can't starve it. Whoever loses a lease is told, and its late
//! result is refused by the engine whether it was told or not.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::domain::{QueueName, WorkerId};
use tokio::{sync::Semaphore, task::JoinSet, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{JobContext, Registry, context::Parts, reconciler, runner, sweeper};
use crate::backplane::{ClaimRequest, ClaimedJob, Directive, Lease};

/// How long a lease holds without a heartbeat.
pub const LEASE: Duration = Duration::from_secs(10);
/// How long one claim waits for work. A claim is never dropped half-way, for that would leave its jobs to the rescue; so this is
/// also how long an idle worker takes to stop.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait after the engine failed.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);
/// How often house is kept. Any process may do it.
const UPKEEP: Duration = Duration::from_secs(1);
/// How often work that lost its job is looked for.
const RECONCILING: Duration = Duration::from_secs(10);
/// How often files that belong to nothing are looked for.
const SWEEPING: Duration = Duration::from_mins(10);

/// What a worker takes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerConfig {
    /// Its name; a UUID of this boot is added, so that a restart under the same name works at once.
    pub name: String,
    /// Queues, and how many jobs of each at the same time.
    pub queues: Vec<(QueueName, u32)>,
}

/// A worker of this process.
pub struct Worker {
    id: WorkerId,
    config: WorkerConfig,
    registry: Registry,
    parts: Parts,
    held: Mutex<HashMap<Lease, CancellationToken>>,
}

impl Worker {
    /// A worker that has not begun yet.
    pub fn new(config: WorkerConfig, registry: Registry, parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            id: WorkerId(format!("{}-{}", config.name, uuid::Uuid::new_v4().simple())),
            config,
            registry,
            parts,
            held: Mutex::default(),
        })
    }

    /// Works until `stopping` is cancelled, and then until its running jobs have come to a stop.
    pub async fn run(self: Arc<Self>, stopping: CancellationToken) {
        while let Err(error) = self.parts.backplane.join(&self.id).await {
            tracing::error!(%error, "the worker can't join; trying again");
            if stopping.run_until_cancelled(tokio::time::sleep(AFTER_A_FAILURE)).await.is_none() {
                return;
            }
        }
        tracing::info!(worker_id = %self.id, queues = ?self.config.queues, "working");
        // Leases are kept until the last job has ended, so longer than claims are made.
        let drained = CancellationToken::new();
        let keeping = tokio::spawn(Arc::clone(&self).keep_leases(drained.clone()));
        let upkeep = tokio::spawn(keep_house(self.parts.clone(), drained.clone()));
        let sweeping = tokio::spawn(drained.clone().run_until_cancelled_owned(sweep_now_and_then(self.parts.clone())));

        let mut queues = JoinSet::new();
        for (queue, concurrency) in self.config.queues.clone() {
            queues.spawn(Arc::clone(&self).serve(queue, concurrency, stopping.clone()));
        }
        queues.join_all().await;
        drained.cancel();
        for ended in [keeping.await, upkeep.await, sweeping.await.map(drop)] {
            if let Err(error) = ended {
                tracing::error!(%error, "a task of the worker broke");
            }
        }
        tracing::info!(worker_id = %self.id, "stopped");
    }

    /// Claims from one queue as long as there is room.
    async fn serve(self: Arc<Self>, queue: QueueName, concurrency: u32, stopping: CancellationToken) {
        let room = Arc::new(Semaphore::new(concurrency as usize));
        let mut running = JoinSet::new();
        let request = ClaimRequest { worker: self.id.clone(), queues: vec![queue], limit: 1, lease: LEASE };
        while let Some(Ok(place)) = stopping.run_until_cancelled(Arc::clone(&room).acquire_owned()).await {
            let place = Arc::new(place);
            match self.parts.backplane.claim(&request, PATIENCE).await {
                Ok(jobs) => {
                    for job in jobs {
                        let attempt = Arc::clone(&self).attempt(job, stopping.clone());
                        let place = Arc::clone(&place);
                        running.spawn(async move {
                            attempt.await;
                            drop(place);
                        });
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "no job could be claimed; trying again");
                    stopping.run_until_cancelled(tokio::time::sleep(AFTER_A_FAILURE)).await;
                }
            }
            while running.try_join_next().is_some() {}
        }
        running.join_all().await;
    }

    /// Runs one attempt, holding its lease.
    async fn attempt(self: Arc<Self>, job: ClaimedJob, stopping: CancellationToken) {
        let lease_lost = CancellationToken::new();
        let lease = job.lease.clone();
        self.held().insert(lease.clone(), lease_lost.clone());
        let context =
            JobContext { parts: self.parts.clone(), lease: lease.clone(), attempt: job.attempt, stopping, lease_lost };
        runner::run(&self.registry, job, &context).await;
        self.held().remove(&lease);
    }

    /// Renews all leases three times as often as they run out.
    async fn keep_leases(self: Arc<Self>, until: CancellationToken) {
        let mut ticks = tokio::time::interval(LEASE / 3);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while until.run_until_cancelled(ticks.tick()).await.is_some() {
            let leases: Vec<Lease> = self.held().keys().cloned().collect();
            match self.parts.backplane.heartbeat(&self.id, &leases, LEASE).await {
                Ok(directives) => {
                    for Directive::Lost(lease) in directives {
                        if let Some(lease_lost) = self.held().get(&lease) {
                            lease_lost.cancel();
                        }
                    }
                }
                Err(error) => tracing::error!(%error, "leases could not be renewed"),
            }
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<Lease, CancellationToken>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Promotes, rescues, trims and reconciles, in rounds, as long as there is something to do.
async fn keep_house(parts: Parts, until: CancellationToken) {
    let mut upkeep = tokio::time::interval(UPKEEP);
    let mut reconciling = tokio::time::interval(RECONCILING);
    upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    reconciling.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = until.cancelled() => return,
            _ = upkeep.tick() => maintain(&parts).await,
            _ = reconciling.tick() => {
                if let Err(error) = reconciler::reconcile(&parts).await {
                    tracing::error!(%error, "imports could not be reconciled");
                }
            }
        }
    }
}

/// Rounds of keeping house until one finds nothing.
async fn maintain(parts: &Parts) {
    loop {
        match parts.backplane.maintain().await {
            Ok(round) if round.did_something() => {}
            Ok(_) => return,
            Err(error) => {
                tracing::error!(%error, "house could not be kept");
                return;
            }
        }
    }
}

/// Apart from the rest of the house: a folder of very many files takes its time.
async fn sweep_now_and_then(parts: Parts) {
    let mut ticks = tokio::time::interval(SWEEPING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = sweeper::sweep(&parts, sweeper::AGE).await {
            tracing::error!(%error, "uploaded files that belong to nothing could not be removed");
        }
    }
}
