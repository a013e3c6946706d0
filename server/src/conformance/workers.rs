//! Workers, as they present themselves.

use std::time::Duration;

use app::domain::{JobId, Worker, WorkerStatus};
use tokio::time::timeout;

use super::{Engine, LEASE, PATIENCE, QUEUE, claim_all, heartbeat, new_job, profile, worker};
use crate::backplane::{Backplane, Heartbeat, Lease};

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
