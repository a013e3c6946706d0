//! A server that goes away, and connections that break.

use std::{sync::Arc, time::Duration};

use app::{
    domain::JobState,
    events::{Event, NoticeLevel, SystemNotification},
};
use serde_json::json;
use tokio::time::Instant;

use super::{RedisServer, finish_one, in_time, open};
use crate::{
    backplane::{
        Backplane, BackplaneError, ClaimedJob, Ending, Finished, Inspect, Lease, Outcome, ReadLog, RedisBackplane,
        redis::script::{self, Call},
    },
    conformance::{LEASE, RETENTION, claim_one, heartbeat, new_job, profile, request, worker},
};

fn notice() -> Event {
    Event::SystemNotification(SystemNotification { level: NoticeLevel::Info, message: "news".to_owned() })
}

/// What a worker does: claims until there is something, whatever happens in between.
async fn claim_stubbornly(backplane: Arc<RedisBackplane>) -> Vec<ClaimedJob> {
    loop {
        match backplane.claim(&request(&worker("w"), LEASE), Duration::from_secs(1)).await {
            Ok(jobs) if jobs.is_empty() => {}
            Ok(jobs) => return jobs,
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_a_server_with_a_log_of_its_own_dies_and_comes_back() {
    let mut server = RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]).await;
    let backplane = open(&server).await;
    backplane.join(&profile("w")).await.expect("joined");
    backplane.enqueue(vec![new_job("done"), new_job("held")]).await.expect("taken in");
    let jobs = backplane.claim(&request(&worker("w"), LEASE), Duration::ZERO).await.expect("claimed");
    let head = backplane.head().await.expect("an end");
    let claim = tokio::spawn(claim_stubbornly(Arc::clone(&backplane)));
    let tailing = Arc::clone(&backplane);
    let after = head.clone();
    let tail = tokio::spawn(async move { tailing.tail(&after, 10).await });

    server.kill();
    let ending = Ending { lease: jobs[0].lease.clone(), outcome: Outcome::Completed(json!(1)) };
    let finishing = Arc::clone(&backplane);
    let finish = tokio::spawn(async move { finishing.finish(vec![ending]).await });
    server.start_again().await;

    assert_eq!(in_time(finish).await.expect("joined").expect("written"), [Finished::Accepted]);
    assert_eq!(backplane.job_state(&"done".into()).await.expect("answered"), Some(JobState::Completed));
    assert_eq!(backplane.job_state(&"held".into()).await.expect("answered"), Some(JobState::Active));
    backplane.enqueue(vec![new_job("new")]).await.expect("taken in");
    assert_eq!(in_time(claim).await.expect("joined")[0].lease.job_id, "new".into());
    let ReadLog::Events(entries) = in_time(tail).await.expect("joined").expect("readable") else { panic!("gone") };
    assert!(entries[0].envelope.cursor.is_after(&head));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_served_after_all_connections_were_cut() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.join(&profile("w")).await.expect("joined");
    let head = backplane.head().await.expect("an end");
    let claim = tokio::spawn(claim_stubbornly(Arc::clone(&backplane)));
    let tailing = Arc::clone(&backplane);
    let tail = tokio::spawn(async move { tailing.tail(&head, 10).await });

    server.ask::<u64>("CLIENT KILL TYPE pubsub").await;
    server.ask::<u64>("CLIENT KILL TYPE normal SKIPME yes").await;
    let other = open(&server).await;
    other.append(vec![notice()]).await.expect("appended");
    other.enqueue(vec![new_job("a")]).await.expect("taken in");

    assert_eq!(in_time(claim).await.expect("joined").len(), 1);
    let ReadLog::Events(entries) = in_time(tail).await.expect("joined").expect("readable") else { panic!("gone") };
    assert_eq!(entries[0].envelope.stamped.event, notice());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_connections_were_cut_keeps_its_jobs() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.join(&profile("w")).await.expect("joined");
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    claim_one(&*backplane, &worker("w"), LEASE).await;
    let registered = server.ask::<String>("HGET signalbox:{sb}:connections w").await;
    let keeper = open(&server).await;

    server.ask::<u64>("CLIENT KILL TYPE pubsub").await;
    let coming_back = async {
        while server.ask::<String>("HGET signalbox:{sb}:connections w").await == registered {
            assert_eq!(keeper.maintain().await.expect("kept").rescued, 0);
        }
    };
    in_time(coming_back).await;

    assert_eq!(server.ask::<u64>("HLEN signalbox:{sb}:missing").await, 0);
    assert_eq!(backplane.job_state(&"a".into()).await.expect("answered"), Some(JobState::Active));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_gives_signs_is_not_believed_dead_because_its_connection_is_away() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.join(&profile("w")).await.expect("joined");
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let held = claim_one(&*backplane, &worker("w"), LEASE).await.lease;
    server.ask::<u64>("HSET signalbox:{sb}:connections w 999999").await;

    heartbeat(&*backplane, "w", &[held]).await;
    server.ask::<u64>("HSET signalbox:{sb}:missing w 1").await;
    assert_eq!(backplane.maintain().await.expect("kept").rescued, 0);

    server.ask::<u64>("HSET signalbox:{sb}:signs w 1\n{}").await;
    assert_eq!(backplane.maintain().await.expect("kept").rescued, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stalls_for_a_moment_breaks_nothing() {
    let server = Arc::new(RedisServer::start().await);
    let backplane = open(&server).await;
    let stalling = Arc::clone(&server);
    let stall = tokio::spawn(async move { stalling.ask::<()>("DEBUG SLEEP 0.6").await });

    let mut longest = Duration::ZERO;
    let mut number = 0;
    while !stall.is_finished() {
        let asked = Instant::now();
        backplane.enqueue(vec![new_job(&number.to_string())]).await.expect("taken in");
        finish_one(&backplane, Outcome::Completed(json!(number))).await;
        longest = longest.max(asked.elapsed());
        number += 1;
    }

    stall.await.expect("slept");
    assert!(longest >= Duration::from_millis(300), "{longest:?}: no stall was seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ending_whose_answer_was_lost_is_recognised_when_it_is_sent_again() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let Lease { job_id, token } = claim_one(&*backplane, &worker("w"), LEASE).await.lease;
    let finish = async |was_sent: bool| {
        let mut call = Call::of(&script::EXCHANGE, 7);
        call.arg(was_sent).arg(1).arg(job_id.as_str()).arg(&token).arg("completed").arg("1").arg(0);
        backplane.connections.run::<(Vec<bool>, Vec<String>)>(&call).await.expect("answered").0
    };

    assert_eq!(finish(false).await, [true]);
    let head = backplane.head().await.expect("an end");

    assert_eq!(finish(true).await, [true]);
    assert_eq!(finish(false).await, [false]);
    assert_eq!(backplane.head().await.expect("an end"), head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_told_at_once_and_without_the_password() {
    let server = RedisServer::start().await;
    let wrong = server.url().replace("redis://:", "redis://:geheim");
    let nowhere = "redis://:geheim@127.0.0.1:1";

    for url in [wrong.as_str(), nowhere, "redis://:geheim@:x", "http://geheim"] {
        let opened = tokio::time::timeout(Duration::from_secs(10), RedisBackplane::open(url, RETENTION, None)).await;
        let Err(error) = opened.expect("answered") else { panic!("{url} was opened") };

        assert!(matches!(error, BackplaneError::Redis(_)));
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
    }
}
