//! What the holder of a lease may do: renew it, report, and end the attempt. All fenced by the attempt's token.

use std::{fmt::Write as _, time::Duration};

use app::domain::JobLogLine;
use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    RedisFailure,
    claim::{self, Claimed, Manner},
    connections::Connections,
    queue::{delay_ms, text},
    script::{self, Call},
    worker::sign,
};
use crate::backplane::{
    ClaimRequest, Directive, Ending, Exchange, Finished, Heartbeat, Lease, Outcome, Progress, fingerprint,
    words::{LOG_LINE_BYTES, LOG_LINES},
};

/// Leases or endings of one call.
const ROUND: usize = 1_000;
/// For how long an ending is sent again when its answer was lost: a result is worth waiting for.
const PERSISTENCE: Duration = Duration::from_secs(5);
const AFTER_A_FAILURE: Duration = Duration::from_millis(200);

/// Renews leases and names those that are somebody else's by now, and those whose jobs were called off.
pub(super) async fn renew(connections: &Connections, heartbeat: Heartbeat<'_>) -> Result<Vec<Directive>, RedisFailure> {
    let Heartbeat { worker, status, leases, .. } = heartbeat;
    let sign = sign(status, leases);
    let mut directives = Vec::new();
    let mut rest = leases;
    // Without a lease too: it tells that the worker lives.
    loop {
        let (round, later) = rest.split_at(rest.len().min(ROUND));
        let mut call = Call::of(&script::HEARTBEAT, round.len() * 2 + 3);
        call.arg(worker.as_str()).arg(delay_ms(heartbeat.lease)).arg(&sign);
        for held in round {
            call.arg(held.job_id.as_str()).arg(&held.token);
        }
        let (lost, off): (Vec<usize>, Vec<usize>) = connections.run_aside(&call).await?;
        let all_at = |places: Vec<usize>| places.into_iter().filter_map(|place| round.get(place - 1).cloned());
        directives.extend(all_at(lost).map(Directive::Lost));
        directives.extend(all_at(off).map(Directive::Cancel));
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

/// Adds lines to a job's log, which keeps the last ones.
pub(super) async fn note(
    connections: &Connections,
    lease: &Lease,
    lines: &[JobLogLine],
) -> Result<Finished, RedisFailure> {
    let kept = &lines[lines.len().saturating_sub(LOG_LINES)..];
    let mut call = Call::of(&script::NOTE, kept.len() + 3);
    call.arg(lease.job_id.as_str()).arg(&lease.token).arg(LOG_LINES);
    for JobLogLine { at, level, line } in kept {
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(*at);
        let line = line[..line.floor_char_boundary(LOG_LINE_BYTES)].to_owned();
        // A moment, a word and a text always have a form in JSON.
        call.arg(serde_json::to_string(&JobLogLine { at, level: *level, line }).unwrap_or_default());
    }
    Ok(verdict(connections.run_aside(&call).await?))
}

/// Ends attempts, a thousand in one step, and claims jobs in the last of these steps.
pub(super) async fn exchange(
    connections: &Connections,
    endings: &[Ending],
    claim: Option<&ClaimRequest>,
) -> Result<Exchange, RedisFailure> {
    let claim = claim.filter(|claim| claim.limit > 0);
    let (first, last) = endings.split_at(endings.len().saturating_sub(1) / ROUND * ROUND);
    let mut finished = Vec::with_capacity(endings.len());
    for round in first.chunks(ROUND) {
        finished.extend(exchange_round(connections, round, None).await?.0.into_iter().map(verdict));
    }
    if last.is_empty() && claim.is_none() {
        return Ok(Exchange::default());
    }
    let (stands, round) = exchange_round(connections, last, claim).await?;
    finished.extend(stands.into_iter().map(verdict));
    // Fewer than one step gives are all that there are.
    let may_be_more = round.count() == ROUND;
    let mut claimed = round.readable(connections).await;
    if let Some(request) = claim.filter(|_| may_be_more) {
        let limit = request.limit.saturating_sub(claim::ROUND);
        let (rest, _) =
            claim::claim_now(connections, &ClaimRequest { limit, ..request.clone() }, Manner::AtOnce).await?;
        claimed.extend(rest);
    }
    Ok(Exchange { finished, claimed })
}

/// Ends attempts in one step. When the connection breaks on the way it can't be known whether it happened; so it is sent once more,
/// and the script recognises what it did. Jobs that it handed out then come back with their leases; so it claims only once.
async fn exchange_round(
    connections: &Connections,
    round: &[Ending],
    mut claim: Option<&ClaimRequest>,
) -> Result<(Vec<bool>, Claimed), RedisFailure> {
    let deadline = Instant::now() + PERSISTENCE;
    let mut was_sent = false;
    loop {
        let mut call =
            Call::of(&script::EXCHANGE, round.len() * 5 + 2 + claim.map_or(0, |claim| 4 + claim.queues.len()));
        call.arg(was_sent).arg(round.len());
        for ending in round {
            hand_in(&mut call, ending);
        }
        if let Some(request) = claim {
            claim::ask_for(&mut call, request, request.limit.min(claim::ROUND), |_| {});
        }
        match connections.run(&call).await {
            Err(failure) if failure.is_passing() && Instant::now() < deadline => {
                tracing::warn!(%failure, endings = round.len(), "endings may be lost; sending them again");
                (was_sent, claim) = (true, None);
                tokio::time::sleep(AFTER_A_FAILURE).await;
            }
            answered => return answered,
        }
    }
}

/// Ends attempts in one try.
pub(super) async fn finish_now(connections: &Connections, endings: &[Ending]) -> Result<(), RedisFailure> {
    let mut call = Call::of(&script::EXCHANGE, endings.len() * 5 + 2);
    call.arg(false).arg(endings.len());
    for ending in endings {
        hand_in(&mut call, ending);
    }
    connections.run::<(Vec<bool>, Claimed)>(&call).await.map(drop)
}

/// An ending as the script takes it.
pub(super) fn hand_in(call: &mut Call, Ending { lease, outcome }: &Ending) {
    call.arg(lease.job_id.as_str()).arg(&lease.token);
    match outcome {
        Outcome::Completed(result) => call.arg("completed").arg(result.to_string()).arg(0),
        Outcome::Retry { error, delay } => call.arg("retry").arg(text(error)).arg(delay_ms(*delay)),
        Outcome::Failed { error } => call.arg("failed").arg(text(error)).arg(fingerprint::of(error)),
        Outcome::Snoozed { delay } => call.arg("snooze").arg("").arg(delay_ms(*delay)),
        Outcome::HandedBack => call.arg("back").arg("").arg(0),
        Outcome::Cancelled => call.arg("cancelled").arg("").arg(0),
    };
}

const fn verdict(stands: bool) -> Finished {
    if stands { Finished::Accepted } else { Finished::Refused }
}
