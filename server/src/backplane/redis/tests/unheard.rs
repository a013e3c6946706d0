//! Answers that come too late for whoever asked: jobs that were claimed, and nobody knows of it.

use std::time::Duration;

use app::domain::{JobState, WorkerStatus};

use super::{RedisServer, in_time, open};
use crate::{
    backplane::{Backplane, Heartbeat, Inspect, Lease, RedisBackplane},
    conformance::{LEASE, claim_one, new_job, state, worker},
};

const SHORT: Duration = Duration::from_millis(200);

/// Waits until the server's clock shows another millisecond.
async fn tick(server: &RedisServer) {
    let ms = async || {
        let (seconds, micros) = server.ask::<(u64, u64)>("TIME").await;
        seconds * 1_000 + micros / 1_000
    };
    let before = ms().await;
    while ms().await == before {}
}

async fn give_sign(backplane: &RedisBackplane, leases: &[Lease]) {
    let (worker, status) = (&worker("w"), WorkerStatus::Active);
    backplane.heartbeat(Heartbeat { worker, status, leases, lease: SHORT }).await.expect("answered");
}

async fn taken_back(backplane: &RedisBackplane, sign: impl AsyncFn()) {
    let taking_back = async {
        loop {
            sign().await;
            let round = backplane.maintain().await.expect("kept");
            if round.rescued + round.dead_lettered > 0 {
                return;
            }
        }
    };
    in_time(taking_back).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_its_living_worker_never_heard_of_comes_back_as_if_nothing_had_been() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    for _ in 0..4 {
        claim_one(&*backplane, &worker("w"), SHORT).await;
        tick(&server).await;
        taken_back(&backplane, async || give_sign(&backplane, &[]).await).await;
    }

    assert_eq!(claim_one(&*backplane, &worker("w"), LEASE).await.attempt, 1);
    assert_eq!(backplane.job(&"a".into()).await.expect("answered").map(|job| job.attempts), Some(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_renewed_its_lease_and_then_stopped_has_died_over_its_job() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    for _ in 0..3 {
        let held = claim_one(&*backplane, &worker("w"), SHORT).await.lease;
        tick(&server).await;
        give_sign(&backplane, &[held]).await;
        taken_back(&backplane, async || {}).await;
    }

    assert_eq!(state(&*backplane, "a").await, Some(JobState::Failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stopped_right_after_its_claim_has_died_over_its_job() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    for _ in 0..3 {
        give_sign(&backplane, &[]).await;
        tick(&server).await;
        claim_one(&*backplane, &worker("w"), SHORT).await;
        taken_back(&backplane, async || {}).await;
    }

    assert_eq!(state(&*backplane, "a").await, Some(JobState::Failed));
}
