//! What was written but can't be read again, such as lists in lists in lists: it must not keep the rest back.

use std::time::Duration;

use app::domain::{JobState, MissedRuns, ScheduleOptions};
use jiff::Timestamp;
use serde_json::Value;

use super::{RedisServer, open};
use crate::{
    backplane::{Backplane, Former, NewJob, Plan, StoredSchedule, Timetable},
    conformance::{LEASE, claim_all, new_job, request, state, worker},
};

fn unreadable(id: &str) -> NewJob {
    NewJob { data: (0..200).fold(Value::Null, |inner, _| Value::Array(vec![inner])), ..new_job(id) }
}

fn plan(name: &str, job: NewJob) -> Plan {
    Plan {
        name: name.to_owned(),
        cron: "* * * * *".to_owned(),
        time_zone: "UTC".to_owned(),
        missed: MissedRuns::Skip,
        paused: false,
        opts: ScheduleOptions::default(),
        job,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_can_not_be_read_is_dead_lettered_and_the_others_are_handed_out() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("1"), unreadable("2"), new_job("3"), unreadable("4")]).await.expect("taken in");

    let claimed = claim_all(&*backplane, &worker("w"), LEASE).await;

    let ids: Vec<_> = claimed.iter().map(|job| job.lease.job_id.as_str()).collect();
    assert_eq!(ids, ["1", "3"]);
    assert_eq!(state(&*backplane, "2").await, Some(JobState::Failed));
    assert_eq!(state(&*backplane, "4").await, Some(JobState::Failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_waits_goes_on_behind_jobs_that_can_not_be_read() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let jobs = (0..10).map(|number| unreadable(&number.to_string())).chain([new_job("last")]);
    backplane.enqueue(jobs.collect()).await.expect("taken in");

    let claimed = backplane.claim(&request(&worker("w"), LEASE), Duration::from_secs(20)).await.expect("claimed");

    assert_eq!(claimed[0].lease.job_id, "last".into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_can_not_be_read_keeps_no_other_from_running() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let long_ago = Some(Timestamp::UNIX_EPOCH);
    backplane.add_schedule(&plan("broken", unreadable("a")), long_ago).await.expect("added");
    backplane.add_schedule(&plan("whole", new_job("b")), long_ago).await.expect("added");

    let named =
        |schedules: Vec<StoredSchedule>| schedules.into_iter().map(|schedule| schedule.plan.name).collect::<Vec<_>>();
    let all = named(backplane.schedules().await.expect("answered"));
    let due = named(backplane.due_schedules().await.expect("answered").schedules);

    assert_eq!((all, due), (vec!["whole".to_owned()], vec!["whole".to_owned()]));
    assert!(backplane.schedule("broken").await.is_err());
    let alarms: Vec<String> = server.ask("ZRANGE signalbox:{sb}:alarms 0 -1").await;
    assert_eq!(alarms, ["whole"]);
    assert_eq!(backplane.remove_schedule("broken").await.expect("removed"), Some(Former(None)));
}
