//! How many jobs may run at the same time, and how many there may be.

use std::{sync::Arc, time::Duration};

use app::domain::JobState;
use serde_json::json;
use tokio::time::timeout;

use super::{Engine, LEASE, PATIENCE, QUEUE, claim_all, claim_one, finish, new_job, request, state, worker};
use crate::backplane::{Backplane, ClaimRequest, ClaimedJob, NewJob, Outcome};

fn keyed(id: &str) -> NewJob {
    NewJob { concurrency_key: Some("list".to_owned()), ..new_job(id) }
}

fn ids(jobs: &[ClaimedJob]) -> Vec<&str> {
    jobs.iter().map(|job| job.lease.job_id.as_str()).collect()
}

pub(super) async fn a_queue_runs_no_more_jobs_than_its_limit_over_all_processes(engine: Engine) {
    let backplane = &*engine.backplane;
    let other = engine.another_process().await;
    assert_eq!(backplane.set_concurrency_limit(&QUEUE.into(), Some(3)).await.expect("set"), None);
    other.enqueue((0..20).map(|number| new_job(&number.to_string())).collect()).await.expect("taken in");

    let (one, two) = (worker("one"), worker("two"));
    let (ours, theirs) = tokio::join!(claim_all(backplane, &one, LEASE), claim_all(&*other, &two, LEASE));

    assert_eq!(ours.len() + theirs.len(), 3);
    let running = [ours, theirs].concat();
    finish(backplane, &running[0], Outcome::Completed(json!(1))).await;
    assert_eq!(claim_all(&*other, &worker("two"), LEASE).await.len(), 1);
    assert_eq!(backplane.queue(&QUEUE.into()).await.expect("answered").expect("there").concurrency_limit, Some(3));
    assert_eq!(backplane.set_concurrency_limit(&QUEUE.into(), None).await.expect("lifted"), Some(3));
    assert_eq!(claim_all(backplane, &worker("one"), LEASE).await.len(), 10);
}

pub(super) async fn a_waiting_worker_is_woken_when_the_limit_has_room_again(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.set_concurrency_limit(&QUEUE.into(), Some(1)).await.expect("set");
    backplane.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");
    let running = claim_one(backplane, &worker("w"), LEASE).await;
    let waiting = wait_for_a_job(&engine).await;

    finish(backplane, &running, Outcome::Completed(json!(1))).await;

    assert_eq!(timeout(PATIENCE / 2, waiting).await.expect("woken").expect("joined").len(), 1);
}

/// A claim of another process that waits.
async fn wait_for_a_job(engine: &Engine) -> tokio::task::JoinHandle<Vec<ClaimedJob>> {
    let other = engine.another_process().await;
    assert_eq!(claim_all(&*other, &worker("other"), LEASE).await, []);
    tokio::spawn(async move { other.claim(&request(&worker("other"), LEASE), PATIENCE).await.expect("claimed") })
}

pub(super) async fn of_the_jobs_with_one_key_one_runs_at_a_time(engine: Engine) {
    let backplane = &*engine.backplane;
    let other_queue = NewJob { queue_name: "elsewhere".into(), ..keyed("3") };
    backplane.enqueue(vec![keyed("1"), keyed("2"), other_queue, new_job("free")]).await.expect("taken in");
    let everything = ClaimRequest { queues: vec![QUEUE.into(), "elsewhere".into()], ..request(&worker("w"), LEASE) };
    let claim = async || backplane.claim(&everything, Duration::ZERO).await.expect("claimed");

    let first = claim().await;
    assert_eq!(ids(&first).len(), 2, "{first:?}");
    assert!(ids(&first).contains(&"free"));
    assert_eq!(state(backplane, "3").await, Some(JobState::Waiting));

    let mut done: Vec<ClaimedJob> = first.into_iter().filter(|job| job.lease.job_id.as_str() != "free").collect();
    for _ in 0..2 {
        finish(backplane, done.last().expect("one"), Outcome::Completed(json!(1))).await;
        let next = claim().await;
        assert_eq!(next.len(), 1);
        done.extend(next);
    }
    let mut order = ids(&done);
    order.sort_unstable();
    assert_eq!(order, ["1", "2", "3"]);
}

pub(super) async fn a_key_is_passed_on_however_its_job_leaves(engine: Engine) {
    let backplane = &*engine.backplane;
    let outcomes = [
        Outcome::Failed { error: "no".to_owned() },
        Outcome::Retry { error: "no".to_owned(), delay: Duration::from_hours(1) },
        Outcome::Snoozed { delay: Duration::from_hours(1) },
        Outcome::Cancelled,
    ];
    backplane.enqueue(vec![keyed("0")]).await.expect("taken in");
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let running = claim_one(backplane, &worker("w"), LEASE).await;
        backplane.enqueue(vec![keyed(&(number + 1).to_string())]).await.expect("taken in");
        assert_eq!(claim_all(backplane, &worker("w"), LEASE).await, []);

        finish(backplane, &running, outcome).await;
    }
    // A job that waits may leave as well: by being called off, and by being removed.
    backplane.enqueue(vec![keyed("5"), keyed("6")]).await.expect("taken in");
    backplane.cancel(&"4".into()).await.expect("answered");
    backplane.remove(&"5".into()).await.expect("answered");
    assert_eq!(ids(&claim_all(backplane, &worker("w"), LEASE).await), ["6"]);
}

pub(super) async fn a_key_comes_back_with_its_job(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![keyed("1")]).await.expect("taken in");
    let running = claim_one(backplane, &worker("w"), LEASE).await;
    backplane.enqueue(vec![keyed("2")]).await.expect("taken in");

    finish(backplane, &running, Outcome::HandedBack).await;

    let running = claim_one(backplane, &worker("w"), LEASE).await;
    let first = running.lease.job_id.clone();
    finish(backplane, &running, Outcome::Retry { error: "no".to_owned(), delay: Duration::ZERO }).await;
    let second = claim_one(backplane, &worker("w"), LEASE).await;
    assert_ne!(second.lease.job_id, first);
    backplane.maintain().await.expect("kept");
    assert_eq!(claim_all(backplane, &worker("w"), LEASE).await, []);
    finish(backplane, &second, Outcome::Completed(json!(1))).await;
    let promoting = async {
        while claim_all(backplane, &worker("w"), LEASE).await.is_empty() {
            backplane.maintain().await.expect("kept");
        }
    };
    timeout(PATIENCE, promoting).await.expect("comes back");
}

pub(super) async fn a_waiting_worker_is_woken_when_a_key_is_passed_on(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![keyed("1"), keyed("2")]).await.expect("taken in");
    let running = claim_one(backplane, &worker("w"), LEASE).await;
    let waiting = wait_for_a_job(&engine).await;

    finish(backplane, &running, Outcome::Completed(json!(1))).await;

    assert_eq!(timeout(PATIENCE / 2, waiting).await.expect("woken").expect("joined").len(), 1);
}

pub(super) async fn many_processes_never_run_two_jobs_of_one_key(engine: Engine) {
    let processes = [Arc::clone(&engine.backplane), engine.another_process().await, engine.another_process().await];
    let running = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let done = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let jobs = 30;

    let works = processes.into_iter().enumerate().map(|(number, backplane)| {
        let (running, done) = (Arc::clone(&running), Arc::clone(&done));
        async move {
            let mine = (0..jobs / 3).map(|job| keyed(&format!("{number}-{job}")));
            for job in mine {
                backplane.enqueue(vec![job]).await.expect("taken in");
            }
            let worker = worker(&format!("w{number}"));
            while done.load(std::sync::atomic::Ordering::SeqCst) < jobs {
                let claimed =
                    backplane.claim(&request(&worker, LEASE), Duration::from_millis(50)).await.expect("claimed");
                for job in claimed {
                    assert_eq!(running.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0, "two at a time");
                    tokio::task::yield_now().await;
                    running.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    finish(&*backplane, &job, Outcome::Completed(json!(1))).await;
                    done.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
            }
        }
    });

    timeout(PATIENCE, futures::future::join_all(works)).await.expect("none is forgotten");
}

/// A job that keeps a unique key for a time.
fn kept(id: &str, key: &str, unique_for: Duration) -> NewJob {
    NewJob { unique_key: Some(key.to_owned()), unique_for: Some(unique_for), ..new_job(id) }
}

/// Lets the time of a key end whose job has ended.
async fn until_free(backplane: &dyn Backplane, key: &str) {
    let freed = async {
        while !backplane.enqueue(vec![kept("free", key, Duration::ZERO)]).await.expect("taken in")[0].is_new {}
    };
    timeout(PATIENCE, freed).await.expect("free again");
}

pub(super) async fn a_unique_key_may_outlive_its_job_for_a_time(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![kept("a", "key", Duration::from_hours(1))]).await.expect("taken in");
    let job = claim_one(backplane, &worker("w"), LEASE).await;
    finish(backplane, &job, Outcome::Completed(json!(1))).await;

    let again = backplane.enqueue(vec![kept("b", "key", Duration::from_hours(1))]).await.expect("taken in");

    assert_eq!((again[0].job_id.as_str(), again[0].is_new), ("a", false));
    backplane.remove(&"a".into()).await.expect("answered");
    let brief = backplane.enqueue(vec![kept("c", "key", Duration::from_millis(1))]).await.expect("taken in");
    assert!(brief[0].is_new);
    let job = claim_one(backplane, &worker("w"), LEASE).await;
    finish(backplane, &job, Outcome::Completed(json!(1))).await;
    until_free(backplane, "key").await;
}

pub(super) async fn a_unique_key_is_not_free_before_its_job_has_ended_although_its_time_is_over(engine: Engine) {
    let backplane = &*engine.backplane;
    let brief = Duration::from_millis(1);
    backplane.enqueue(vec![NewJob { priority: 9, ..kept("clock", "clock", brief) }]).await.expect("taken in");
    backplane.enqueue(vec![kept("a", "key", brief)]).await.expect("taken in");
    let request = ClaimRequest { limit: 1, ..request(&worker("w"), LEASE) };
    let clock = backplane.claim(&request, Duration::ZERO).await.expect("claimed");
    finish(backplane, &clock[0], Outcome::Completed(json!(1))).await;
    until_free(backplane, "clock").await;
    backplane.maintain().await.expect("kept");

    let again = backplane.enqueue(vec![kept("b", "key", brief)]).await.expect("taken in");

    assert_eq!((again[0].job_id.as_str(), again[0].is_new), ("a", false));
}

pub(super) async fn of_the_ended_jobs_the_youngest_are_kept(engine: Engine) {
    let backplane = &*engine.backplane;
    let most = super::RETENTION.job_count;
    let kept = usize::try_from(most).expect("few");
    let all: Vec<NewJob> = (0..kept + 10).map(|number| new_job(&format!("{number:03}"))).collect();
    backplane.enqueue(all).await.expect("taken in");
    for _ in 0..=kept / 10 {
        for job in claim_all(backplane, &worker("w"), LEASE).await {
            finish(backplane, &job, Outcome::Completed(json!(1))).await;
        }
    }

    let trimming = async {
        while backplane.queue(&QUEUE.into()).await.expect("answered").expect("there").counts.completed > most {
            backplane.maintain().await.expect("kept");
        }
    };

    timeout(PATIENCE, trimming).await.expect("trimmed");
    assert_eq!(state(backplane, "000").await, None);
    assert_eq!(state(backplane, &format!("{:03}", kept + 9)).await, Some(JobState::Completed));
}
