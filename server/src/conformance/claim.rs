//! Handing jobs to workers.

use std::{sync::Arc, time::Duration};

use super::{Engine, LEASE, claim_all, new_job, request, worker};
use crate::backplane::NewJob;

const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn jobs_come_by_priority_and_then_by_age(engine: Engine) {
    engine.backplane.enqueue(vec![new_job("1"), new_job("2")]).await.expect("taken in");
    engine.backplane.enqueue(vec![NewJob { priority: 9, ..new_job("3") }]).await.expect("taken in");

    let jobs = claim_all(&*engine.backplane, &worker("w"), LEASE).await;

    let mut order: Vec<String> = jobs.into_iter().map(|job| job.lease.job_id.0).collect();
    assert_eq!(order.remove(0), "3");
    order.sort();
    assert_eq!(order, ["1", "2"]);
}

pub(super) async fn a_job_is_claimed_by_one_worker_only(engine: Engine) {
    let jobs = (0..40).map(|number| new_job(&number.to_string())).collect();
    engine.backplane.enqueue(jobs).await.expect("taken in");
    let other = engine.another_process().await;

    let (mine, theirs) = (Arc::clone(&engine.backplane), other);
    let (ours, others) =
        tokio::join!(async { claim_until_empty(&*mine, "a").await }, async { claim_until_empty(&*theirs, "b").await },);

    let mut all = [ours, others].concat();
    assert_eq!(all.len(), 40);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 40);
}

async fn claim_until_empty(backplane: &dyn crate::backplane::Backplane, name: &str) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let jobs = claim_all(backplane, &worker(name), LEASE).await;
        if jobs.is_empty() {
            return ids;
        }
        ids.extend(jobs.into_iter().map(|job| job.lease.job_id.0));
    }
}

pub(super) async fn a_waiting_worker_is_woken_by_a_new_job(engine: Engine) {
    let waiting = Arc::clone(&engine.backplane);
    let claim = tokio::spawn(async move { waiting.claim(&request(&worker("w"), LEASE), PATIENCE).await });

    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    let jobs = claim.await.expect("joined").expect("claimed");
    assert_eq!(jobs.len(), 1);
}

pub(super) async fn a_waiting_worker_is_woken_by_a_job_of_another_process(engine: Engine) {
    let other = engine.another_process().await;
    let waiting = Arc::clone(&engine.backplane);
    let claim = tokio::spawn(async move { waiting.claim(&request(&worker("w"), LEASE), PATIENCE).await });

    other.enqueue(vec![new_job("a")]).await.expect("taken in");

    let jobs = claim.await.expect("joined").expect("claimed");
    assert_eq!(jobs.len(), 1);
}
