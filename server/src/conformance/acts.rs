//! What rules do, in a word each.

use std::time::Duration;

use app::{
    domain::{JobState, WorkerId, WorkerShare, WorkerStatus},
    events::{Cursor, Event, NoticeLevel, SystemNotification},
};
use serde_json::{Map, json};

use crate::backplane::{
    Backplane, ClaimRequest, ClaimedJob, Directive, Ending, Finished, Heartbeat, Lease, NewJob, Outcome, ReadLog,
    WorkerProfile,
};

pub(crate) const QUEUE: &str = "conformance";
pub(crate) const LEASE: Duration = Duration::from_mins(1);
/// How long a test waits for what has to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn worker(name: &str) -> WorkerId {
    name.into()
}

pub(crate) fn profile(name: &str) -> WorkerProfile {
    let share = WorkerShare { queue_name: QUEUE.into(), concurrency: 10 };
    WorkerProfile {
        worker: worker(name),
        name: name.to_owned(),
        host: "here".to_owned(),
        version: "0".to_owned(),
        queues: vec![share],
    }
}

/// Renews leases; returns what has to be done.
pub(crate) async fn heartbeat(backplane: &dyn Backplane, name: &str, leases: &[Lease]) -> Vec<Directive> {
    let (worker, status) = (&worker(name), WorkerStatus::Active);
    backplane.heartbeat(Heartbeat { worker, status, leases, lease: LEASE }).await.expect("answered")
}

pub(crate) fn new_job(id: &str) -> NewJob {
    NewJob {
        job_id: id.into(),
        queue_name: QUEUE.into(),
        job_name: "test".to_owned(),
        data: json!({ "for": id }),
        public: Map::new(),
        priority: 0,
        delay: Duration::ZERO,
        max_attempts: 5,
        max_stalls: 3,
        unique_key: None,
        unique_for: None,
        concurrency_key: None,
    }
}

pub(crate) fn request(worker: &WorkerId, lease: Duration) -> ClaimRequest {
    ClaimRequest { worker: worker.clone(), queues: vec![QUEUE.into()], limit: 10, lease }
}

/// Claims all that is there, without waiting.
pub(crate) async fn claim_all(backplane: &dyn Backplane, worker: &WorkerId, lease: Duration) -> Vec<ClaimedJob> {
    backplane.claim(&request(worker, lease), Duration::ZERO).await.expect("claimed")
}

/// Claims the only job that is there.
pub(crate) async fn claim_one(backplane: &dyn Backplane, worker: &WorkerId, lease: Duration) -> ClaimedJob {
    let mut jobs = claim_all(backplane, worker, lease).await;
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    jobs.remove(0)
}

/// An end of a job's attempt.
pub(crate) fn ending(job: &ClaimedJob, outcome: Outcome) -> Ending {
    Ending { lease: job.lease.clone(), outcome }
}

/// Ends an attempt.
pub(crate) async fn finish(backplane: &dyn Backplane, job: &ClaimedJob, outcome: Outcome) -> Finished {
    backplane.finish(vec![ending(job, outcome)]).await.expect("answered")[0]
}

/// Claims with a lease that has run out already, and lets the engine find out.
pub(super) async fn stall(backplane: &dyn Backplane, before: impl AsyncFnOnce(&ClaimedJob)) {
    let job = claim_one(backplane, &worker("w"), Duration::ZERO).await;
    before(&job).await;
    loop {
        let round = backplane.maintain().await.expect("kept");
        if round.rescued + round.dead_lettered > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// The state of a job.
pub(crate) async fn state(backplane: &dyn Backplane, id: &str) -> Option<JobState> {
    backplane.job_state(&id.into()).await.expect("answered")
}

/// All events after a place, up to now: the end of what is there is marked, and read up to.
pub(crate) async fn events_after(backplane: &dyn Backplane, place: &Cursor) -> Vec<Event> {
    let mark = Event::SystemNotification(SystemNotification { level: NoticeLevel::Info, message: "now".to_owned() });
    let end = backplane.append(vec![mark]).await.expect("appended");
    let (mut events, mut place) = (Vec::new(), place.clone());
    loop {
        let read = tokio::time::timeout(PATIENCE, backplane.tail(&place, 1_000)).await.expect("in time");
        let ReadLog::Events(entries) = read.expect("readable") else { panic!("the place is gone") };
        for entry in entries {
            place = entry.envelope.cursor;
            if place == end {
                return events;
            }
            events.push(entry.envelope.stamped.event);
        }
    }
}
