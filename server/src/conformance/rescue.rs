//! Jobs of workers that are gone: taken back by the engine's clock, and dead-lettered when that happens too often.

use std::time::Duration;

use app::domain::JobState;

use super::{Engine, LEASE, claim_all, claim_one, heartbeat, new_job, profile, request, stall, worker};
use crate::backplane::{ClaimRequest, Directive, Progress};

pub(super) async fn an_expired_lease_returns_the_job(engine: Engine) {
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    stall(&*engine.backplane, async |_| {}).await;

    assert_eq!(claim_one(&*engine.backplane, &worker("other"), LEASE).await.attempt, 2);
}

pub(super) async fn a_process_that_is_gone_gives_all_its_jobs_back_before_their_leases_run_out(engine: Engine) {
    let jobs = 1_500;
    let process = engine.another_process().await;
    process.join(&profile("w")).await.expect("joined");
    process.enqueue((0..jobs).map(|number| new_job(&number.to_string())).collect()).await.expect("taken in");
    let all = ClaimRequest { limit: jobs, ..request(&worker("w"), LEASE) };
    assert_eq!(process.claim(&all, Duration::ZERO).await.expect("claimed").len(), jobs as usize);
    drop(process);

    let rescuing = async {
        let mut rescued = 0;
        while rescued < u64::from(jobs) {
            rescued += engine.backplane.maintain().await.expect("kept").rescued;
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LEASE / 4, rescuing).await.expect("all are back");

    let all = ClaimRequest { limit: jobs, ..request(&worker("other"), LEASE) };
    assert_eq!(engine.backplane.claim(&all, Duration::ZERO).await.expect("claimed").len(), jobs as usize);
}

pub(super) async fn a_renewed_lease_is_left_alone(engine: Engine) {
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let job = claim_one(&*engine.backplane, &worker("w"), Duration::ZERO).await;

    let directives = heartbeat(&*engine.backplane, "w", &[job.lease]).await;

    assert_eq!(directives, []);
    engine.backplane.maintain().await.expect("kept");
    assert_eq!(claim_all(&*engine.backplane, &worker("other"), LEASE).await, []);
}

pub(super) async fn the_holder_of_a_lost_lease_is_told(engine: Engine) {
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let mut lost = None;
    stall(&*engine.backplane, async |job| lost = Some(job.lease.clone())).await;
    let lost = lost.expect("claimed");

    let directives = heartbeat(&*engine.backplane, "w", std::slice::from_ref(&lost)).await;

    assert_eq!(directives, [Directive::Lost(lost)]);
}

pub(super) async fn a_third_stall_without_progress_dead_letters_the_job(engine: Engine) {
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    for _ in 0..3 {
        stall(&*engine.backplane, async |job| {
            engine.backplane.report(&job.lease, Progress::default()).await.expect("reported");
        })
        .await;
    }

    assert_eq!(engine.backplane.job_state(&"a".into()).await.expect("answered"), Some(JobState::Failed));
}

pub(super) async fn progress_forgives_earlier_stalls(engine: Engine) {
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    for _ in 0..5 {
        stall(&*engine.backplane, async |job| {
            let further = Progress { percent: 1, ..Progress::default() };
            engine.backplane.report(&job.lease, further).await.expect("reported");
        })
        .await;
    }

    assert_eq!(engine.backplane.job_state(&"a".into()).await.expect("answered"), Some(JobState::Waiting));
}
