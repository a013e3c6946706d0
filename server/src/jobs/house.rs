//! Keeping house: what any process may do now and then, and somebody has to.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{context::Parts, reconciler, scheduler, sweeper};
use crate::store::sessions;

/// How often jobs are promoted, rescued and trimmed.
const UPKEEP: Duration = Duration::from_secs(1);
/// How often work that lost its job is looked for.
const RECONCILING: Duration = Duration::from_secs(10);
/// How often counters are compared with the jobs that there are.
const COUNTING: Duration = Duration::from_hours(1);
/// How often files that belong to nothing, and sessions that have ended, are looked for.
const SWEEPING: Duration = Duration::from_mins(10);

/// Keeps house until it is told to stop: makes due jobs ready, takes jobs back from the dead, fires schedules, trims, heals. Any process
/// may, and so does every one that could: the engine lets one do each thing.
pub async fn keep(parts: Parts, until: CancellationToken) {
    // Apart from the rest: a folder of very many files takes its time.
    let sweeping = tokio::spawn(until.clone().run_until_cancelled_owned(sweep_now_and_then(parts.clone())));
    let mut upkeep = tokio::time::interval(UPKEEP);
    let mut reconciling = tokio::time::interval(RECONCILING);
    // Not at once: processes that begin together don't all have to count.
    let mut counting = tokio::time::interval_at(Instant::now() + COUNTING, COUNTING);
    upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    reconciling.set_missed_tick_behavior(MissedTickBehavior::Delay);
    counting.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = until.cancelled() => break,
            _ = upkeep.tick() => maintain(&parts, &until).await,
            _ = counting.tick() => recount(&parts).await,
            _ = reconciling.tick() => {
                if let Err(error) = reconciler::reconcile(&parts).await {
                    tracing::error!(%error, "imports could not be reconciled");
                }
            }
        }
    }
    if let Err(error) = sweeping.await {
        tracing::error!(%error, "looking for files that belong to nothing broke");
    }
}

/// Rounds of keeping house until one is not full: what comes after that has time until the next second.
async fn maintain(parts: &Parts, until: &CancellationToken) {
    while !until.is_cancelled() {
        match parts.backplane.maintain().await {
            Ok(round) => {
                if round.has_due_schedules {
                    fire(parts).await;
                }
                if !round.is_full() {
                    return;
                }
            }
            Err(error) => {
                tracing::error!(%error, "house could not be kept");
                return;
            }
        }
    }
}

async fn fire(parts: &Parts) {
    if let Err(error) = scheduler::fire_due(&*parts.backplane).await {
        tracing::error!(%error, "schedules could not be fired");
    }
}

async fn recount(parts: &Parts) {
    match parts.backplane.recount().await {
        Ok(drifts) => {
            for drift in drifts {
                tracing::error!(?drift, "a counter was wrong, and was set right");
            }
        }
        Err(error) => tracing::error!(%error, "jobs could not be counted"),
    }
}

async fn sweep_now_and_then(parts: Parts) {
    let mut ticks = tokio::time::interval(SWEEPING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = sweeper::sweep(&parts, sweeper::AGE).await {
            tracing::error!(%error, "uploaded files that belong to nothing could not be removed");
        }
        if let Err(error) = sessions::remove_ended(&parts.database, Timestamp::now()).await {
            tracing::error!(%error, "sessions that have ended could not be removed");
        }
    }
}
