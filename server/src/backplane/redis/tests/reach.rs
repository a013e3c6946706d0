//! What reaches whom: users that may not publish, servers that forget in the middle.

use std::{sync::Arc, time::Duration};

use app::domain::{JobState, MissedRuns, ScheduleOptions};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{RedisServer, finish_one, in_time, open};
use crate::{
    backplane::{
        Backplane, CalledOff, Control, Directive, Finished, Inspect, NewJob, Outcome, Plan, RedisBackplane, Timetable,
    },
    conformance::{
        LEASE, QUEUE, RETENTION, claim_all, claim_one, ending, heartbeat, new_job, profile, request, worker,
    },
};

fn keyed(id: &str) -> NewJob {
    NewJob { concurrency_key: Some("list".to_owned()), ..new_job(id) }
}

/// The address for a user that may do everything but publish.
async fn mute(server: &RedisServer) -> String {
    server.ask::<()>("ACL SETUSER mute on >mute ~* &* +@all -publish").await;
    let own = server.url();
    let (_, address) = own.rsplit_once('@').expect("an address");
    format!("redis://mute:mute@{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_waits_looks_every_second_where_publishing_is_forbidden() {
    let server = RedisServer::start().await;
    let backplane = RedisBackplane::open(&mute(&server).await, RETENTION, None).await.expect("opened");
    let waiting = Arc::clone(&backplane);
    let claim =
        tokio::spawn(async move { waiting.claim(&request(&worker("w"), LEASE), Duration::from_secs(29)).await });
    // It has looked once, and waits.
    let looking = async { while !server.ask::<String>("INFO commandstats").await.contains("cmdstat_zpopmin") {} };
    in_time(looking).await;

    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    let jobs = tokio::time::timeout(Duration::from_secs(10), claim).await.expect("soon").expect("joined");
    assert_eq!(jobs.expect("claimed").len(), 1);
    assert!(!backplane.health().await.expect("answered").can_publish);
    assert!(open(&server).await.health().await.expect("answered").can_publish);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_called_off_is_noticed_where_publishing_is_forbidden() {
    let server = RedisServer::start().await;
    let backplane = RedisBackplane::open(&mute(&server).await, RETENTION, None).await.expect("opened");
    backplane.join(&profile("w")).await.expect("joined");
    backplane.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");
    let jobs = claim_all(&*backplane, &worker("w"), LEASE).await;
    let leases: Vec<_> = jobs.iter().map(|job| job.lease.clone()).collect();

    assert_eq!(backplane.cancel(&"b".into()).await.expect("answered"), Some(CalledOff::Asked));

    assert_eq!(heartbeat(&*backplane, "w", &leases).await, [Directive::Cancel(leases[1].clone())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_jobs_are_forgotten_with_everything_else() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![keyed("1"), keyed("2"), keyed("3")]).await.expect("taken in");
    let held = claim_one(&*backplane, &worker("w"), LEASE).await;

    server.ask::<()>("FLUSHALL").await;

    let late = backplane.finish(vec![ending(&held, Outcome::Completed(json!(1)))]).await.expect("answered");
    assert_eq!(late, [Finished::Refused]);
    assert_eq!(claim_all(&*backplane, &worker("w"), LEASE).await, []);
    backplane.enqueue(vec![keyed("4")]).await.expect("taken in");
    finish_one(&backplane, Outcome::Completed(json!(1))).await;
    assert_eq!(backplane.recount().await.expect("answered"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_passed_over_a_job_whose_traits_are_lost() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![keyed("1"), keyed("2"), keyed("3")]).await.expect("taken in");
    let held = claim_one(&*backplane, &worker("w"), LEASE).await;

    server.ask::<u64>("DEL signalbox:{sb}:traits:2").await;

    let finished = backplane.finish(vec![ending(&held, Outcome::Completed(json!(1)))]).await.expect("finished");
    assert_eq!(finished, [Finished::Accepted]);
    assert_eq!(claim_one(&*backplane, &worker("w"), LEASE).await.lease.job_id, "3".into());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_job_that_was_removed() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let job = NewJob { unique_key: Some("key".to_owned()), priority: 3, ..keyed("a") };
    backplane.enqueue(vec![job]).await.expect("taken in");
    let held = claim_one(&*backplane, &worker("w"), LEASE).await;
    let retry = Outcome::Retry { error: "no".to_owned(), delay: Duration::from_hours(1) };
    backplane.finish(vec![ending(&held, retry)]).await.expect("finished");

    backplane.remove(&"a".into()).await.expect("removed");

    let mut keys: Vec<String> = server.ask("KEYS *").await;
    keys.retain(|key| !["events", "agenda", "queues", "log", "alone"].iter().any(|kept| key.ends_with(kept)));
    assert_eq!(keys, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_in_a_set_without_reason_is_counted_out() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");
    server.ask::<u64>("ZADD signalbox:{sb}:active:conformance 1 a").await;
    server.ask::<u64>("ZADD signalbox:{sb}:waiting:conformance 1 nobody").await;

    let mut drifts = backplane.recount().await.expect("answered");

    drifts.sort_by_key(|drift| drift.counted);
    let seen: Vec<_> = drifts.iter().map(|drift| (drift.state, drift.counted, drift.found)).collect();
    assert_eq!(seen, [(JobState::Active, 1, 0), (JobState::Waiting, 3, 2)]);
    assert_eq!(backplane.recount().await.expect("answered"), []);
    assert_eq!(claim_all(&*backplane, &worker("w"), LEASE).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_ends_the_pause_of_a_house_where_nothing_was_to_be_done() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    for _ in 0..2 {
        assert!(!backplane.maintain().await.expect("kept").has_due_schedules);
    }
    let soon = Timestamp::now() + SignedDuration::from_millis(200);
    let plan = Plan {
        name: "soon".to_owned(),
        cron: "* * * * *".to_owned(),
        time_zone: "UTC".to_owned(),
        missed: MissedRuns::Skip,
        paused: false,
        opts: ScheduleOptions::default(),
        job: new_job("run"),
    };
    backplane.add_schedule(&plan, Some(soon)).await.expect("added");

    let noticing = async { while !backplane.maintain().await.expect("kept").has_due_schedules {} };

    // Sooner than the pause would have ended.
    tokio::time::timeout(Duration::from_secs(2), noticing).await.expect("noticed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_waits_is_woken_when_a_limit_is_lifted() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.set_concurrency_limit(&QUEUE.into(), Some(0)).await.expect("set");
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    assert_eq!(claim_all(&*backplane, &worker("w"), LEASE).await, []);
    let waiting = Arc::clone(&backplane);
    let claim =
        tokio::spawn(async move { waiting.claim(&request(&worker("w"), LEASE), Duration::from_secs(29)).await });

    open(&server).await.set_concurrency_limit(&QUEUE.into(), None).await.expect("lifted");

    assert_eq!(in_time(claim).await.expect("joined").expect("claimed").len(), 1);
}
