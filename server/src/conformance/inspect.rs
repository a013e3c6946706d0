//! What can be seen of jobs and queues.

use std::time::Duration;

use app::domain::{Job, JobLogLine, JobState, LogLevel};
use jiff::Timestamp;
use serde_json::json;

use super::{Engine, LEASE, QUEUE, claim_all, claim_one, finish, new_job, profile, state, worker};
use crate::backplane::{
    Backplane, ClaimRequest, Exchange, Finished, NewJob, Outcome, Pause, Place, Progress, Shelf,
    words::{LOG_LINE_BYTES, LOG_LINES},
};

fn line(text: &str) -> JobLogLine {
    // Times are kept to the millisecond.
    let at = Timestamp::from_millisecond(1_700_000_000_123).expect("a moment");
    JobLogLine { at, level: LogLevel::Warn, line: text.to_owned() }
}

fn shelf(state: JobState) -> Shelf {
    Shelf { state, queue_name: None, after: None, limit: 100 }
}

fn ids(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.job_id.as_str()).collect()
}

async fn on(backplane: &dyn Backplane, shelf: &Shelf) -> Vec<Job> {
    backplane.shelf(shelf).await.expect("answered")
}

pub(super) async fn a_job_can_be_seen_with_all_that_is_known_of_it(engine: Engine) {
    let backplane = &*engine.backplane;
    let job = NewJob {
        priority: 7,
        unique_key: Some("unique".to_owned()),
        concurrency_key: Some("one at a time".to_owned()),
        ..new_job("a")
    };
    backplane.enqueue(vec![job]).await.expect("taken in");
    let first = claim_one(backplane, &worker("one"), LEASE).await;
    let retry = Outcome::Retry { error: "disk: \"full\"\nno space".to_owned(), delay: Duration::ZERO };
    finish(backplane, &first, retry).await;
    backplane.maintain().await.expect("kept");
    let second = claim_one(backplane, &worker("two"), LEASE).await;
    let progress = Progress { percent: 40, stage: Some("copying".to_owned()), message: Some("so \"far\"".to_owned()) };
    backplane.report(&second.lease, progress).await.expect("reported");

    let seen = backplane.job(&"a".into()).await.expect("answered").expect("there");

    let job = &seen.job;
    assert_eq!((job.job_id.as_str(), job.queue_name.as_str(), job.job_name.as_str()), ("a", QUEUE, "test"));
    assert_eq!((job.state, job.priority, job.attempt, job.max_attempts), (JobState::Active, 7, 2, 5));
    assert_eq!((job.progress, job.stage.as_deref(), job.message.as_deref()), (40, Some("copying"), Some("so \"far\"")));
    assert_eq!((&job.data, &job.result, &job.error), (&json!({"for": "a"}), &None, &None));
    assert_eq!(job.unique_key.as_deref(), Some("unique"));
    assert_eq!(job.concurrency_key.as_deref(), Some("one at a time"));
    assert_eq!(job.worker_id, Some(worker("two")));
    assert!(job.created_at <= job.run_at && Some(job.run_at) <= job.started_at && job.finished_at.is_none());
    assert_eq!(seen.attempts.len(), 1);
    assert_eq!((seen.attempts[0].attempt, &seen.attempts[0].worker_id), (1, &worker("one")));
    assert_eq!(seen.attempts[0].error.as_deref(), Some("disk: \"full\"\nno space"));

    finish(backplane, &second, Outcome::Completed(json!({"rows": 3}))).await;

    let seen = backplane.job(&"a".into()).await.expect("answered").expect("there");
    assert_eq!(
        (seen.job.state, seen.job.progress, seen.job.result),
        (JobState::Completed, 100, Some(json!({"rows": 3})))
    );
    assert_eq!(seen.job.worker_id, Some(worker("two")));
    assert_eq!(seen.attempts.len(), 2);
    assert_eq!((seen.attempts[1].attempt, &seen.attempts[1].error), (2, &None));
    assert_eq!(seen.job.finished_at, Some(seen.attempts[1].finished_at));
    assert_eq!(backplane.job(&"nobody".into()).await.expect("answered"), None);
}

pub(super) async fn a_running_job_that_was_called_off_is_seen_as_such(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    claim_one(backplane, &worker("w"), LEASE).await;

    backplane.cancel(&"a".into()).await.expect("answered");

    assert!(backplane.job(&"a".into()).await.expect("answered").expect("there").job.cancel_requested);
}

pub(super) async fn a_job_may_say_what_it_does_and_its_last_words_are_kept(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let job = claim_one(backplane, &worker("w"), LEASE).await;
    let said = vec![line("first"), line("\u{1b}[31mred <b>"), line(&"ä".repeat(LOG_LINE_BYTES))];

    assert_eq!(backplane.log(&job.lease, said).await.expect("answered"), Finished::Accepted);

    let log = backplane.job(&"a".into()).await.expect("answered").expect("there").log;
    assert_eq!(log[..2], [line("first"), line("\u{1b}[31mred <b>")]);
    assert_eq!(log[2].line, "ä".repeat(LOG_LINE_BYTES / 2));
    for hundred in 0..=LOG_LINES / 100 {
        let lines = (0..100).map(|number| line(&(hundred * 100 + number).to_string())).collect();
        backplane.log(&job.lease, lines).await.expect("answered");
    }
    let log = backplane.job(&"a".into()).await.expect("answered").expect("there").log;
    assert_eq!(log.len(), LOG_LINES);
    assert_eq!((log[0].line.as_str(), log[LOG_LINES - 1].line.as_str()), ("100", "1099"));
    finish(backplane, &job, Outcome::Completed(json!(1))).await;
    assert_eq!(backplane.log(&job.lease, vec![line("late")]).await.expect("answered"), Finished::Refused);
}

pub(super) async fn waiting_jobs_are_listed_as_they_will_be_claimed(engine: Engine) {
    let backplane = &*engine.backplane;
    let elsewhere = NewJob { queue_name: "elsewhere".into(), priority: 5, ..new_job("b") };
    backplane
        .enqueue(vec![new_job("c"), new_job("a"), elsewhere, NewJob { priority: 9, ..new_job("d") }])
        .await
        .expect("taken in");

    let all = on(backplane, &shelf(JobState::Waiting)).await;

    assert_eq!(ids(&all), ["d", "b", "a", "c"]);
    let of_queue = Shelf { queue_name: Some(QUEUE.into()), ..shelf(JobState::Waiting) };
    assert_eq!(ids(&on(backplane, &of_queue).await), ["d", "a", "c"]);
    let mut paged = Vec::new();
    let mut page = Shelf { limit: 1, ..shelf(JobState::Waiting) };
    while let Some(job) = on(backplane, &page).await.pop() {
        page.after = Some(Place::of(&job));
        paged.push(job.job_id.0);
    }
    assert_eq!(paged, ["d", "b", "a", "c"]);
}

pub(super) async fn each_state_is_listed_in_its_own_order(engine: Engine) {
    let backplane = &*engine.backplane;
    let delayed = |id: &str, hours| NewJob { delay: Duration::from_hours(hours), ..new_job(id) };
    backplane.enqueue(vec![delayed("late", 2), delayed("soon", 1)]).await.expect("taken in");
    for id in ["1", "2"] {
        backplane.enqueue(vec![new_job(id)]).await.expect("taken in");
        let job = claim_one(backplane, &worker("w"), LEASE).await;
        finish(backplane, &job, Outcome::Completed(json!(1))).await;
        backplane.enqueue(vec![new_job(&format!("f{id}"))]).await.expect("taken in");
        let job = claim_one(backplane, &worker("w"), LEASE).await;
        finish(backplane, &job, Outcome::Failed { error: "no".to_owned() }).await;
        backplane.enqueue(vec![new_job(&format!("c{id}"))]).await.expect("taken in");
        backplane.cancel(&format!("c{id}").as_str().into()).await.expect("answered");
    }
    backplane.enqueue(vec![new_job("running")]).await.expect("taken in");
    claim_one(backplane, &worker("w"), LEASE).await;

    assert_eq!(ids(&on(backplane, &shelf(JobState::Delayed)).await), ["soon", "late"]);
    assert_eq!(ids(&on(backplane, &shelf(JobState::Active)).await), ["running"]);
    for (ended, prefix) in [(JobState::Completed, ""), (JobState::Failed, "f"), (JobState::Cancelled, "c")] {
        let mut jobs = on(backplane, &shelf(ended)).await;
        assert!(jobs.iter().map(Place::of).is_sorted(), "{jobs:?}");
        let second = Shelf { after: Some(Place::of(&jobs[0])), ..shelf(ended) };
        assert_eq!(on(backplane, &second).await, jobs[1..]);
        jobs.sort_by(|a, b| a.job_id.cmp(&b.job_id));
        assert_eq!(ids(&jobs), [format!("{prefix}1"), format!("{prefix}2")]);
    }
}

pub(super) async fn a_queue_counts_its_jobs_by_state(engine: Engine) {
    let backplane = &*engine.backplane;
    let other = engine.another_process().await;
    backplane.join(&profile("w")).await.expect("joined");
    assert_eq!(backplane.queue(&QUEUE.into()).await.expect("answered"), None);
    let delayed = NewJob { delay: Duration::from_hours(1), ..new_job("delayed") };
    let jobs: Vec<_> = (0..12).map(|number| new_job(&number.to_string())).chain([delayed]).collect();
    other.enqueue(jobs).await.expect("taken in");
    let claimed = claim_all(backplane, &worker("w"), LEASE).await;
    for job in &claimed[..3] {
        finish(&*other, job, Outcome::Completed(json!(1))).await;
    }
    finish(backplane, &claimed[3], Outcome::Failed { error: "no".to_owned() }).await;
    finish(backplane, &claimed[4], Outcome::Retry { error: "no".to_owned(), delay: LEASE }).await;
    finish(backplane, &claimed[5], Outcome::HandedBack).await;
    finish(backplane, &claimed[6], Outcome::Cancelled).await;

    let queue = backplane.queue(&QUEUE.into()).await.expect("answered").expect("there");

    let counts = queue.counts;
    assert_eq!((counts.waiting, counts.active, counts.delayed), (3, 3, 2));
    assert_eq!((counts.completed, counts.failed, counts.cancelled), (3, 1, 1));
    assert_eq!((queue.consumers, queue.rate_per_minute, queue.paused), (1, 3, false));
    assert!(queue.oldest_waiting_ms.is_some());
    let mut queues = backplane.queues().await.expect("answered");
    // Time goes on.
    queues[0].oldest_waiting_ms = queue.oldest_waiting_ms;
    assert_eq!(queues, [queue]);
    assert_eq!(backplane.recount().await.expect("answered"), []);
}

pub(super) async fn counters_hold_through_rescue_promotion_replay_and_removal(engine: Engine) {
    let backplane = &*engine.backplane;
    let soon = NewJob { delay: Duration::from_millis(1), ..new_job("soon") };
    let keyed = |id: &str| NewJob { concurrency_key: Some("key".to_owned()), ..new_job(id) };
    backplane.enqueue(vec![soon, keyed("1"), keyed("2"), new_job("3"), new_job("4")]).await.expect("taken in");
    claim_all(backplane, &worker("dying"), Duration::ZERO).await;
    while state(backplane, "soon").await == Some(JobState::Delayed)
        || backplane.queue(&QUEUE.into()).await.expect("answered").expect("there").counts.active > 0
    {
        backplane.maintain().await.expect("kept");
    }
    let claimed = claim_all(backplane, &worker("w"), LEASE).await;
    for job in &claimed {
        finish(backplane, job, Outcome::Failed { error: "no".to_owned() }).await;
    }
    backplane.retry(&claimed[0].lease.job_id).await.expect("answered");
    backplane.remove(&claimed[1].lease.job_id).await.expect("answered");
    backplane.cancel(&claimed[0].lease.job_id).await.expect("answered");

    let queue = backplane.queue(&QUEUE.into()).await.expect("answered").expect("there");

    assert_eq!(backplane.recount().await.expect("answered"), []);
    assert_eq!(backplane.queue(&QUEUE.into()).await.expect("answered").expect("there").counts, queue.counts);
    let counts = queue.counts;
    let total = counts.waiting + counts.active + counts.delayed + counts.completed + counts.failed + counts.cancelled;
    assert_eq!(total, 4, "{counts:?}");
}

pub(super) async fn a_queue_that_was_only_set_up_is_listed(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.set_concurrency_limit(&"limited".into(), Some(2)).await.expect("set");
    backplane.set_paused(&"paused".into(), Pause::Paused).await.expect("paused");

    let queues = backplane.queues().await.expect("answered");

    let names: Vec<_> = queues.iter().map(|queue| queue.queue_name.as_str()).collect();
    assert_eq!(names, ["limited", "paused"]);
    assert_eq!((queues[0].concurrency_limit, queues[1].paused), (Some(2), true));
}

pub(super) async fn endings_and_the_next_claim_are_one_exchange(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue((0..4).map(|number| new_job(&number.to_string())).collect()).await.expect("taken in");
    let two = ClaimRequest { limit: 2, ..super::request(&worker("w"), LEASE) };
    let jobs = backplane.claim(&two, Duration::ZERO).await.expect("claimed");
    let endings = jobs.iter().map(|job| super::ending(job, Outcome::Completed(json!(1)))).collect::<Vec<_>>();

    let Exchange { finished, claimed } = backplane.exchange(endings.clone(), Some(&two)).await.expect("exchanged");

    assert_eq!(finished, [Finished::Accepted; 2]);
    assert_eq!(claimed.len(), 2);
    assert_eq!(state(backplane, "0").await, Some(JobState::Completed));
    let again = backplane.exchange(endings, Some(&two)).await.expect("answered");
    assert_eq!(again, Exchange { finished: vec![Finished::Refused; 2], claimed: Vec::new() });
}
