//! Schedules: kept, due, and fired by one.

use app::domain::{JobState, MissedRuns, ScheduleOptions};
use jiff::{Timestamp, ToSpan as _};
use tokio::time::timeout;

use super::{Engine, LEASE, PATIENCE, claim_all, new_job, state, worker};
use crate::{
    backplane::{Firing, Former, NewJob, Plan},
    jobs::scheduler,
};

fn plan(name: &str) -> Plan {
    Plan {
        name: name.to_owned(),
        cron: "0 3 * * *".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        missed: MissedRuns::Once,
        paused: false,
        opts: ScheduleOptions { priority: Some(3), attempts: None },
        job: new_job("template"),
    }
}

/// A moment that is over, to the millisecond.
fn past() -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_123).expect("a moment")
}

fn future() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("a moment") + 10.hours()
}

fn firing(name: &str, due: Timestamp, job: Option<NewJob>) -> Firing {
    Firing { name: name.to_owned(), due, next: Some(future()), job }
}

pub(super) async fn a_schedule_is_kept_as_it_was_written(engine: Engine) {
    let backplane = &*engine.backplane;
    let next = future();

    assert!(backplane.add_schedule(&plan("b"), Some(next)).await.expect("added"));
    assert!(backplane.add_schedule(&plan("a"), None).await.expect("added"));
    assert!(!backplane.add_schedule(&plan("a"), Some(past())).await.expect("refused"));

    let all = engine.another_process().await.schedules().await.expect("answered");
    assert_eq!(all.iter().map(|schedule| schedule.plan.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((&all[1].plan, all[1].next_run_at, all[0].next_run_at), (&plan("b"), Some(next), None));
    assert_eq!((all[0].last_run_at, &all[0].last_job_id), (None, &None));
    assert_eq!(backplane.schedule("a").await.expect("answered").as_ref(), Some(&all[0]));
    assert_eq!(backplane.schedule("c").await.expect("answered"), None);
}

pub(super) async fn a_schedule_can_be_written_anew_and_removed(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.add_schedule(&plan("a"), Some(past())).await.expect("added");
    backplane.fire(&firing("a", past(), Some(new_job("run")))).await.expect("fired");
    let made = backplane.schedule("a").await.expect("answered").expect("there");
    let resting = Plan { paused: true, ..plan("a") };

    let former = backplane.change_schedule(&resting, None).await.expect("changed");
    assert_eq!(former, Some(Former(Some(plan("a")))));

    let changed = backplane.schedule("a").await.expect("answered").expect("there");
    assert_eq!((changed.plan, changed.next_run_at), (resting.clone(), None));
    assert_eq!((changed.created_at, changed.last_run_at), (made.created_at, Some(past())));
    assert_eq!(changed.last_job_id, Some("run".into()));
    assert_eq!(backplane.change_schedule(&plan("b"), None).await.expect("refused"), None);
    assert_eq!(backplane.remove_schedule("a").await.expect("removed"), Some(Former(Some(resting))));
    assert_eq!(backplane.remove_schedule("a").await.expect("answered"), None);
    assert_eq!(backplane.schedules().await.expect("answered"), []);
    assert_eq!(state(backplane, "run").await, Some(JobState::Waiting));
}

pub(super) async fn a_schedule_is_due_when_its_moment_has_come(engine: Engine) {
    let backplane = &*engine.backplane;
    // A quiet engine looks less often: what comes due must be noticed all the same.
    backplane.maintain().await.expect("kept");
    assert!(!backplane.maintain().await.expect("kept").has_due_schedules);
    let other = engine.another_process().await;
    other.add_schedule(&plan("due"), Some(past())).await.expect("added");
    other.add_schedule(&plan("later"), Some(future())).await.expect("added");
    other.add_schedule(&plan("never"), None).await.expect("added");

    let noticing = async { while !backplane.maintain().await.expect("kept").has_due_schedules {} };

    timeout(PATIENCE, noticing).await.expect("noticed");
    let due = backplane.due_schedules().await.expect("answered");
    assert_eq!(due.schedules.iter().map(|schedule| schedule.plan.name.as_str()).collect::<Vec<_>>(), ["due"]);
    assert!(due.now > past() && due.now < future());
    backplane.fire(&firing("due", past(), None)).await.expect("fired");
    assert_eq!(backplane.due_schedules().await.expect("answered").schedules, []);
    assert!(!backplane.maintain().await.expect("kept").has_due_schedules);
}

pub(super) async fn of_many_processes_one_fires(engine: Engine) {
    engine.backplane.add_schedule(&plan("a"), Some(past())).await.expect("added");
    let processes = [engine.another_process().await, engine.another_process().await, engine.another_process().await];

    let fired = futures::future::join_all(processes.iter().enumerate().map(async |(number, process)| {
        let job = new_job(&format!("by {number}"));
        process.fire(&firing("a", past(), Some(job))).await.expect("answered")
    }))
    .await;

    assert_eq!(fired.iter().filter(|fired| **fired).count(), 1);
    let jobs = claim_all(&*engine.backplane, &worker("w"), LEASE).await;
    assert_eq!(jobs.len(), 1);
    let schedule = engine.backplane.schedule("a").await.expect("answered").expect("there");
    assert_eq!((schedule.last_run_at, schedule.last_job_id), (Some(past()), Some(jobs[0].lease.job_id.clone())));
}

pub(super) async fn a_firing_for_another_moment_changes_nothing(engine: Engine) {
    let backplane = &*engine.backplane;
    let next = future();
    backplane.add_schedule(&plan("a"), Some(next)).await.expect("added");

    assert!(!backplane.fire(&firing("a", past(), Some(new_job("x")))).await.expect("refused"));
    assert!(!backplane.fire(&firing("nobody", past(), Some(new_job("x")))).await.expect("refused"));

    assert_eq!(state(backplane, "x").await, None);
    assert_eq!(backplane.schedule("a").await.expect("answered").expect("there").next_run_at, Some(next));
}

pub(super) async fn a_run_whose_job_is_there_already_moves_the_schedule_on(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.add_schedule(&plan("a"), Some(past())).await.expect("added");
    backplane.enqueue(vec![new_job("run")]).await.expect("taken in");

    assert!(backplane.fire(&firing("a", past(), Some(new_job("run")))).await.expect("fired"));

    assert_eq!(claim_all(backplane, &worker("w"), LEASE).await.len(), 1);
    assert_eq!(backplane.due_schedules().await.expect("answered").schedules, []);
}

/// In Berlin, 2026-03-29 has no 02:30: the run of that day is due at 03:00, and everybody says so.
pub(super) async fn two_schedulers_make_one_job_of_a_night_in_which_clocks_change(engine: Engine) {
    let nightly = Plan { cron: "30 2 * * *".to_owned(), ..plan("nightly") };
    let before: Timestamp = "2026-03-28T12:00:00Z".parse().expect("a moment");
    let first = scheduler::first_run(&nightly, before).expect("a pattern");
    engine.backplane.add_schedule(&nightly, first).await.expect("added");
    let other = engine.another_process().await;

    let (one, two) = tokio::join!(scheduler::fire_due(&*engine.backplane), scheduler::fire_due(&*other));

    one.and(two).expect("fired");
    let jobs = claim_all(&*other, &worker("w"), LEASE).await;
    let ids: Vec<&str> = jobs.iter().map(|job| job.lease.job_id.as_str()).collect();
    assert_eq!(ids, ["nightly@2026-03-29T01:00:00Z"]);
    let next = other.schedule("nightly").await.expect("answered").expect("there").next_run_at;
    assert!(next > Some(Timestamp::now()), "{next:?}");
}
