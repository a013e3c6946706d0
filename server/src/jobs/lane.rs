//! One queue of a worker: claims its jobs, runs them, and hands their ends in for the next ones.
//!
//! Whoever has work exchanges: the ends of what is done for what comes next, in one call, by the hundred where jobs are short. Whoever
//! has none waits in a claim. While the engine is away the ends are kept and tried again, so that a moment costs no finished work.

use std::{collections::HashMap, sync::Arc, time::Duration};

use app::domain::QueueName;
use tokio::{
    sync::Semaphore,
    task::{Id, JoinError, JoinHandle, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{JobContext, Worker, context::Signals, pace::Pace, runner};
use crate::backplane::{
    Backplane, BackplaneError, ClaimRequest, ClaimedJob, Ending, Exchange, Finished, Lease, Outcome,
};

/// How long one claim waits for work. A claim is never dropped half-way, for that would leave its jobs to the rescue; so this is
/// also how long an idle worker takes to stop.
const PATIENCE: Duration = Duration::from_secs(1);
/// Jobs of one claim, and endings of one call.
const MOST_AT_ONCE: u32 = 500;
/// How long to wait after the engine failed.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);
/// How long endings are tried again while the engine is away. Later their leases have run out for sure, and others have the jobs.
const KEPT: Duration = Duration::from_secs(15);
/// How long to wait between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// An attempt that ended; without an ending when somebody else has the job by now.
struct Ended {
    lease: Lease,
    ending: Option<Ending>,
}

/// A claim that waits for work, on a task of its own: it may hold the one writer of a database, and must go on while an exchange
/// waits for that.
type Claim = JoinHandle<Result<Vec<ClaimedJob>, BackplaneError>>;

/// A queue that a worker takes jobs from.
pub(super) struct Lane {
    worker: Arc<Worker>,
    queue: QueueName,
    concurrency: u32,
    /// Places for jobs that run.
    places: Arc<Semaphore>,
    pace: Arc<Pace>,
    running: JoinSet<Ended>,
    /// Which task has which lease, for the one that breaks.
    leases: HashMap<Id, Lease>,
    /// A claim that waits for work.
    claim: Option<Claim>,
}

impl Lane {
    pub(super) fn new(worker: Arc<Worker>, queue: QueueName, concurrency: u32) -> Self {
        Self {
            worker,
            queue,
            concurrency,
            places: Arc::new(Semaphore::new(concurrency as usize)),
            pace: Arc::default(),
            running: JoinSet::new(),
            leases: HashMap::new(),
            claim: None,
        }
    }

    /// Works until `closing` is cancelled, and then until what runs has ended.
    pub(super) async fn serve(mut self, closing: CancellationToken) {
        while !closing.is_cancelled() || self.claim.is_some() || !self.running.is_empty() {
            if self.claim.is_none() && !closing.is_cancelled() {
                self.claim = self.room().map(|room| self.wait_for(room));
            }
            tokio::select! {
                claimed = waited(&mut self.claim) => {
                    self.claim = None;
                    self.begin_or_pause(claimed, &closing).await;
                }
                Some(ended) = self.running.join_next_with_id() => self.exchange(ended, &closing).await,
                () = closing.cancelled(), if !closing.is_cancelled() => {}
            }
        }
    }

    /// Jobs that there is room for: for the free places, and some ahead where jobs are short. `None` when it is not worth a call: half
    /// of what may lie ahead at once, rather than one claim for each job that ends.
    fn room(&self) -> Option<u32> {
        let ahead = self.pace.ahead(self.concurrency);
        let running = u32::try_from(self.running.len()).unwrap_or(u32::MAX);
        let room = (self.concurrency + ahead).saturating_sub(running);
        (room > ahead / 2).then_some(room.min(MOST_AT_ONCE))
    }

    fn request(&self, limit: u32) -> ClaimRequest {
        ClaimRequest { worker: self.worker.id().clone(), queues: vec![self.queue.clone()], limit, lease: super::LEASE }
    }

    fn wait_for(&self, limit: u32) -> Claim {
        let (request, backplane) = (self.request(limit), Arc::clone(&self.worker.parts().backplane));
        tokio::spawn(async move { backplane.claim(&request, PATIENCE).await })
    }

    async fn begin_or_pause(&mut self, claimed: Result<Vec<ClaimedJob>, BackplaneError>, closing: &CancellationToken) {
        match claimed {
            Ok(jobs) => self.begin(jobs),
            Err(error) => {
                tracing::error!(queue = %self.queue, %error, "no job could be claimed; trying again");
                closing.run_until_cancelled(tokio::time::sleep(AFTER_A_FAILURE)).await;
            }
        }
    }

    fn begin(&mut self, jobs: Vec<ClaimedJob>) {
        for job in jobs {
            let lease = job.lease.clone();
            let signals = self.worker.hold(&lease);
            let (worker, places, pace) = (Arc::clone(&self.worker), Arc::clone(&self.places), Arc::clone(&self.pace));
            let task = self.running.spawn(attempt(worker, job, signals, places, pace));
            self.leases.insert(task.id(), lease);
        }
    }

    /// Hands in the end of an attempt, and those that came meanwhile, for new jobs where there is room and nobody waits for them already.
    async fn exchange(&mut self, first: Result<(Id, Ended), JoinError>, closing: &CancellationToken) {
        let mut ended = Vec::new();
        let mut next = Some(first);
        while let Some(joined) = next {
            ended.extend(self.joined(joined));
            let is_full = ended.len() >= MOST_AT_ONCE as usize;
            next = if is_full { None } else { self.running.try_join_next_with_id() };
        }
        let leases: Vec<Lease> = ended.iter().map(|ended| ended.lease.clone()).collect();
        let endings: Vec<Ending> = ended.into_iter().filter_map(|ended| ended.ending).collect();
        let may_claim = self.claim.is_none() && !closing.is_cancelled();
        let request = self.room().filter(|_| may_claim).map(|room| self.request(room));
        if !endings.is_empty() {
            let backplane = Arc::clone(&self.worker.parts().backplane);
            let claimed = hand_in(&*backplane, endings, request.as_ref()).await;
            self.begin(claimed);
        }
        self.worker.let_go(&leases);
    }

    /// The end of a task. A job that panics is an error of that job; a task that breaks otherwise leaves its job to the rescue.
    fn joined(&mut self, joined: Result<(Id, Ended), JoinError>) -> Option<Ended> {
        match joined {
            Ok((id, ended)) => {
                self.leases.remove(&id);
                Some(ended)
            }
            Err(error) => {
                tracing::error!(%error, "the task of an attempt broke");
                self.leases.remove(&error.id()).map(|lease| Ended { lease, ending: None })
            }
        }
    }
}

/// What a claim brings; nothing ever where there is none.
async fn waited(claim: &mut Option<Claim>) -> Result<Vec<ClaimedJob>, BackplaneError> {
    match claim {
        Some(claim) => claim.await.unwrap_or_else(|broken| {
            tracing::error!(error = %broken, "the task of a claim broke; what it took comes back with its lease");
            Ok(Vec::new())
        }),
        None => std::future::pending().await,
    }
}

/// Hands endings in until somebody takes them. Trying again is harmless: what was written although the answer got lost is refused the second time, and jobs that were claimed
/// for nobody come back with their leases.
async fn hand_in(backplane: &dyn Backplane, endings: Vec<Ending>, claim: Option<&ClaimRequest>) -> Vec<ClaimedJob> {
    let give_up = Instant::now() + KEPT;
    loop {
        match backplane.exchange(endings.clone(), claim).await {
            Ok(Exchange { finished, claimed }) => {
                tell_of_refused(&endings, &finished);
                return claimed;
            }
            Err(error) if Instant::now() < give_up => {
                tracing::warn!(%error, endings = endings.len(), "endings could not be written; trying again");
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            Err(error) => {
                tracing::error!(%error, endings = endings.len(), "endings could not be written; the jobs will be run again");
                return Vec::new();
            }
        }
    }
}

/// Runs one attempt, once there is a place for it.
async fn attempt(
    worker: Arc<Worker>,
    job: ClaimedJob,
    signals: Signals,
    places: Arc<Semaphore>,
    pace: Arc<Pace>,
) -> Ended {
    let lease = job.lease.clone();
    let context = JobContext { parts: worker.parts().clone(), lease: lease.clone(), attempt: job.attempt, signals };
    let ending = tokio::select! {
        biased;
        // It had not begun when it was told to stop.
        () = context.signals.raised() => match context.check() {
            Err(super::JobError::LeaseLost) => None,
            Err(super::JobError::Cancelled) => Some(Outcome::Cancelled),
            _ => Some(Outcome::HandedBack),
        }
        .map(|outcome| Ending { lease: lease.clone(), outcome }),
        _place = places.acquire() => {
            let began = Instant::now();
            let ending = runner::run(worker.registry(), job, &context).await;
            pace.note(began.elapsed());
            ending
        }
    };
    Ended { lease, ending }
}

fn tell_of_refused(endings: &[Ending], finished: &[Finished]) {
    for (ending, finished) in endings.iter().zip(finished) {
        if *finished == Finished::Refused {
            tracing::warn!(job_id = %ending.lease.job_id, "a late result was refused: the lease had been lost");
        }
    }
}
