//! What only Redis can do to us: forget scripts and data, go away and come back, stall. And what only here can be seen.

/// Another server behind the same address.
mod failover;
/// A server that forgets.
mod forgetting;
/// Memory that is full.
mod full;
/// Jobs that are handed to workers while they wait.
mod handing;
/// What waits, and what it costs.
mod idle;
/// A server that goes away, and connections that break.
mod outage;
/// What other programs see.
mod outside;
/// Users and keys: what still works, and what is left.
mod reach;
/// Events that transactions of the database write.
mod relay;
/// A real server of a test's own.
pub(crate) mod server;
/// Answers that come too late.
mod unheard;
/// What can't be read.
mod unreadable;

use std::{future::Future, sync::Arc, time::Duration};

use app::events::{Cursor, Event};

use super::RedisBackplane;
use crate::{
    backplane::{Backplane, Ending, Finished, Outcome, ReadLog},
    conformance::{LEASE, RETENTION, claim_one, worker},
};
use server::RedisServer;

/// The longest that a test waits for what has to happen.
const DEADLINE: Duration = Duration::from_secs(30);

async fn open(server: &RedisServer) -> Arc<RedisBackplane> {
    RedisBackplane::open(&server.url(), RETENTION, None).await.expect("opened")
}

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("it happens in time")
}

/// Claims the only job that is there, and ends it.
async fn finish_one(backplane: &RedisBackplane, outcome: Outcome) {
    let job = claim_one(backplane, &worker("w"), LEASE).await;
    let finished = backplane.finish(vec![Ending { lease: job.lease, outcome }]).await.expect("answered");
    assert_eq!(finished, [Finished::Accepted]);
}

/// All events after a cursor.
async fn events(backplane: &RedisBackplane, after: &Cursor) -> Vec<Event> {
    match backplane.read(after, 100_000).await.expect("readable") {
        ReadLog::Events(entries) => entries.into_iter().map(|entry| entry.envelope.stamped.event).collect(),
        ReadLog::Gone { reason, .. } => panic!("gone: {reason:?}"),
    }
}
