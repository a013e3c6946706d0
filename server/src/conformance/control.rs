//! What operators do to jobs and queues.

use std::time::Duration;

use app::{
    domain::{JobState, QueueName},
    events::{Event, JobStatus},
};
use serde_json::json;
use tokio::time::timeout;

use super::{
    Engine, LEASE, PATIENCE, QUEUE, claim_all, claim_one, events_after, finish, heartbeat, new_job, profile, request,
    stall, state, worker,
};
use crate::backplane::{
    Backplane, CalledOff, DeadLetters, Directive, Finished, NewJob, Outcome, Pause, Removal, Retried,
};

fn later(id: &str) -> NewJob {
    NewJob { delay: Duration::from_hours(1), ..new_job(id) }
}

fn failed(error: &str) -> Outcome {
    Outcome::Failed { error: error.to_owned() }
}

/// A job that was dead-lettered with an error.
async fn dead_letter(backplane: &dyn Backplane, id: &str, error: &str) {
    backplane.enqueue(vec![new_job(id)]).await.expect("taken in");
    let job = claim_one(backplane, &worker("w"), LEASE).await;
    finish(backplane, &job, failed(error)).await;
}

fn letters(limit: u32, fingerprint: Option<String>) -> DeadLetters {
    DeadLetters { queue_name: QUEUE.into(), limit, fingerprint }
}

pub(super) async fn a_job_that_has_not_begun_is_called_off_at_once(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![new_job("waiting"), later("delayed")]).await.expect("taken in");
    let before = backplane.head().await.expect("an end");

    for (id, called_off) in [
        ("waiting", CalledOff::AtOnce(JobState::Waiting)),
        ("delayed", CalledOff::AtOnce(JobState::Delayed)),
        ("waiting", CalledOff::Ended(JobState::Cancelled)),
    ] {
        assert_eq!(backplane.cancel(&id.into()).await.expect("answered"), Some(called_off));
    }

    assert_eq!(claim_all(backplane, &worker("w"), LEASE).await, []);
    let told: Vec<_> = events_after(backplane, &before).await.into_iter().filter_map(status).collect();
    assert_eq!(told, [JobStatus::Cancelled, JobStatus::Cancelled]);
    assert_eq!(backplane.cancel(&"nobody".into()).await.expect("answered"), None);
}

fn status(event: Event) -> Option<JobStatus> {
    match event {
        Event::JobUpdate(update) => Some(update.status),
        _ => None,
    }
}

/// Noticed at the heartbeat, whether or not anything was pushed before.
pub(super) async fn a_running_job_that_is_called_off_is_told_so_by_every_heartbeat(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");
    let jobs = claim_all(backplane, &worker("w"), LEASE).await;
    let leases: Vec<_> = jobs.iter().map(|job| job.lease.clone()).collect();

    for called_off in [CalledOff::Asked, CalledOff::AskedBefore] {
        assert_eq!(engine.another_process().await.cancel(&leases[0].job_id).await.expect("answered"), Some(called_off));
    }

    for _ in 0..2 {
        assert_eq!(heartbeat(backplane, "w", &leases).await, [Directive::Cancel(leases[0].clone())]);
    }
    assert_eq!(finish(backplane, &jobs[0], Outcome::Cancelled).await, Finished::Accepted);
    assert_eq!(state(backplane, &leases[0].job_id.0).await, Some(JobState::Cancelled));
    assert_eq!(heartbeat(backplane, "w", &leases[1..]).await, []);
}

pub(super) async fn a_worker_is_summoned_when_its_job_is_called_off_by_another_process(engine: Engine) {
    let backplane = &engine.backplane;
    backplane.join(&profile("w")).await.expect("joined");
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let job = claim_one(&**backplane, &worker("w"), LEASE).await;
    let other = engine.another_process().await;
    let summoned = tokio::spawn({
        let backplane = std::sync::Arc::clone(backplane);
        async move { backplane.summons(&worker("w")).await }
    });

    // Asked again, for nothing says when the one who waits has begun to.
    let asking = async {
        while !summoned.is_finished() {
            other.cancel(&job.lease.job_id).await.expect("answered");
            tokio::task::yield_now().await;
        }
    };

    timeout(PATIENCE, asking).await.expect("summoned");
}

pub(super) async fn a_job_that_was_called_off_is_cancelled_however_its_attempt_ends_without_a_result(engine: Engine) {
    let backplane = &*engine.backplane;
    let retry = Outcome::Retry { error: "no".to_owned(), delay: Duration::ZERO };
    for (id, outcome) in [("a", retry), ("b", Outcome::Snoozed { delay: Duration::ZERO }), ("c", Outcome::HandedBack)] {
        backplane.enqueue(vec![new_job(id)]).await.expect("taken in");
        let job = claim_one(backplane, &worker("w"), LEASE).await;
        backplane.cancel(&id.into()).await.expect("answered");

        finish(backplane, &job, outcome).await;

        assert_eq!(state(backplane, id).await, Some(JobState::Cancelled), "{id}");
    }
    backplane.enqueue(vec![new_job("d")]).await.expect("taken in");
    let job = claim_one(backplane, &worker("w"), LEASE).await;
    backplane.cancel(&"d".into()).await.expect("answered");
    finish(backplane, &job, Outcome::Completed(json!(1))).await;
    assert_eq!(state(backplane, "d").await, Some(JobState::Completed));
}

pub(super) async fn a_job_that_was_called_off_is_cancelled_when_its_worker_dies(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let job = claim_one(backplane, &worker("w"), Duration::ZERO).await;

    backplane.cancel(&job.lease.job_id).await.expect("answered");

    let dying = async {
        while state(backplane, "a").await != Some(JobState::Cancelled) {
            backplane.maintain().await.expect("kept");
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, dying).await.expect("cancelled");
}

/// From which state to which a job went that was to be taken up again.
async fn retried(backplane: &dyn Backplane, id: &str) -> Option<(JobState, JobState)> {
    backplane.retry(&id.into()).await.expect("answered").map(|Retried { from, to }| (from, to))
}

pub(super) async fn a_dead_letter_is_taken_up_again_with_all_its_attempts(engine: Engine) {
    let backplane = &*engine.backplane;
    dead_letter(backplane, "a", "no").await;

    assert_eq!(retried(backplane, "a").await, Some((JobState::Failed, JobState::Waiting)));
    assert_eq!(retried(backplane, "a").await, Some((JobState::Waiting, JobState::Waiting)));

    let job = claim_one(backplane, &worker("w"), LEASE).await;
    assert_eq!(job.attempt, 1);
    finish(backplane, &job, Outcome::Completed(json!(1))).await;
    let detail = backplane.job(&"a".into()).await.expect("answered").expect("there");
    assert_eq!(detail.attempts.len(), 2, "{:?}", detail.attempts);
    assert_eq!(detail.attempts[0].error.as_deref(), Some("no"));
    assert_eq!(retried(backplane, "a").await, Some((JobState::Completed, JobState::Completed)));
    assert_eq!(retried(backplane, "nobody").await, None);
}

pub(super) async fn a_delayed_job_can_be_started_now(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![later("a")]).await.expect("taken in");

    assert_eq!(retried(backplane, "a").await, Some((JobState::Delayed, JobState::Waiting)));

    assert_eq!(claim_one(backplane, &worker("w"), LEASE).await.lease.job_id.as_str(), "a");
}

pub(super) async fn a_dead_letter_stays_while_another_job_has_its_unique_key(engine: Engine) {
    let backplane = &*engine.backplane;
    let keyed = |id: &str| NewJob { unique_key: Some("key".to_owned()), ..new_job(id) };
    backplane.enqueue(vec![keyed("a")]).await.expect("taken in");
    let job = claim_one(backplane, &worker("w"), LEASE).await;
    finish(backplane, &job, failed("no")).await;
    backplane.enqueue(vec![keyed("b")]).await.expect("taken in");

    assert_eq!(retried(backplane, "a").await, Some((JobState::Failed, JobState::Failed)));
    assert_eq!(backplane.replay(&letters(10, None)).await.expect("answered"), 0);

    let job = claim_one(backplane, &worker("w"), LEASE).await;
    finish(backplane, &job, Outcome::Completed(json!(1))).await;
    assert_eq!(backplane.replay(&letters(10, None)).await.expect("answered"), 1);
    let again = backplane.enqueue(vec![keyed("c")]).await.expect("taken in");
    assert_eq!((again[0].job_id.as_str(), again[0].is_new), ("a", false));
}

pub(super) async fn dead_letters_are_replayed_the_oldest_first_and_no_more_than_asked_for(engine: Engine) {
    let backplane = &*engine.backplane;
    for id in ["1", "2", "3"] {
        dead_letter(backplane, id, "no").await;
    }

    assert_eq!(backplane.replay(&letters(2, None)).await.expect("answered"), 2);

    assert_eq!(state(backplane, "3").await, Some(JobState::Failed));
    assert_eq!(claim_all(backplane, &worker("w"), LEASE).await.len(), 2);
    assert_eq!(backplane.replay(&letters(10, None)).await.expect("answered"), 1);
    assert_eq!(backplane.replay(&letters(10, None)).await.expect("answered"), 0);
}

pub(super) async fn dead_letters_are_chosen_by_the_fingerprint_of_their_error(engine: Engine) {
    let backplane = &*engine.backplane;
    dead_letter(backplane, "1", "customer 17 not found").await;
    dead_letter(backplane, "2", "timed out").await;
    dead_letter(backplane, "3", "customer 4711 not found").await;
    let fingerprint =
        backplane.job(&"1".into()).await.expect("answered").expect("there").job.error_fingerprint.expect("a print");

    assert_eq!(backplane.replay(&letters(10, Some(fingerprint.clone()))).await.expect("answered"), 2);
    assert_eq!(state(backplane, "2").await, Some(JobState::Failed));

    for job in claim_all(backplane, &worker("w"), LEASE).await {
        finish(backplane, &job, failed("customer 1 not found")).await;
    }
    assert_eq!(backplane.discard(&letters(10, Some(fingerprint))).await.expect("answered"), 2);
    assert_eq!(state(backplane, "1").await, None);
    assert_eq!(state(backplane, "2").await, Some(JobState::Failed));
    assert_eq!(backplane.discard(&letters(10, None)).await.expect("answered"), 1);
    assert_eq!(backplane.queue(&QUEUE.into()).await.expect("answered").expect("there").counts.failed, 0);
}

pub(super) async fn a_job_that_no_worker_has_can_be_removed(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![new_job("active")]).await.expect("taken in");
    let job = claim_one(backplane, &worker("w"), LEASE).await;
    backplane.enqueue(vec![new_job("waiting"), later("delayed")]).await.expect("taken in");
    let before = backplane.head().await.expect("an end");

    assert_eq!(backplane.remove(&"active".into()).await.expect("answered"), Some(Removal::Active));
    for (id, was) in [("waiting", JobState::Waiting), ("delayed", JobState::Delayed)] {
        assert_eq!(backplane.remove(&id.into()).await.expect("answered"), Some(Removal::Removed(was)));
        assert_eq!(backplane.remove(&id.into()).await.expect("answered"), None);
        assert_eq!(state(backplane, id).await, None);
    }

    let told: Vec<_> = events_after(backplane, &before).await.into_iter().filter_map(status).collect();
    assert_eq!(told, [JobStatus::Cancelled, JobStatus::Cancelled]);
    finish(backplane, &job, failed("no")).await;
    assert_eq!(backplane.remove(&"active".into()).await.expect("answered"), Some(Removal::Removed(JobState::Failed)));
    assert_eq!(backplane.job(&"active".into()).await.expect("answered"), None);
    // Its id is free again, and nothing of its past comes back with it.
    assert!(backplane.enqueue(vec![new_job("active")]).await.expect("taken in")[0].is_new);
    assert_eq!(backplane.job(&"active".into()).await.expect("answered").expect("there").attempts, []);
}

pub(super) async fn a_paused_queue_gives_no_jobs_until_it_goes_on(engine: Engine) {
    let backplane = &engine.backplane;
    let queue: QueueName = QUEUE.into();
    let before = backplane.head().await.expect("an end");
    for was in [Pause::Running, Pause::Paused] {
        assert_eq!(engine.another_process().await.set_paused(&queue, Pause::Paused).await.expect("paused"), was);
    }
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    assert_eq!(claim_all(&**backplane, &worker("w"), LEASE).await, []);
    assert!(backplane.queue(&queue).await.expect("answered").expect("there").paused);
    let waiting = tokio::spawn({
        let backplane = std::sync::Arc::clone(backplane);
        async move { backplane.claim(&request(&worker("w"), LEASE), PATIENCE).await }
    });

    engine.another_process().await.set_paused(&queue, Pause::Running).await.expect("goes on");

    let jobs = timeout(PATIENCE / 2, waiting).await.expect("woken").expect("joined").expect("claimed");
    assert_eq!(jobs.len(), 1);
    let told = events_after(&**backplane, &before).await.into_iter().filter_map(|event| match event {
        Event::QueueUpdate(update) => Some((update.paused, update.counts.waiting)),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [(true, 0), (false, 1)]);
}

pub(super) async fn a_handed_back_job_of_a_paused_queue_waits_with_the_others(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let job = claim_one(backplane, &worker("w"), LEASE).await;
    backplane.set_paused(&QUEUE.into(), Pause::Paused).await.expect("paused");

    finish(backplane, &job, Outcome::HandedBack).await;

    assert_eq!(claim_all(backplane, &worker("w"), LEASE).await, []);
    assert_eq!(state(backplane, "a").await, Some(JobState::Waiting));
}

pub(super) async fn too_many_deaths_leave_a_fingerprint_and_a_past(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    for _ in 0..3 {
        stall(backplane, async |_| {}).await;
    }

    let detail = backplane.job(&"a".into()).await.expect("answered").expect("there");
    assert_eq!(detail.job.state, JobState::Failed);
    assert!(detail.job.error_fingerprint.is_some());
    assert_eq!(detail.attempts.len(), 3);
    assert!(detail.attempts.iter().all(|attempt| attempt.error.is_some()));
}
