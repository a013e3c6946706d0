//! What the holder of a lease may do: renew it, report, and end the attempt. All fenced by the attempt's token.

use std::{fmt::Write as _, time::Duration};

use app::domain::WorkerId;
use tokio::time::Instant;

use super::{
    RedisFailure,
    connections::Connections,
    queue::{delay_ms, text},
    script::{self, Call},
};
use crate::backplane::{Directive, Ending, Finished, Lease, Outcome, Progress};

/// Leases or endings of one call.
const ROUND: usize = 1_000;
/// For how long an ending is sent again when its answer was lost: a result is worth waiting for.
const PERSISTENCE: Duration = Duration::from_secs(5);
const AFTER_A_FAILURE: Duration = Duration::from_millis(200);

/// Renews leases and names those that are somebody else's by now.
pub(super) async fn renew(
    connections: &Connections,
    worker: &WorkerId,
    leases: &[Lease],
    lease: Duration,
) -> Result<Vec<Directive>, RedisFailure> {
    let mut directives = Vec::new();
    let mut rest = leases;
    // Without a lease too: it tells that the worker lives.
    loop {
        let (round, later) = rest.split_at(rest.len().min(ROUND));
        let mut call = Call::of(&script::HEARTBEAT, round.len() * 2 + 2);
        call.arg(worker.as_str()).arg(delay_ms(lease));
        for held in round {
            call.arg(held.job_id.as_str()).arg(&held.token);
        }
        let lost: Vec<usize> = connections.run_aside(&call).await?;
        directives.extend(lost.into_iter().filter_map(|place| round.get(place - 1).cloned().map(Directive::Lost)));
        rest = later;
        if rest.is_empty() {
            return Ok(directives);
        }
    }
}

/// Notes how far a job is.
pub(super) async fn report(
    connections: &Connections,
    lease: &Lease,
    progress: &Progress,
) -> Result<Finished, RedisFailure> {
    let mut said = String::new();
    for (name, words) in [("stage", &progress.stage), ("message", &progress.message)] {
        if let Some(words) = words {
            // A string takes whatever is written to it.
            let _ = write!(said, r#","{name}":{}"#, text(words));
        }
    }
    let mut call = Call::of(&script::REPORT, 4);
    call.arg(lease.job_id.as_str()).arg(&lease.token).arg(progress.percent.min(100)).arg(said);
    Ok(verdict(connections.run(&call).await?))
}

/// Ends attempts, a thousand in one step.
pub(super) async fn finish(connections: &Connections, endings: &[Ending]) -> Result<Vec<Finished>, RedisFailure> {
    let mut finished = Vec::with_capacity(endings.len());
    for round in endings.chunks(ROUND) {
        let stands: Vec<bool> = finish_round(connections, round).await?;
        finished.extend(stands.into_iter().map(verdict));
    }
    Ok(finished)
}

/// Ends attempts in one step. When the connection breaks on the way it can't be known whether it happened; so it is sent once more,
/// and the script recognises what it did.
async fn finish_round(connections: &Connections, round: &[Ending]) -> Result<Vec<bool>, RedisFailure> {
    let deadline = Instant::now() + PERSISTENCE;
    let mut was_sent = false;
    loop {
        let mut call = Call::of(&script::FINISH, round.len() * 5 + 1);
        call.arg(was_sent);
        for Ending { lease, outcome } in round {
            let (name, value, delay) = match outcome {
                Outcome::Completed(result) => ("completed", result.to_string(), Duration::ZERO),
                Outcome::Retry { error, delay } => ("retry", text(error), *delay),
                Outcome::Failed { error } => ("failed", text(error), Duration::ZERO),
                Outcome::HandedBack => ("back", String::new(), Duration::ZERO),
                Outcome::Snoozed { .. } | Outcome::Cancelled => unimplemented!(),
            };
            call.arg(lease.job_id.as_str()).arg(&lease.token).arg(name).arg(value).arg(delay_ms(delay));
        }
        match connections.run(&call).await {
            Err(failure) if failure.is_passing() && Instant::now() < deadline => {
                tracing::warn!(%failure, endings = round.len(), "endings may be lost; sending them again");
                was_sent = true;
                tokio::time::sleep(AFTER_A_FAILURE).await;
            }
            answered => return answered,
        }
    }
}

const fn verdict(stands: bool) -> Finished {
    if stands { Finished::Accepted } else { Finished::Refused }
}
