//! What only Postgres has to show: commits that come late, servers that are started again, logs from elsewhere.

use std::{sync::Arc, time::Duration};

use app::{
    domain::JobState,
    events::{Cursor, Event, NoticeLevel, SystemNotification},
};
use futures::FutureExt;
use tokio::time::timeout;

use super::{
    Engine, LEASE, in_database, migrate, new_job,
    postgres_server::{self, Server},
    request, state, worker,
};
use crate::{
    backplane::{Backplane, BackplaneError, NewJob, ReadLog},
    store::{Database, outbox, sql},
};

const DEADLINE: Duration = Duration::from_secs(30);

fn notice(text: &str) -> Event {
    Event::SystemNotification(SystemNotification { level: NoticeLevel::Info, message: text.to_owned() })
}

/// What came after a place, in words.
async fn said_after(backplane: &dyn Backplane, place: &Cursor) -> Vec<String> {
    let ReadLog::Events(entries) = backplane.read(place, 100).await.expect("readable") else { panic!("gone") };
    let words = |event| match event {
        Event::SystemNotification(notice) => notice.message,
        other => panic!("{other:?}"),
    };
    entries.into_iter().map(|entry| words(entry.envelope.stamped.event)).collect()
}

/// A server for tests that stop it, or that hold transactions open, which all readers of the server would notice.
async fn alone() -> (Server, String, Engine) {
    let server = Server::start();
    let url = server.fresh_database(migrate).await;
    let engine = in_database(url.clone(), None).await;
    (server, url, engine)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_comes_late_is_never_skipped() {
    let (_server, url, engine) = alone().await;
    let start = engine.backplane.head().await.expect("an end");
    let database = Database::open(&url).await.expect("opened");
    let mut late = database.begin().await.expect("begun");
    outbox::append(&mut late, notice("late"), jiff::Timestamp::now()).await.expect("inserted");

    let early = engine.backplane.append(vec![notice("early")]).await.expect("appended");

    // The later place is known to whoever wrote it, but nobody is led beyond the one that is still to come.
    assert_eq!(said_after(&*engine.backplane, &start).await, [""; 0]);
    assert_eq!(engine.backplane.head().await.expect("an end"), start);
    assert_eq!(said_after(&*engine.backplane, &early).await, [""; 0]);
    let tailing = Arc::clone(&engine.backplane);
    let from_start = start.clone();
    let tail = tokio::spawn(async move { tailing.tail(&from_start, 100).await });
    late.commit().await.expect("committed");
    let found = timeout(DEADLINE, tail).await.expect("in time").expect("joined").expect("readable");
    assert!(matches!(found, ReadLog::Events(entries) if entries.len() == 2));
    assert_eq!(said_after(&*engine.backplane, &start).await, ["late", "early"]);
}

/// The oldest open transaction may end between the question for the events and the one for the end of the log.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_appended_is_read_while_others_begin_and_end_transactions() {
    let (_server, url, engine) = alone().await;
    let start = engine.backplane.head().await.expect("an end");
    let database = Database::open(&url).await.expect("opened");
    let others = tokio::spawn(async move {
        loop {
            let mut begun = database.begin().await.expect("begun");
            outbox::append(&mut begun, notice("taken back"), jiff::Timestamp::now()).await.expect("inserted");
        }
    });

    for round in 1..=200 {
        let appended = engine.backplane.append(vec![notice("here")]).await.expect("appended");

        let back = engine.backplane.read_back(None, 1).await.expect("readable");
        let ReadLog::Events(entries) = back else { panic!("gone") };
        assert_eq!(entries.last().expect("an event").envelope.cursor, appended, "back, round {round}");
        let before = engine.backplane.read_back(Some(&appended), 200).await.expect("readable");
        let ReadLog::Events(entries) = before else { panic!("gone") };
        assert_eq!(entries.len(), round - 1, "before, round {round}");
        assert_eq!(said_after(&*engine.backplane, &start).await.len(), round.min(100), "on, round {round}");
    }
    assert!(!others.is_finished(), "the others broke");
    others.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn work_in_another_database_of_the_server_keeps_nothing_back() {
    let (server, _, engine) = alone().await;
    let start = engine.backplane.head().await.expect("an end");
    let elsewhere = Database::open(&server.fresh_database(migrate).await).await.expect("opened");
    let mut open_for_hours = elsewhere.begin().await.expect("begun");
    outbox::append(&mut open_for_hours, notice("elsewhere"), jiff::Timestamp::now()).await.expect("inserted");

    let appended = engine.backplane.append(vec![notice("here")]).await.expect("appended");

    assert_eq!(said_after(&*engine.backplane, &start).await, ["here"]);
    assert_eq!(engine.backplane.head().await.expect("an end"), appended);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_copied_to_another_server_begins_anew() {
    let (_server, url, engine) = alone().await;
    let here = engine.backplane.head().await.expect("an end");
    let database = Database::open(&url).await.expect("opened");
    let mut copying = database.begin().await.expect("begun");
    copying
        .execute(sql("insert into pubsub_events (xid, channel, data, created_at) values ('99999999999', 'x', 'x', 0)"))
        .await
        .expect("copied");
    copying.commit().await.expect("committed");

    let opened = engine.another_process().await;

    let head = opened.head().await.expect("an end");
    assert_ne!(head.epoch, here.epoch);
    opened.append(vec![notice("new")]).await.expect("appended");
    assert_eq!(said_after(&*opened, &head).await, ["new"]);
    assert_eq!(engine.another_process().await.head().await.expect("an end").epoch, head.epoch);
}

/// Tries again until it works: an operation may be on a line that is just being cut.
async fn at_last<T>(operation: impl AsyncFn() -> Result<T, BackplaneError>) -> T {
    let trying = async {
        loop {
            if let Ok(done) = operation().await {
                return done;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, trying).await.expect("in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_and_tails_come_back_after_the_server_was_started_again() {
    let (server, _, engine) = alone().await;
    let other = engine.another_process().await;
    let head = engine.backplane.append(vec![notice("before")]).await.expect("appended");
    engine.backplane.enqueue(vec![new_job("before")]).await.expect("taken in");
    other.claim(&request(&worker("w"), LEASE), Duration::ZERO).await.expect("claimed");

    server.stop();
    server.start_again();

    let request = request(&worker("w"), LEASE);
    let (jobs, _) = tokio::join!(
        at_last(async || engine.backplane.claim(&request, DEADLINE).await),
        at_last(async || other.enqueue(vec![new_job("after")]).await)
    );
    assert_eq!(jobs.len(), 1);
    let found = at_last(async || engine.backplane.tail(&head, 100).await).await;
    assert!(matches!(found, ReadLog::Events(entries) if !entries.is_empty()));
}

/// A claim does not wait for the disk, and a killed server may have forgotten it. Whoever was told of it would be led past what comes
/// in its place.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_reader_of_the_log_saw_is_still_there_after_the_server_was_killed() {
    let (server, _, engine) = alone().await;
    let other = engine.another_process().await;
    for round in 0..20 {
        let job = new_job(&round.to_string());
        at_last(async || engine.backplane.enqueue(vec![job.clone()]).await).await;
        let head = at_last(async || other.head().await).await;
        let tailing = Arc::clone(&other);
        let after = head.clone();
        let tail = tokio::spawn(async move { tailing.tail(&after, 100).await });
        let claimed = engine.backplane.claim(&request(&worker("w"), LEASE), DEADLINE).await.expect("claimed");
        // Of the last round the server may have forgotten what nobody saw, and hand that job out again.
        assert!(!claimed.is_empty());
        let seen = timeout(DEADLINE, tail).await.expect("in time").expect("joined").expect("readable");

        server.order("crash");
        server.start_again();

        let still_there = at_last(async || other.read(&head, 100).await).await;
        let (ReadLog::Events(seen), ReadLog::Events(still_there)) = (seen, still_there) else { panic!("gone") };
        // How the queue stands may be told behind it.
        assert!(!seen.is_empty() && still_there.starts_with(&seen), "{seen:?}, then {still_there:?}");
    }
}

/// On one thread: all callers stand in line before the first one is served.
#[tokio::test]
async fn what_one_caller_may_not_hand_in_harms_no_other_one_and_who_gave_up_is_not_tried_for() {
    let engine = in_database(postgres_server::shared().fresh_database(migrate).await, None).await;
    let backplane = &*engine.backplane;
    // Longer than an entry of an index may be.
    let broken = NewJob { unique_key: Some("key".repeat(1_000_000)), ..new_job("broken") };
    assert!(backplane.enqueue(vec![new_job("given up")]).now_or_never().is_none());

    let callers = [new_job("before"), broken, new_job("after")].map(|job| backplane.enqueue(vec![job]));
    let answers = futures::future::join_all(callers).await;

    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    let mut states = Vec::new();
    for id in ["before", "broken", "after", "given up"] {
        states.push(state(backplane, id).await);
    }
    assert_eq!(states, [Some(JobState::Waiting), None, Some(JobState::Waiting), None]);
}

/// A server that follows another one, or one whose administrator said so.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_read_only_refuses_clearly_and_can_be_read() {
    let (_server, url, engine) = alone().await;
    engine.backplane.enqueue(vec![new_job("before")]).await.expect("taken in");
    let administrator = Database::open(&url).await.expect("opened");
    let set = async |what: &str| {
        let mut change = administrator.begin().await.expect("begun");
        change.execute(sql("set local transaction_read_only = off")).await.expect("may write");
        change
            .execute(sql(format!("alter role postgres set default_transaction_read_only = {what}")))
            .await
            .expect("set");
        change.execute(sql(CUT_OTHERS)).await.expect("cut");
        change.commit().await.expect("committed");
    };

    set("on").await;

    let refused = loop {
        match engine.backplane.enqueue(vec![new_job("after")]).await {
            Err(BackplaneError::Store(error)) if error.is_read_only() => break error,
            // On a line that was just cut.
            Err(_) => tokio::task::yield_now().await,
            Ok(_) => panic!("taken in"),
        }
    };
    assert!(!refused.is_full());
    let before = "before".into();
    assert!(at_last(async || engine.backplane.job_state(&before).await).await.is_some());
    set("off").await;
    let taken = at_last(async || engine.backplane.enqueue(vec![new_job("after")]).await).await;
    assert!(taken[0].is_new);
}

/// What a role is set to, its next connections are.
const CUT_OTHERS: &str = "select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()";
