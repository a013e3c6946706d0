//! Thousands of jobs at once: each engine has a number of values, of rows or of bytes that it takes in one go, and deals with a crowd in
//! rounds.

use std::time::Duration;

use app::domain::JobState;

use tokio::time::timeout;

use super::{Engine, LEASE, PATIENCE, heartbeat, new_job, request, state, worker};
use crate::backplane::{ClaimRequest, Ending, Finished, NewJob, Outcome};

const CROWD: u32 = 9_000;

fn crowd(job: impl Fn(&str) -> NewJob) -> Vec<NewJob> {
    (0..CROWD).map(|number| job(&format!("{number:05}"))).collect()
}

fn all_of(name: &str, lease: Duration) -> ClaimRequest {
    ClaimRequest { limit: CROWD + 1, ..request(&worker(name), lease) }
}

pub(super) async fn nine_thousand_jobs_come_in_at_once_are_claimed_at_once_and_end_at_once(engine: Engine) {
    let backplane = &*engine.backplane;

    let taken = backplane.enqueue(crowd(new_job)).await.expect("taken in");
    let jobs = backplane.claim(&all_of("w", LEASE), Duration::ZERO).await.expect("claimed");
    let order: Vec<String> = jobs.iter().map(|job| job.lease.job_id.0.clone()).collect();
    let endings = jobs.into_iter().map(|job| Ending { lease: job.lease, outcome: Outcome::Completed(1.into()) });
    let finished = backplane.finish(endings.collect()).await.expect("finished");

    assert!(taken.iter().all(|job| job.is_new));
    assert_eq!(order, crowd(new_job).into_iter().map(|job| job.job_id.0).collect::<Vec<_>>());
    assert_eq!(finished, vec![Finished::Accepted; CROWD as usize]);
}

pub(super) async fn of_ten_thousand_jobs_with_one_that_is_there_already_the_others_are_new(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(vec![new_job("04321")]).await.expect("taken in");

    let taken = backplane.enqueue(crowd(new_job)).await.expect("taken in");

    let there: Vec<_> = taken.into_iter().filter(|job| !job.is_new).map(|job| job.job_id.0).collect();
    assert_eq!(there, ["04321"]);
}

pub(super) async fn nine_thousand_due_jobs_are_made_ready(engine: Engine) {
    let backplane = &*engine.backplane;
    let due = |id: &str| NewJob { delay: Duration::from_millis(1), ..new_job(id) };
    backplane.enqueue(crowd(due)).await.expect("taken in");

    let promoting = async {
        let mut promoted = 0;
        while promoted < u64::from(CROWD) {
            let round = backplane.maintain().await.expect("kept");
            assert!(round.promoted <= 1_000, "{round:?}");
            promoted += round.promoted;
        }
    };
    timeout(PATIENCE, promoting).await.expect("all are ready in time");

    assert_eq!(state(backplane, "08999").await, Some(JobState::Waiting));
}

pub(super) async fn nine_thousand_jobs_of_a_worker_that_lost_its_leases_are_taken_back(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(crowd(new_job)).await.expect("taken in");
    backplane.claim(&all_of("w", Duration::ZERO), Duration::ZERO).await.expect("claimed");

    let rescuing = async {
        let mut rescued = 0;
        while rescued < u64::from(CROWD) {
            let round = backplane.maintain().await.expect("kept");
            assert!(round.rescued <= 1_000, "{round:?}");
            rescued += round.rescued;
        }
    };
    timeout(PATIENCE, rescuing).await.expect("all are back in time");

    let again = backplane.claim(&all_of("other", LEASE), Duration::ZERO).await.expect("claimed");
    assert_eq!(again.len(), CROWD as usize);
    assert!(again.iter().all(|job| job.attempt == 2));
}

pub(super) async fn nine_thousand_leases_are_renewed_in_one_call(engine: Engine) {
    let backplane = &*engine.backplane;
    backplane.enqueue(crowd(new_job)).await.expect("taken in");
    let jobs = backplane.claim(&all_of("w", Duration::ZERO), Duration::ZERO).await.expect("claimed");
    let leases: Vec<_> = jobs.into_iter().map(|job| job.lease).collect();

    let directives = heartbeat(backplane, "w", &leases).await;

    assert_eq!(directives, []);
    assert_eq!(backplane.maintain().await.expect("kept").rescued, 0);
}
