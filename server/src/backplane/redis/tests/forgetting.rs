//! A server that forgets: its scripts, or everything.

use std::sync::Arc;

use app::{
    domain::JobState,
    events::{Event, NoticeLevel, ResetReason, SystemNotification},
};
use serde_json::json;

use super::{RedisServer, events, finish_one, in_time, open};
use crate::{
    backplane::{Backplane, Inspect, Outcome, ReadLog, RedisBackplane, sql::Retention},
    conformance::{RETENTION, new_job},
};

fn notice(message: &str) -> Event {
    Event::SystemNotification(SystemNotification { level: NoticeLevel::Info, message: message.to_owned() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgot_the_scripts_is_given_them_again() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    server.ask::<()>("SCRIPT FLUSH").await;
    finish_one(&backplane, Outcome::Completed(json!(1))).await;
    server.ask::<()>("SCRIPT FLUSH").await;
    backplane.enqueue(vec![new_job("b")]).await.expect("taken in");

    assert_eq!(backplane.job_state(&"a".into()).await.expect("answered"), Some(JobState::Completed));
    assert_eq!(backplane.job_state(&"b".into()).await.expect("answered"), Some(JobState::Waiting));
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_a_log_that_was_emptied_are_told() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let before = backplane.append(vec![notice("before")]).await.expect("appended");

    server.ask::<()>("FLUSHALL").await;
    let after = backplane.append(vec![notice("after")]).await.expect("appended");

    assert_ne!(before.epoch, after.epoch);
    let ReadLog::Gone { reason, head } = backplane.read(&before, 10).await.expect("answered") else {
        panic!("not gone")
    };
    assert_eq!((reason, head), (ResetReason::Epoch, after));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tails_a_log_that_is_emptied_is_told() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let head = backplane.append(vec![notice("before")]).await.expect("appended");
    let tailing = Arc::clone(&backplane);
    let tail = tokio::spawn(async move { tailing.tail(&head, 10).await });

    server.ask::<()>("FLUSHALL").await;

    let told = in_time(tail).await.expect("joined").expect("answered");
    assert!(matches!(told, ReadLog::Gone { reason: ResetReason::Epoch, .. }), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_server_takes_jobs_in_again() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    server.ask::<()>("FLUSHALL").await;

    assert_eq!(backplane.job_state(&"a".into()).await.expect("answered"), None);
    assert!(backplane.enqueue(vec![new_job("a")]).await.expect("taken in")[0].is_new);
    finish_one(&backplane, Outcome::Completed(json!(1))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_nobody_of_ours_wrote_does_not_stop_the_log() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let start = backplane.head().await.expect("an end");

    server.ask::<String>("XADD signalbox:{sb}:events * e nonsense").await;
    backplane.append(vec![notice("after")]).await.expect("appended");

    assert_eq!(events(&backplane, &start).await, [Event::Unknown, notice("after")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_a_log_that_was_set_back_are_told_although_it_went_on() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let kept = backplane.append(vec![notice("kept")]).await.expect("appended");
    let lost = backplane.append(vec![notice("lost")]).await.expect("appended");

    server.ask::<u64>(&format!("XDEL signalbox:{{sb}}:events {}-{}", lost.position.major, lost.position.minor)).await;
    let head = backplane.append(vec![notice("after")]).await.expect("appended");

    let told = backplane.read(&lost, 10).await.expect("answered");
    assert_eq!(told, ReadLog::Gone { reason: ResetReason::Unknown, head });
    assert_eq!(events(&backplane, &kept).await, [notice("after")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_where_the_log_was_cut_reads_on() {
    let server = RedisServer::start().await;
    let retention = Retention { event_count: 1, ..RETENTION };
    let backplane = RedisBackplane::open(&server.url(), retention, None).await.expect("opened");
    let start = backplane.head().await.expect("an end");
    assert_eq!(events(&backplane, &start).await, []);
    let cut = backplane.append(vec![notice("first")]).await.expect("appended");
    backplane.append(vec![notice("second")]).await.expect("appended");

    backplane.maintain().await.expect("kept");

    assert_eq!(server.ask::<u64>("XLEN signalbox:{sb}:events").await, 1);
    assert_eq!(events(&backplane, &cut).await, [notice("second")]);
}
