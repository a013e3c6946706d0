//! Jobs that are handed to workers while they wait.

use std::{sync::Arc, time::Duration};

use app::domain::JobState;
use tokio::task::JoinHandle;

use super::{RedisServer, in_time, open};
use crate::{
    backplane::{Backplane, BackplaneError, ClaimedJob, Control, Pause, RedisBackplane},
    conformance::{LEASE, QUEUE, claim_all, new_job, request, state, worker},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for jobs as `name`, and returns when the server knows it.
async fn waiting(
    server: &RedisServer,
    backplane: &Arc<RedisBackplane>,
    name: &str,
    patience: Duration,
) -> JoinHandle<Result<Vec<ClaimedJob>, BackplaneError>> {
    let (backplane, worker) = (Arc::clone(backplane), worker(name));
    let claim = tokio::spawn(async move { backplane.claim(&request(&worker, LEASE), patience).await });
    let known = async { while server.ask::<u32>(&format!("HLEN signalbox:{{sb}}:offers:{QUEUE}")).await == 0 {} };
    in_time(known).await;
    claim
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_comes_alone_is_a_waiting_workers_without_another_errand() {
    let server = RedisServer::start().await;
    let (here, there) = (open(&server).await, open(&server).await);
    let claim = waiting(&server, &there, "w", PATIENCE).await;
    let before = there.operations();

    here.enqueue(vec![new_job("a")]).await.expect("taken in");

    let jobs = in_time(claim).await.expect("joined").expect("claimed");
    assert_eq!(there.operations(), before);
    assert_eq!((jobs.len(), jobs[0].attempt, jobs[0].lease.job_id.as_str()), (1, 1, "a"));
    assert_eq!(state(&*here, "a").await, Some(JobState::Active));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_for_a_worker_that_waits_no_more_goes_to_the_next_as_if_nothing_had_been() {
    let server = RedisServer::start().await;
    let (here, there) = (open(&server).await, open(&server).await);
    let given_up = waiting(&server, &there, "w", Duration::from_millis(1)).await;
    assert_eq!(in_time(given_up).await.expect("joined").expect("answered"), []);

    here.enqueue(vec![new_job("a")]).await.expect("taken in");

    let jobs = in_time(here.claim(&request(&worker("v"), LEASE), PATIENCE)).await.expect("claimed");
    assert_eq!((jobs.len(), jobs[0].attempt), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_takes_back_the_word_that_it_left() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    waiting(&server, &backplane, "w", PATIENCE).await.abort();

    backplane.leave(&worker("w")).await.expect("left");

    assert_eq!(server.ask::<u32>(&format!("EXISTS signalbox:{{sb}}:offers:{QUEUE}")).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_process_is_gone_is_handed_nothing() {
    let server = RedisServer::start().await;
    let (here, there) = (open(&server).await, open(&server).await);
    waiting(&server, &there, "w", PATIENCE).await.abort();
    drop(there);
    let listeners = async { while server.ask::<Vec<String>>("PUBSUB CHANNELS signalbox:hands:*").await.len() > 1 {} };
    in_time(listeners).await;

    here.enqueue(vec![new_job("a")]).await.expect("taken in");

    assert_eq!(claim_all(&*here, &worker("v"), LEASE).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_gives_no_sign_of_life_is_handed_nothing() {
    let server = RedisServer::start().await;
    let (here, there) = (open(&server).await, open(&server).await);
    let frozen = waiting(&server, &there, "w", Duration::from_millis(1)).await;
    in_time(frozen).await.expect("joined").expect("answered");
    server.ask::<u32>("HSET signalbox:{sb}:signs w 1").await;

    here.enqueue(vec![new_job("a")]).await.expect("taken in");

    assert_eq!(state(&*here, "a").await, Some(JobState::Waiting));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_a_worker_did_not_take_before_it_left_goes_back_at_once() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let given_up = waiting(&server, &backplane, "w", Duration::from_millis(1)).await;
    assert_eq!(in_time(given_up).await.expect("joined").expect("answered"), []);
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    backplane.leave(&worker("w")).await.expect("left");

    assert_eq!(state(&*backplane, "a").await, Some(JobState::Waiting));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_paused_hands_nothing_to_who_waits() {
    let server = RedisServer::start().await;
    let (here, there) = (open(&server).await, open(&server).await);
    let claim = waiting(&server, &there, "w", PATIENCE).await;
    here.set_paused(&QUEUE.into(), Pause::Paused).await.expect("set");

    here.enqueue(vec![new_job("a")]).await.expect("taken in");

    assert_eq!(state(&*here, "a").await, Some(JobState::Waiting));
    here.set_paused(&QUEUE.into(), Pause::Running).await.expect("set");
    assert_eq!(in_time(claim).await.expect("joined").expect("claimed").len(), 1);
}
