//! What happens at the edges: jobs that are held by somebody who goes, rows that nobody of ours wrote, numbers beyond all use.

use std::time::Duration;

use app::{
    domain::{JobState, MissedRuns, ScheduleOptions},
    events::{Event, NoticeLevel, SystemNotification},
};
use futures::FutureExt;
use jiff::Timestamp;

use super::{Ground, open};
use crate::{
    backplane::{
        Backplane, BackplaneError, Control, Former, Inspect, NewJob, Outcome, Plan, ReadLog, Retried, SqlBackplane,
        Timetable, sql::forgotten,
    },
    conformance::{LEASE, PATIENCE, QUEUE, claim_all, claim_one, finish, new_job, state, worker},
    store::{Database, StoreError, Transaction, sql},
};

fn keyed(id: &str) -> NewJob {
    NewJob { concurrency_key: Some("key".to_owned()), ..new_job(id) }
}

/// A transaction that holds a job.
async fn holding(database: &Database, id: &str) -> Transaction {
    let mut holding = database.begin().await.expect("begun");
    let select = format!("select job_id from jobs where job_id = $1 {}", database.dialect().take("jobs"));
    holding.fetch_one::<(String,)>(sql(select).bind(id)).await.expect("held");
    holding
}

/// Ends the first job of a key while the second one is held by somebody who then goes, as one whose connection breaks.
async fn forget_the_key(database: &Database, backplane: &SqlBackplane) {
    backplane.enqueue(vec![keyed("a"), keyed("b")]).await.expect("taken in");
    let first = claim_one(backplane, &worker("w"), LEASE).await;
    let held = holding(database, "b").await;
    finish(backplane, &first, Outcome::Completed(1.into())).await;
    held.roll_back().await.expect("gone");
    assert_eq!(claim_all(backplane, &worker("w"), LEASE).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_left_with_nobody_is_passed_on_when_house_is_kept() {
    let ground = Ground::new().await;
    let (database, backplane) = open(&ground.postgres).await;
    forget_the_key(&database, &backplane).await;

    backplane.maintain().await.expect("kept");

    assert_eq!(claim_one(&*backplane, &worker("w"), LEASE).await.lease.job_id.as_str(), "b");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_waits_and_is_taken_up_again_is_given_its_key_where_nobody_has_it() {
    let ground = Ground::new().await;
    let (database, backplane) = open(&ground.postgres).await;
    forget_the_key(&database, &backplane).await;

    let retried = backplane.retry(&"b".into()).await.expect("answered");
    assert_eq!(retried, Some(Retried { from: JobState::Waiting, to: JobState::Waiting }));

    assert_eq!(claim_one(&*backplane, &worker("w"), LEASE).await.lease.job_id.as_str(), "b");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_looked_through_in_rounds_up_to_the_last_one_and_then_rest() {
    let ground = Ground::new().await;
    for url in ground.urls() {
        let (database, backplane) = open(&url).await;
        let keys = (0..2_500).map(|number| format!("{number:04}"));
        let jobs = keys.map(|key| NewJob { concurrency_key: Some(key.clone()), ..new_job(&key) });
        backplane.enqueue(jobs.collect()).await.expect("taken in");
        let mut parking = database.begin().await.expect("begun");
        parking
            .execute(sql("update jobs set is_parked = 1 where job_id in ('0000', '1700', '2499')"))
            .await
            .expect("set");
        parking.commit().await.expect("committed");
        let parked = async || {
            let select = "select job_id from jobs where is_parked = 1 order by job_id";
            let rows: Vec<(String,)> = database.fetch_all(sql(select)).await.expect("asked");
            rows.into_iter().map(|(job_id,)| job_id).collect::<Vec<_>>()
        };
        let walk = forgotten::Walk::default();

        assert!(walk.go_on(&database).await.expect("looked"));
        assert_eq!(parked().await, ["1700", "2499"]);
        assert!(walk.go_on(&database).await.expect("looked"));
        assert_eq!(parked().await, ["2499"]);
        assert!(!walk.go_on(&database).await.expect("looked"));
        assert_eq!(parked().await, [""; 0]);
        let operations = database.operations();
        assert!(!walk.go_on(&database).await.expect("rests"));
        assert_eq!(database.operations(), operations);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_called_off_even_when_whoever_asked_hangs_up_half_way() {
    let ground = Ground::new().await;
    for url in ground.urls() {
        let (database, backplane) = open(&url).await;
        backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
        let held = holding(&database, "a").await;

        assert!(backplane.cancel(&"a".into()).now_or_never().is_none());

        held.roll_back().await.expect("given back");
        let called_off = async {
            while state(&*backplane, "a").await != Some(JobState::Cancelled) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, called_off).await.expect("in time");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_jobs_with_one_id_that_is_told_and_counted_which_was_made() {
    let ground = Ground::new().await;
    for url in ground.urls() {
        let (_, backplane) = open(&url).await;
        let job = |queue: &str, key: &str| NewJob {
            queue_name: queue.into(),
            unique_key: Some(key.to_owned()),
            ..new_job("twice")
        };

        let enqueued = backplane.enqueue(vec![job("one", "b"), job("two", "a")]).await.expect("taken in");

        let made = backplane.job(&"twice".into()).await.expect("answered").expect("there").job;
        let of_made: Vec<bool> = enqueued.iter().map(|enqueued| enqueued.is_new).collect();
        assert_eq!(of_made, [made.queue_name.as_str() == "one", made.queue_name.as_str() == "two"]);
        assert_eq!(backplane.recount().await.expect("counted"), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_put_off_for_ever_can_still_be_seen() {
    let ground = Ground::new().await;
    for url in ground.urls() {
        let (_, backplane) = open(&url).await;
        let for_ever = NewJob { unique_for: Some(Duration::MAX), unique_key: Some("key".to_owned()), ..new_job("a") };
        backplane.enqueue(vec![for_ever]).await.expect("taken in");
        let job = claim_one(&*backplane, &worker("w"), LEASE).await;

        finish(&*backplane, &job, Outcome::Snoozed { delay: Duration::MAX }).await;

        let job = backplane.job(&"a".into()).await.expect("readable").expect("there").job;
        assert_eq!(job.state, JobState::Delayed);
        let queue = backplane.queue(&QUEUE.into()).await.expect("answered").expect("there");
        assert_eq!(queue.counts.delayed, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_cannot_be_read_keeps_no_other_one_from_its_turn() {
    let ground = Ground::new().await;
    let past = Timestamp::from_millisecond(1_700_000_000_123).expect("a moment");
    let plan = Plan {
        name: "good".to_owned(),
        cron: "* * * * *".to_owned(),
        time_zone: "UTC".to_owned(),
        missed: MissedRuns::Once,
        paused: false,
        opts: ScheduleOptions::default(),
        job: new_job("run"),
    };
    for url in ground.urls() {
        let (database, backplane) = open(&url).await;
        backplane.add_schedule(&plan, Some(past)).await.expect("added");
        let mut by_hand = database.begin().await.expect("begun");
        // More than are given at once, and all of them due before.
        for number in 0..150 {
            let insert =
                "insert into schedules (name, plan, is_paused, next_run_at, created_at) values ($1, '{}', 0, 1, 1)";
            by_hand.execute(sql(insert).bind(format!("broken {number}"))).await.expect("inserted");
        }
        by_hand.commit().await.expect("committed");

        let due = backplane.due_schedules().await.expect("answered").schedules;

        assert_eq!(due.iter().map(|schedule| &schedule.plan).collect::<Vec<_>>(), [&plan]);
        assert_eq!(backplane.schedules().await.expect("answered"), due);
        let broken = backplane.schedule("broken 1").await;
        assert!(matches!(broken, Err(BackplaneError::Store(StoreError::BrokenRow { .. }))));
        assert_eq!(backplane.remove_schedule("broken 1").await.expect("removed"), Some(Former(None)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_can_not_be_read_is_passed_on_as_unknown_and_keeps_nothing_back() {
    let ground = Ground::new().await;
    for url in ground.urls() {
        let (database, backplane) = open(&url).await;
        let start = backplane.append(vec![notice("before")]).await.expect("appended");
        let mut somebody = database.begin().await.expect("begun");
        let insert = "insert into pubsub_events (channel, data, created_at) values ('x', 'no JSON', 7)";
        somebody.execute(sql(insert)).await.expect("inserted");
        somebody.commit().await.expect("committed");
        backplane.append(vec![notice("behind")]).await.expect("appended");

        let ReadLog::Events(entries) = backplane.tail(&start, 10).await.expect("readable") else { panic!("gone") };

        let events: Vec<&Event> = entries.iter().map(|entry| &entry.envelope.stamped.event).collect();
        assert_eq!(events, [&Event::Unknown, &notice("behind")]);
        assert_eq!((entries[0].envelope.stamped.timestamp, entries[0].json.as_str()), (7, UNKNOWN));
    }
}

const UNKNOWN: &str = r#"{"timestamp":7,"type":"unknown"}"#;

fn notice(message: &str) -> Event {
    Event::SystemNotification(SystemNotification { level: NoticeLevel::Info, message: message.to_owned() })
}
