//! Workers, as they present themselves.

use std::time::Duration;

use app::{
    domain::{JobId, Worker, WorkerStatus},
    events::{Cursor, Event, WorkerStatusUpdate},
};
use tokio::time::{Instant, timeout};

use super::{Engine, LEASE, PATIENCE, QUEUE, claim_all, heartbeat, new_job, profile, worker};
use crate::backplane::{Backplane, Heartbeat, Lease, ReadLog};

async fn listed(backplane: &dyn Backplane) -> Vec<Worker> {
    backplane.workers().await.expect("answered")
}

pub(super) async fn a_worker_is_listed_with_what_it_takes_and_holds(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.join(&profile("w")).await.expect("joined");
    backplane.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");
    let leases: Vec<Lease> = claim_all(backplane, &worker("w"), LEASE).await.into_iter().map(|job| job.lease).collect();
    heartbeat(backplane, "w", &leases).await;

    let workers = listed(&*engine.another_process().await).await;

    assert_eq!(workers.len(), 1);
    let seen = &workers[0];
    assert_eq!((&seen.worker_id, seen.name.as_str(), seen.host.as_str()), (&worker("w"), "w", "here"));
    assert_eq!((seen.version.as_str(), seen.status), ("0", WorkerStatus::Active));
    assert_eq!((seen.queues[0].queue_name.as_str(), seen.queues[0].concurrency), (QUEUE, 10));
    assert_eq!((seen.concurrency, seen.current_jobs), (10, 2));
    let mut jobs: Vec<&str> = seen.jobs.iter().map(JobId::as_str).collect();
    jobs.sort_unstable();
    assert_eq!(jobs, ["a", "b"]);
    assert!(seen.started_at <= seen.last_heartbeat_at);
}

pub(super) async fn a_worker_tells_what_it_is_at(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.join(&profile("w")).await.expect("joined");
    assert_eq!(listed(backplane).await[0].status, WorkerStatus::Idle);

    let (worker, status) = (&worker("w"), WorkerStatus::Stopping);
    backplane.heartbeat(Heartbeat { worker, status, leases: &[], lease: LEASE }).await.expect("answered");

    assert_eq!(listed(backplane).await[0].status, WorkerStatus::Stopping);
    assert_eq!(listed(backplane).await[0].current_jobs, 0);
}

pub(super) async fn a_worker_that_left_is_not_listed(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.join(&profile("one")).await.expect("joined");
    backplane.join(&profile("two")).await.expect("joined");

    backplane.leave(&worker("one")).await.expect("left");

    let names: Vec<String> = listed(backplane).await.into_iter().map(|worker| worker.name).collect();
    assert_eq!(names, ["two"]);
}

pub(super) async fn a_heartbeat_of_a_worker_that_is_not_known_does_no_harm(engine: Engine) {
    assert_eq!(heartbeat(&*engine.backplane, "nobody", &[]).await, []);
}

/// What was told of a worker since a place: each status, with the number of jobs.
async fn told(backplane: &dyn Backplane, place: &Cursor) -> Vec<(WorkerStatus, u32)> {
    let update = |event| match event {
        Event::WorkerStatus(update) => {
            let WorkerStatusUpdate { worker_id, status, current_jobs, concurrency, host } = update;
            assert_eq!((worker_id, concurrency, host.as_str()), (worker("w"), 10, "here"));
            Some((status, current_jobs))
        }
        _ => None,
    };
    let ReadLog::Events(entries) = backplane.read(place, 1_000).await.expect("readable") else { panic!("gone") };
    entries.into_iter().map(|entry| entry.envelope.stamped.event).filter_map(update).collect()
}

async fn beat(backplane: &dyn Backplane, status: WorkerStatus, leases: &[Lease]) {
    backplane.heartbeat(Heartbeat { worker: &worker("w"), status, leases, lease: LEASE }).await.expect("answered");
}

pub(super) async fn a_worker_is_told_of_when_it_joins_stops_and_leaves(engine: Engine) {
    let backplane = &*engine.backplane;
    let start = backplane.head().await.expect("an end");

    backplane.join(&profile("w")).await.expect("joined");
    backplane.join(&profile("w")).await.expect("joined again");
    beat(backplane, WorkerStatus::Idle, &[]).await;
    beat(backplane, WorkerStatus::Stopping, &[]).await;
    backplane.leave(&worker("w")).await.expect("left");
    backplane.leave(&worker("w")).await.expect("left again");

    let expected = [(WorkerStatus::Idle, 0), (WorkerStatus::Stopping, 0), (WorkerStatus::Gone, 0)];
    assert_eq!(told(backplane, &start).await, expected);
}

pub(super) async fn how_busy_a_worker_is_is_told_once_a_second_and_the_last_of_it_always(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");
    let start = backplane.head().await.expect("an end");
    backplane.join(&profile("w")).await.expect("joined");
    let leases: Vec<Lease> = claim_all(backplane, &worker("w"), LEASE).await.into_iter().map(|job| job.lease).collect();

    let began = Instant::now();
    let mut last = Vec::new();
    while last.len() < 3 && began.elapsed() < PATIENCE {
        beat(backplane, WorkerStatus::Active, &leases[..1]).await;
        beat(backplane, WorkerStatus::Active, &leases).await;
        last = told(backplane, &start).await;
    }

    assert!(began.elapsed() >= Duration::from_millis(1_900), "{:?}", began.elapsed());
    assert_eq!(last[0], (WorkerStatus::Idle, 0));
    assert!(last[1..].iter().all(|(status, _)| *status == WorkerStatus::Active), "{last:?}");
    // What is so in the end is told, however short before something else was.
    let waiting = async {
        while told(backplane, &start).await.last() != Some(&(WorkerStatus::Idle, 0)) {
            beat(backplane, WorkerStatus::Idle, &[]).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("told");
}

pub(super) async fn a_worker_that_is_silent_is_told_of_as_gone_once_and_as_back_when_it_speaks(engine: Engine) {
    let backplane = &*engine.backplane;
    let start = backplane.head().await.expect("an end");
    backplane.join(&profile("w")).await.expect("joined");
    let other = engine.another_process().await;

    let noticing = async {
        while told(backplane, &start).await.last() != Some(&(WorkerStatus::Gone, 0)) {
            backplane.maintain().await.expect("kept");
            other.maintain().await.expect("kept");
        }
    };
    timeout(PATIENCE, noticing).await.expect("gone");
    other.maintain().await.expect("kept");
    beat(backplane, WorkerStatus::Idle, &[]).await;

    let expected = [(WorkerStatus::Idle, 0), (WorkerStatus::Gone, 0), (WorkerStatus::Idle, 0)];
    assert_eq!(told(backplane, &start).await, expected);
}

/// Only where somebody notices at once; elsewhere a lease of silence tells.
pub(super) async fn a_worker_whose_process_is_gone_is_seen_as_gone(engine: Engine) {
    let process = engine.another_process().await;
    process.join(&profile("w")).await.expect("joined");
    drop(process);

    let noticing = async {
        while listed(&*engine.backplane).await[0].status != WorkerStatus::Gone {
            engine.backplane.maintain().await.expect("kept");
        }
    };

    timeout(PATIENCE + Duration::from_secs(10), noticing).await.expect("gone");
}
