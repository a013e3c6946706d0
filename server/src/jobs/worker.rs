//! A worker: claims, runs, keeps its leases, and stops gracefully.
//!
//! Leases are renewed by a task of their own, so that a busy job can't starve it. Whoever loses a lease is told, and its late
//! result is refused by the engine whether it was told or not.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::domain::{QueueName, WorkerId, WorkerShare, WorkerStatus};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::{JobContext, Registry, context::Parts, endings::Endings, house, pace::Pace, runner};
use crate::backplane::{ClaimRequest, ClaimedJob, Directive, Ending, Heartbeat, Lease, Outcome, WorkerProfile};

/// How long a lease holds without a heartbeat.
pub const LEASE: Duration = Duration::from_secs(10);
/// How long one claim waits for work. A claim is never dropped half-way, for that would leave its jobs to the rescue; so this is
/// also how long an idle worker takes to stop.
const PATIENCE: Duration = Duration::from_secs(1);
/// Jobs of one claim.
const MOST_AT_ONCE: u32 = 500;
/// How long to wait after the engine failed.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);
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

/// A queue that a worker takes jobs from.
struct Queue {
    name: QueueName,
    concurrency: u32,
    /// Places for jobs that run.
    slots: Semaphore,
    pace: Pace,
    endings: Endings,
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
        while let Err(error) = self.parts.backplane.join(&self.profile()).await {
            tracing::error!(%error, "the worker can't join; trying again");
            if stopping.run_until_cancelled(tokio::time::sleep(AFTER_A_FAILURE)).await.is_none() {
                return;
            }
        }
        tracing::info!(worker_id = %self.id, queues = ?self.config.queues, "working");
        // Leases are kept until the last job has ended, so longer than claims are made.
        let drained = CancellationToken::new();
        let keeping = tokio::spawn(Arc::clone(&self).keep_leases(drained.clone()));
        let house = tokio::spawn(house::keep(self.parts.clone(), drained.clone()));
        let (endings, writing) = Endings::gather(self.parts.clone());

        let mut queues = JoinSet::new();
        for (queue, concurrency) in self.config.queues.clone() {
            let queue = Queue {
                name: queue,
                concurrency,
                slots: Semaphore::new(concurrency as usize),
                pace: Pace::default(),
                endings: endings.clone(),
            };
            queues.spawn(Arc::clone(&self).serve(Arc::new(queue), stopping.clone()));
        }
        drop(endings);
        queues.join_all().await;
        drained.cancel();
        for task in [keeping, house, writing] {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the worker broke");
            }
        }
        tracing::info!(worker_id = %self.id, "stopped");
    }

    /// Claims from one queue as long as there is room: for the free places, and some ahead where jobs are short.
    async fn serve(self: Arc<Self>, queue: Arc<Queue>, stopping: CancellationToken) {
        let mut running = JoinSet::new();
        while !stopping.is_cancelled() {
            while running.try_join_next().is_some() {}
            let ahead = queue.pace.ahead(queue.concurrency);
            let running_now = u32::try_from(running.len()).unwrap_or(u32::MAX);
            let room = (queue.concurrency + ahead).saturating_sub(running_now);
            // Half of what lies ahead at once, rather than one claim for each job that ends.
            if room < 1 + ahead / 2 {
                stopping.run_until_cancelled(running.join_next()).await;
                continue;
            }
            let request = ClaimRequest {
                worker: self.id.clone(),
                queues: vec![queue.name.clone()],
                limit: room.min(MOST_AT_ONCE),
                lease: LEASE,
            };
            match self.parts.backplane.claim(&request, PATIENCE).await {
                Ok(jobs) => {
                    for job in jobs {
                        running.spawn(Arc::clone(&self).attempt(job, Arc::clone(&queue), stopping.clone()));
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "no job could be claimed; trying again");
                    stopping.run_until_cancelled(tokio::time::sleep(AFTER_A_FAILURE)).await;
                }
            }
        }
        running.join_all().await;
    }

    /// Runs one attempt, holding its lease until its ending is written.
    async fn attempt(self: Arc<Self>, job: ClaimedJob, queue: Arc<Queue>, stopping: CancellationToken) {
        let lease_lost = CancellationToken::new();
        let lease = job.lease.clone();
        self.held().insert(lease.clone(), lease_lost.clone());
        let context = JobContext {
            parts: self.parts.clone(),
            lease: lease.clone(),
            attempt: job.attempt,
            stopping: stopping.clone(),
            lease_lost,
        };
        let ending = match stopping.run_until_cancelled(queue.slots.acquire()).await {
            Some(Ok(_slot)) => {
                let began = Instant::now();
                let ending = runner::run(&self.registry, job, &context).await;
                queue.pace.note(began.elapsed());
                ending
            }
            // It had not begun when the worker was told to stop.
            _ => Some(Ending { lease: lease.clone(), outcome: Outcome::HandedBack }),
        };
        if let Some(ending) = ending {
            queue.endings.write(ending).await;
        }
        self.held().remove(&lease);
    }

    /// Renews all leases three times as often as they run out.
    async fn keep_leases(self: Arc<Self>, until: CancellationToken) {
        let mut ticks = tokio::time::interval(LEASE / 3);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while until.run_until_cancelled(ticks.tick()).await.is_some() {
            let leases: Vec<Lease> = self.held().keys().cloned().collect();
            let status = if leases.is_empty() { WorkerStatus::Idle } else { WorkerStatus::Active };
            let heartbeat = Heartbeat { worker: &self.id, status, leases: &leases, lease: LEASE };
            match self.parts.backplane.heartbeat(heartbeat).await {
                Ok(directives) => {
                    for directive in directives {
                        let (Directive::Lost(lease) | Directive::Cancel(lease)) = directive;
                        if let Some(lease_lost) = self.held().get(&lease) {
                            lease_lost.cancel();
                        }
                    }
                }
                Err(error) => tracing::error!(%error, "leases could not be renewed"),
            }
        }
    }

    fn profile(&self) -> WorkerProfile {
        let shares = self
            .config
            .queues
            .iter()
            .map(|(queue_name, concurrency)| WorkerShare { queue_name: queue_name.clone(), concurrency: *concurrency });
        WorkerProfile {
            worker: self.id.clone(),
            name: self.config.name.clone(),
            host: String::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            queues: shares.collect(),
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<Lease, CancellationToken>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
