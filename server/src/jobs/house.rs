//! Keeping house: what any process may do now and then, and somebody has to.

use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{context::Parts, reconciler, sweeper};

/// How often jobs are promoted, rescued and trimmed.
const UPKEEP: Duration = Duration::from_secs(1);
/// How often work that lost its job is looked for.
const RECONCILING: Duration = Duration::from_secs(10);
/// How often files that belong to nothing are looked for.
const SWEEPING: Duration = Duration::from_mins(10);

/// Keeps house until it is told to stop.
pub(super) async fn keep(parts: Parts, until: CancellationToken) {
    // Apart from the rest: a folder of very many files takes its time.
    let sweeping = tokio::spawn(until.clone().run_until_cancelled_owned(sweep_now_and_then(parts.clone())));
    let mut upkeep = tokio::time::interval(UPKEEP);
    let mut reconciling = tokio::time::interval(RECONCILING);
    upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    reconciling.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = until.cancelled() => break,
            _ = upkeep.tick() => maintain(&parts).await,
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

/// Rounds of keeping house until one finds nothing.
async fn maintain(parts: &Parts) {
    loop {
        match parts.backplane.maintain().await {
            Ok(round) if round.did_something() => {}
            Ok(_) => return,
            Err(error) => {
                tracing::error!(%error, "house could not be kept");
                return;
            }
        }
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
    }
}
