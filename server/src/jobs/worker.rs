//! A worker: presents itself, serves its queues, keeps its leases, and stops gracefully.
//!
//! Leases are renewed by a task of their own, so that a busy job can't starve it. Whoever loses a lease is told, and its late
//! result is refused by the engine whether it was told or not.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::domain::{QueueName, WorkerId, WorkerShare, WorkerStatus};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::{
    Registry,
    context::{Parts, Signals},
    house,
    lane::Lane,
};
use crate::backplane::{ClaimedJob, Directive, Heartbeat, Lease, WorkerProfile};

/// How long a lease holds without a heartbeat.
pub const LEASE: Duration = Duration::from_secs(10);
/// How often a worker presents itself again: an engine may have forgotten it.
const PRESENTING: Duration = Duration::from_secs(30);
/// The least time between two signs of life that are only given because there are jobs now, or none any more.
const TURNING: Duration = Duration::from_millis(1_050);
/// How long to wait after the engine failed.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// What a worker takes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerConfig {
    /// Its name; a UUID of this boot is added, so that a restart under the same name works at once.
    pub name: String,
    /// The machine that it runs on, for lists.
    pub host: String,
    /// Queues, and how many jobs of each at the same time.
    pub queues: Vec<(QueueName, u32)>,
    /// How long jobs that run may go on when the worker is told to stop. What has not ended by then is handed back.
    pub drain: Duration,
}

/// A worker of this process.
pub struct Worker {
    id: WorkerId,
    config: WorkerConfig,
    registry: Registry,
    parts: Parts,
    held: Mutex<HashMap<Lease, Signals>>,
    /// Whether it has jobs.
    is_busy: watch::Sender<bool>,
    /// Cancelled when jobs have to stop.
    drained: CancellationToken,
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
            is_busy: watch::Sender::new(false),
            drained: CancellationToken::new(),
        })
    }

    /// Works until `closing` is cancelled, and then until its running jobs have come to an end, or to a stop when the time for draining
    /// is over.
    pub async fn run(self: Arc<Self>, closing: CancellationToken) {
        while let Err(error) = self.parts.backplane.join(&self.profile()).await {
            tracing::error!(%error, "the worker can't join; trying again");
            if closing.run_until_cancelled(tokio::time::sleep(AFTER_A_FAILURE)).await.is_none() {
                return;
            }
        }
        tracing::info!(worker_id = %self.id, queues = ?self.config.queues, "working");
        // Leases are kept until the last job has ended, so longer than claims are made.
        let ended = CancellationToken::new();
        let keeping = tokio::spawn(Arc::clone(&self).keep_leases(closing.clone(), ended.clone()));
        let house = tokio::spawn(house::keep(self.parts.clone(), ended.clone()));
        let draining = tokio::spawn(Arc::clone(&self).drain(closing.clone()));

        let mut lanes = JoinSet::new();
        for (queue, concurrency) in self.config.queues.clone() {
            lanes.spawn(Lane::new(Arc::clone(&self), queue, concurrency).serve(closing.clone()));
        }
        lanes.join_all().await;
        ended.cancel();
        draining.abort();
        for task in [keeping, house] {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the worker broke");
            }
        }
        if let Err(error) = self.parts.backplane.leave(&self.id).await {
            tracing::warn!(%error, "the worker could not leave; it will be seen as gone for a while");
        }
        tracing::info!(worker_id = %self.id, "stopped");
    }

    pub(super) const fn id(&self) -> &WorkerId {
        &self.id
    }

    pub(super) const fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(super) const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Keeps the leases of jobs from now on; returns with each how its holder learns that it has to stop.
    pub(super) fn hold(&self, jobs: Vec<ClaimedJob>) -> Vec<(ClaimedJob, Signals)> {
        let mut held = self.held();
        let with_signals = |job: ClaimedJob| {
            let signals = Signals { stopping: self.drained.clone(), ..Signals::default() };
            held.insert(job.lease.clone(), signals.clone());
            (job, signals)
        };
        jobs.into_iter().map(with_signals).collect()
    }

    /// Lets the worker say that it has jobs now: once they have begun, for whoever says it would be in their way.
    pub(super) fn note_jobs(&self) {
        self.note_load(&self.held());
    }

    /// Keeps leases no longer.
    pub(super) fn let_go(&self, leases: &[Lease]) {
        let mut held = self.held();
        for lease in leases {
            held.remove(lease);
        }
        self.note_load(&held);
    }

    fn note_load(&self, held: &HashMap<Lease, Signals>) {
        self.is_busy.send_if_modified(|is_busy| std::mem::replace(is_busy, !held.is_empty()) == held.is_empty());
    }

    async fn drain(self: Arc<Self>, closing: CancellationToken) {
        closing.cancelled().await;
        tokio::time::sleep(self.config.drain).await;
        self.drained.cancel();
    }

    /// Renews all leases three times as often as they run out, and sooner when something was asked of this worker, or when it has something
    /// to tell of itself.
    async fn keep_leases(self: Arc<Self>, closing: CancellationToken, until: CancellationToken) {
        let mut ticks = tokio::time::interval(LEASE / 3);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut presented = Instant::now();
        // What it said for sure, and when it spoke last.
        let (mut was_busy, mut said, mut was_closing) = (false, Instant::now(), false);
        loop {
            tokio::select! {
                () = until.cancelled() => return,
                _ = ticks.tick() => {}
                () = self.parts.backplane.summons(&self.id) => {}
                () = self.turns(was_busy, said) => {}
                () = closing.cancelled(), if !was_closing => {}
            }
            was_closing = closing.is_cancelled();
            // Said sooner, it may not be told: then it is said again.
            if said.elapsed() >= TURNING {
                was_busy = *self.is_busy.borrow();
            }
            said = Instant::now();
            if presented.elapsed() > PRESENTING {
                presented = Instant::now();
                match tokio::time::timeout(LEASE / 3, self.parts.backplane.join(&self.profile())).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::warn!(%error, "the worker can't present itself again"),
                    Err(_) => tracing::warn!("the worker can't present itself again: the engine does not answer"),
                }
            }
            self.beat(&closing).await;
        }
    }

    /// Waits until it has jobs where it had none, or the other way round, and may say so.
    async fn turns(&self, was_busy: bool, said: Instant) {
        let mut is_busy = self.is_busy.subscribe();
        loop {
            // The sender lives in this very value, so it can't be gone.
            let _ = is_busy.wait_for(|is_busy| *is_busy != was_busy).await;
            tokio::time::sleep_until(said + TURNING).await;
            if *is_busy.borrow() != was_busy {
                return;
            }
        }
    }

    async fn beat(&self, closing: &CancellationToken) {
        let leases: Vec<Lease> = self.held().keys().cloned().collect();
        let status = match (closing.is_cancelled(), leases.is_empty()) {
            (true, _) => WorkerStatus::Stopping,
            (false, true) => WorkerStatus::Idle,
            (false, false) => WorkerStatus::Active,
        };
        let heartbeat = Heartbeat { worker: &self.id, status, leases: &leases, lease: LEASE };
        // A line to the engine can die without a word: another one may be alive.
        match tokio::time::timeout(LEASE / 3, self.parts.backplane.heartbeat(heartbeat)).await {
            Ok(Ok(directives)) => directives.iter().for_each(|directive| self.obey(directive)),
            Ok(Err(error)) => tracing::error!(%error, "leases could not be renewed"),
            Err(_) => tracing::error!("leases could not be renewed: the engine does not answer"),
        }
    }

    fn obey(&self, directive: &Directive) {
        let held = self.held();
        match directive {
            Directive::Lost(lease) => {
                if let Some(signals) = held.get(lease) {
                    signals.lease_lost.cancel();
                }
            }
            Directive::Cancel(lease) => {
                if let Some(signals) = held.get(lease) {
                    signals.cancelled.cancel();
                }
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
            host: self.config.host.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            queues: shares.collect(),
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Lease, Signals>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
