//! Taking jobs in.

use std::time::Duration;

use app::domain::JobState;
use serde_json::json;

use super::{Engine, LEASE, claim_all, claim_one, new_job, worker};
use crate::backplane::{Ending, NewJob, Outcome};

fn keyed(id: &str) -> NewJob {
    NewJob { unique_key: Some("key".to_owned()), ..new_job(id) }
}

pub(super) async fn a_job_that_was_taken_in_is_waiting(engine: Engine) {
    let taken = engine.backplane.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");

    assert!(taken.iter().all(|job| job.is_new));
    let state = engine.backplane.job_state(&"b".into()).await.expect("answered");
    assert_eq!(state, Some(JobState::Waiting));
    assert_eq!(engine.backplane.job_state(&"c".into()).await.expect("answered"), None);
}

pub(super) async fn a_unique_key_that_is_alive_makes_no_second_job(engine: Engine) {
    engine.backplane.enqueue(vec![keyed("a")]).await.expect("taken in");

    let second = engine.backplane.enqueue(vec![keyed("b")]).await.expect("taken in");

    assert_eq!(second[0].job_id, "a".into());
    assert!(!second[0].is_new);
    assert_eq!(claim_all(&*engine.backplane, &worker("w"), LEASE).await.len(), 1);
}

pub(super) async fn a_unique_key_is_free_again_when_its_job_has_ended(engine: Engine) {
    engine.backplane.enqueue(vec![keyed("a")]).await.expect("taken in");
    let job = claim_one(&*engine.backplane, &worker("w"), LEASE).await;
    let ending = Ending { lease: job.lease, outcome: Outcome::Completed(json!(null)) };
    engine.backplane.finish(vec![ending]).await.expect("finished");

    let second = engine.backplane.enqueue(vec![keyed("b")]).await.expect("taken in");

    assert!(second[0].is_new);
}

pub(super) async fn the_id_of_an_ended_job_makes_no_second_one(engine: Engine) {
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let job = claim_one(&*engine.backplane, &worker("w"), LEASE).await;
    let ending = Ending { lease: job.lease, outcome: Outcome::Completed(json!(null)) };
    engine.backplane.finish(vec![ending]).await.expect("finished");

    let second = engine.backplane.enqueue(vec![new_job("a")]).await.expect("answered");

    assert_eq!((&second[0].job_id, second[0].is_new), (&"a".into(), false));
    let state = engine.backplane.job_state(&"a".into()).await.expect("answered");
    assert_eq!(state, Some(JobState::Completed));
}

pub(super) async fn a_delayed_job_is_not_claimed_before_its_time(engine: Engine) {
    let later = NewJob { delay: Duration::from_hours(1), ..new_job("later") };
    let soon = NewJob { delay: Duration::from_millis(1), ..new_job("soon") };
    engine.backplane.enqueue(vec![later, soon]).await.expect("taken in");
    assert_eq!(claim_all(&*engine.backplane, &worker("w"), LEASE).await, []);

    while engine.backplane.maintain().await.expect("kept").promoted == 0 {
        tokio::task::yield_now().await;
    }

    assert_eq!(claim_one(&*engine.backplane, &worker("w"), LEASE).await.lease.job_id, "soon".into());
}
