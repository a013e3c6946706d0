//! Ending attempts. Whatever is written under a lease that was lost is refused.

use std::time::Duration;

use app::domain::JobState;
use serde_json::json;

use super::{Engine, LEASE, claim_all, claim_one, finish, new_job, worker};
use crate::backplane::{ClaimedJob, Finished, Outcome, Progress};

/// A job in the hands of a worker that doesn't know yet that it lost it, and of the one that has it now.
async fn a_job_that_moved_on(engine: &Engine) -> (ClaimedJob, ClaimedJob) {
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let late = claim_one(&*engine.backplane, &worker("late"), Duration::ZERO).await;
    while engine.backplane.maintain().await.expect("kept").rescued == 0 {
        tokio::task::yield_now().await;
    }
    let now = claim_one(&*engine.backplane, &worker("now"), LEASE).await;
    (late, now)
}

pub(super) async fn a_result_ends_the_job(engine: Engine) {
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let job = claim_one(&*engine.backplane, &worker("w"), LEASE).await;

    let finished = finish(&*engine.backplane, &job, Outcome::Completed(json!(7))).await;

    assert_eq!(finished, Finished::Accepted);
    assert_eq!(engine.backplane.job_state(&"a".into()).await.expect("answered"), Some(JobState::Completed));
    assert_eq!(finish(&*engine.backplane, &job, Outcome::Completed(json!(8))).await, Finished::Refused);
}

pub(super) async fn a_retry_comes_back_with_the_next_attempt(engine: Engine) {
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let job = claim_one(&*engine.backplane, &worker("w"), LEASE).await;
    let retry = Outcome::Retry { error: "no".to_owned(), delay: Duration::ZERO };

    finish(&*engine.backplane, &job, retry).await;

    assert_eq!(engine.backplane.job_state(&"a".into()).await.expect("answered"), Some(JobState::Delayed));
    engine.backplane.maintain().await.expect("kept");
    assert_eq!(claim_one(&*engine.backplane, &worker("w"), LEASE).await.attempt, 2);
}

pub(super) async fn a_job_that_is_handed_back_keeps_its_attempt(engine: Engine) {
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let job = claim_one(&*engine.backplane, &worker("w"), LEASE).await;

    finish(&*engine.backplane, &job, Outcome::HandedBack).await;

    assert_eq!(claim_one(&*engine.backplane, &worker("w"), LEASE).await.attempt, 1);
}

pub(super) async fn a_late_finish_is_refused_after_the_lease_moved_on(engine: Engine) {
    let (late, now) = a_job_that_moved_on(&engine).await;

    let refused = finish(&*engine.backplane, &late, Outcome::Completed(json!("late"))).await;

    assert_eq!(refused, Finished::Refused);
    assert_eq!(finish(&*engine.backplane, &now, Outcome::Completed(json!("now"))).await, Finished::Accepted);
    assert_eq!(claim_all(&*engine.backplane, &worker("w"), LEASE).await, []);
}

pub(super) async fn a_late_report_is_refused_after_the_lease_moved_on(engine: Engine) {
    let (late, now) = a_job_that_moved_on(&engine).await;

    let refused = engine.backplane.report(&late.lease, Progress::default()).await.expect("answered");

    assert_eq!(refused, Finished::Refused);
    let taken = engine.backplane.report(&now.lease, Progress::default()).await.expect("answered");
    assert_eq!(taken, Finished::Accepted);
}
