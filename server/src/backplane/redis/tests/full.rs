//! Memory that is full: nothing new comes in, but whatever goes on or ends does, and what is taken is freed.

use std::time::Duration;

use app::domain::JobState;
use serde_json::json;

use super::{RedisServer, events, in_time, open};
use crate::{
    backplane::{Backplane, CalledOff, Control, Inspect, Maintenance, NewJob, Outcome, Pause, Removal},
    conformance::{
        LEASE, PATIENCE, QUEUE, claim_all, claim_one, ending, heartbeat, new_job, profile, request, state, worker,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn attempts_can_be_ended_while_memory_is_full() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");
    let jobs = claim_all(&*backplane, &worker("w"), LEASE).await;
    server.ask::<()>("CONFIG SET maxmemory 1").await;

    let endings = jobs.iter().map(|job| ending(job, Outcome::Completed(json!(1)))).collect();
    let exchange = backplane.exchange(endings, Some(&request(&worker("w"), LEASE))).await.expect("ended");

    assert_eq!((exchange.finished.len(), exchange.claimed), (2, Vec::new()));
    assert_eq!(backplane.job_state(&"a".into()).await.expect("answered"), Some(JobState::Completed));
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_renewed_and_the_house_is_kept_while_memory_is_full() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let delay = Duration::from_millis(1);
    backplane.join(&profile("w")).await.expect("joined");
    backplane.enqueue(vec![new_job("held")]).await.expect("taken in");
    let held = claim_one(&*backplane, &worker("w"), LEASE).await.lease;
    backplane.enqueue(vec![new_job("expired")]).await.expect("taken in");
    claim_one(&*backplane, &worker("dead"), Duration::ZERO).await;
    let elsewhere = NewJob { delay, queue_name: "elsewhere".into(), ..new_job("elsewhere") };
    backplane.enqueue(vec![NewJob { delay, ..new_job("due") }, elsewhere]).await.expect("taken in");
    server.ask::<()>("CONFIG SET maxmemory 1").await;

    assert_eq!(heartbeat(&*backplane, "w", &[held]).await, []);
    let claimed = backplane.claim(&request(&worker("w"), LEASE), PATIENCE).await.expect("claimed");
    let keeping = async {
        let mut sum = Maintenance::default();
        while sum.promoted + sum.rescued < 2 {
            let round = backplane.maintain().await.expect("kept");
            (sum.promoted, sum.rescued) = (sum.promoted + round.promoted, sum.rescued + round.rescued);
        }
        (sum.promoted, sum.rescued)
    };

    assert_eq!(in_time(keeping).await, (1, 1));
    assert_eq!(claimed[0].lease.job_id, "due".into());
    assert_eq!(state(&*backplane, "held").await, Some(JobState::Active));
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_can_be_called_off_and_queues_paused_while_memory_is_full() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let held = claim_one(&*backplane, &worker("w"), LEASE).await;
    backplane.enqueue(vec![new_job("b"), new_job("c")]).await.expect("taken in");
    server.ask::<()>("CONFIG SET maxmemory 1").await;

    backplane.join(&profile("w")).await.expect("joined");
    assert_eq!(backplane.cancel(&"a".into()).await.expect("answered"), Some(CalledOff::Asked));
    let at_once = Some(CalledOff::AtOnce(JobState::Waiting));
    assert_eq!(backplane.cancel(&"b".into()).await.expect("answered"), at_once);
    let removed = Some(Removal::Removed(JobState::Waiting));
    assert_eq!(backplane.remove(&"c".into()).await.expect("answered"), removed);
    backplane.set_paused(&QUEUE.into(), Pause::Paused).await.expect("paused");
    backplane.finish(vec![ending(&held, Outcome::Cancelled)]).await.expect("finished");

    assert_eq!(state(&*backplane, "a").await, Some(JobState::Cancelled));
    assert!(backplane.queue(&QUEUE.into()).await.expect("answered").is_some_and(|queue| queue.paused));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_while_memory_is_full() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let start = backplane.head().await.expect("an end");
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    server.ask::<()>("CONFIG SET maxmemory 1").await;

    let end = backplane.head().await.expect("an end");
    assert!(end.is_after(&start));
    assert_eq!(events(&backplane, &start).await.len(), 1);
    assert_eq!(events(&backplane, &end).await, []);
}
