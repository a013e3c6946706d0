//! One queue of a worker: claims its jobs, runs them, and hands their ends in for the next ones.
//!
//! Whoever has work exchanges: the ends of what is done for what comes next, in one call, by the hundred where jobs are short. Several
//! exchanges may be under way: while the engine deals with them, the next ends gather. Whoever has no work waits in a claim.
//!
//! Every call is a task of its own. One that holds the only writer of a database, or the answer with its jobs, has to go on whatever the
//! others wait for; and a job's lease is kept from the moment that it was claimed.

use std::{collections::HashMap, sync::Arc, time::Duration};

use app::domain::QueueName;
use tokio::{
    sync::Semaphore,
    task::{Id, JoinError, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    Worker,
    attempt::{self, Ended},
    context::Signals,
    pace::Pace,
};
use crate::backplane::{BackplaneError, ClaimRequest, ClaimedJob, Ending, Exchange, Finished, Lease};

/// How long one claim waits for work. A claim is never dropped half-way, for that would leave its jobs to the rescue; so this is
/// also how long an idle worker takes to stop.
const PATIENCE: Duration = Duration::from_secs(1);
/// Jobs of one claim, and endings of one call: few enough that calls of about the same length overlap, and neither side waits for the other.
const MOST_AT_ONCE: u32 = 400;
/// Exchanges at the same time, and the ends that are worth another one beside those under way.
const EXCHANGES: usize = 3;
const WORTH_ANOTHER: usize = 200;
/// How long to wait after the engine failed.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);
/// The longest that one try of an exchange may take: a line to the engine can die without a word.
const ANSWER: Duration = Duration::from_secs(10);
/// How long endings are tried again while the engine is away. Later their leases have run out for sure, and others have the jobs.
const KEPT: Duration = Duration::from_secs(15);
/// How long to wait between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// A job, and how its attempt learns that it has to stop.
type Held = (ClaimedJob, Signals);

/// A call that is under way.
enum Call {
    /// One that waits for work, and the jobs that it asks for.
    Claim { asked: u32 },
    /// One that hands in the ends of attempts, and the jobs that it asks for.
    Exchange { asked: u32, leases: Vec<Lease> },
}

impl Call {
    const fn asked(&self) -> u32 {
        match self {
            Self::Claim { asked } | Self::Exchange { asked, .. } => *asked,
        }
    }
}

/// What a call gave.
#[derive(Default)]
struct Called {
    jobs: Vec<Held>,
    /// Whether to pause before the next claim.
    has_failed: bool,
}

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
    /// Attempts whose end nobody was told of yet.
    ended: Vec<Ended>,
    calls: JoinSet<Called>,
    /// Which task makes which call.
    under_way: HashMap<Id, Call>,
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
            ended: Vec::new(),
            calls: JoinSet::new(),
            under_way: HashMap::new(),
        }
    }

    /// Works until `closing` is cancelled, and then until what runs has ended and all ends are handed in.
    pub(super) async fn serve(mut self, closing: CancellationToken) {
        loop {
            let is_closing = closing.is_cancelled();
            self.exchange(is_closing);
            if !is_closing {
                self.wait_for_work();
            } else if self.running.is_empty() && self.calls.is_empty() && self.ended.is_empty() {
                return;
            }
            tokio::select! {
                Some(called) = self.calls.join_next_with_id() => self.take(called, &closing).await,
                Some(ended) = self.running.join_next_with_id() => self.gather(ended),
                () = closing.cancelled(), if !is_closing => {}
            }
        }
    }

    /// Jobs that there is room for: for the free places, and some ahead where jobs are short. `None` when it is not worth a call: half
    /// of what may lie ahead at once, rather than one claim for each job that ends.
    fn room(&self) -> Option<u32> {
        let ahead = self.pace.ahead(self.concurrency);
        let running = u32::try_from(self.running.len()).unwrap_or(u32::MAX);
        let asked: u32 = self.under_way.values().map(Call::asked).sum();
        let room = (self.concurrency + ahead).saturating_sub(running.saturating_add(asked));
        (room > ahead / 2).then_some(room.min(MOST_AT_ONCE))
    }

    fn request(&self, limit: u32) -> ClaimRequest {
        ClaimRequest { worker: self.worker.id().clone(), queues: vec![self.queue.clone()], limit, lease: super::LEASE }
    }

    /// Begins a claim that waits, if no other call brings jobs and there is room.
    fn wait_for_work(&mut self) {
        if !self.under_way.is_empty() {
            return;
        }
        let Some(asked) = self.room() else { return };
        let task = self.calls.spawn(claim(Arc::clone(&self.worker), self.request(asked)));
        self.under_way.insert(task.id(), Call::Claim { asked });
    }

    /// Hands in what has ended, if it is worth a call, for new jobs where there is room and nobody waits for them already.
    fn exchange(&mut self, is_closing: bool) {
        let claims = self.under_way.values().filter(|call| matches!(call, Call::Claim { .. })).count();
        let exchanges = self.under_way.len() - claims;
        let enough = if exchanges == 0 { 1 } else { WORTH_ANOTHER };
        if exchanges == EXCHANGES || self.ended.len() < enough {
            return;
        }
        let most = self.ended.len().min(MOST_AT_ONCE as usize);
        let ended: Vec<Ended> = self.ended.drain(..most).collect();
        let leases = ended.iter().map(|ended| ended.lease.clone()).collect();
        let room = self.room().filter(|_| !is_closing && claims == 0);
        let task = self.calls.spawn(exchange(Arc::clone(&self.worker), ended, room.map(|room| self.request(room))));
        self.under_way.insert(task.id(), Call::Exchange { asked: room.unwrap_or_default(), leases });
    }

    /// Takes in what a call gave, and lets go of what it handed in. Of one whose task broke nothing is known: what it took or handed in comes
    /// back with its leases.
    async fn take(&mut self, called: Result<(Id, Called), JoinError>, closing: &CancellationToken) {
        let (id, called) = called.unwrap_or_else(|error| {
            tracing::error!(queue = %self.queue, %error, "the task of a call to the engine broke");
            (error.id(), Called { has_failed: true, ..Called::default() })
        });
        if let Some(Call::Exchange { leases, .. }) = self.under_way.remove(&id) {
            self.worker.let_go(&leases);
        }
        for (job, signals) in called.jobs {
            let lease = job.lease.clone();
            let (places, pace) = (Arc::clone(&self.places), Arc::clone(&self.pace));
            let task = self.running.spawn(attempt::make(Arc::clone(&self.worker), job, signals, places, pace));
            self.leases.insert(task.id(), lease);
        }
        // They begin before more are asked for, and before anything is said of them.
        tokio::task::yield_now().await;
        self.worker.note_jobs();
        if called.has_failed {
            closing.run_until_cancelled(tokio::time::sleep(AFTER_A_FAILURE)).await;
        }
    }

    /// Takes in the end of an attempt, and those that came with it.
    fn gather(&mut self, first: Result<(Id, Ended), JoinError>) {
        let mut next = Some(first);
        while let Some(joined) = next {
            let ended = self.joined(joined);
            self.ended.extend(ended);
            next = self.running.try_join_next_with_id();
        }
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
                self.leases.remove(&error.id()).map(|lease| Ended { lease, outcome: None })
            }
        }
    }
}

/// Waits for work.
async fn claim(worker: Arc<Worker>, request: ClaimRequest) -> Called {
    let (jobs, has_failed) = match worker.parts().backplane.claim(&request, PATIENCE).await {
        Ok(jobs) => (worker.hold(jobs), false),
        Err(error) => {
            tracing::error!(%error, "no job could be claimed; trying again");
            (Vec::new(), true)
        }
    };
    Called { jobs, has_failed }
}

/// Hands ends in until somebody takes them. Trying again is harmless: what was written although the answer got lost is refused the
/// second time. Jobs that were claimed by a call whose answer got lost come back with their leases, so only the first try claims.
async fn exchange(worker: Arc<Worker>, ended: Vec<Ended>, claim: Option<ClaimRequest>) -> Called {
    let ending = |ended: Ended| ended.outcome.map(|outcome| Ending { lease: ended.lease, outcome });
    let endings: Vec<Ending> = ended.into_iter().filter_map(ending).collect();
    let mut called = Called::default();
    let give_up = Instant::now() + KEPT;
    let mut request = claim.as_ref();
    while !endings.is_empty() {
        match exchange_once(&worker, &endings, request).await {
            Ok(Exchange { finished, claimed }) => {
                tell_of_refused(&endings, &finished);
                called.jobs = worker.hold(claimed);
                break;
            }
            Err(problem) if Instant::now() < give_up => {
                tracing::warn!(problem, endings = endings.len(), "endings could not be written; trying again");
                request = None;
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            Err(problem) => {
                tracing::error!(
                    problem,
                    endings = endings.len(),
                    "endings could not be written; the jobs will be run again"
                );
                break;
            }
        }
    }
    called
}

async fn exchange_once(worker: &Worker, endings: &[Ending], claim: Option<&ClaimRequest>) -> Result<Exchange, String> {
    let exchange = worker.parts().backplane.exchange(endings.to_vec(), claim);
    match tokio::time::timeout(ANSWER, exchange).await {
        Ok(answered) => answered.map_err(|error: BackplaneError| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", ANSWER.as_secs())),
    }
}

fn tell_of_refused(endings: &[Ending], finished: &[Finished]) {
    for (ending, finished) in endings.iter().zip(finished) {
        if *finished == Finished::Refused {
            tracing::warn!(job_id = %ending.lease.job_id, "a late result was refused: the lease had been lost");
        }
    }
}
