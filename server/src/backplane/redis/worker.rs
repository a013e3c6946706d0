//! Workers: how they present themselves, and what is seen of them.

use std::collections::HashMap;

use app::domain::{JobId, QueueName, Worker, WorkerId, WorkerShare, WorkerStatus};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    RedisFailure,
    connections::Connections,
    keys,
    moment::{broken, moment},
    script::{self, Call},
};
use crate::backplane::{Lease, WorkerProfile};

/// A worker that was silent for so many milliseconds is seen as gone.
const SILENCE_MS: i64 = 10_000;
/// Jobs that are named of those in a worker's hands.
const NAMED: usize = 100;

/// What a worker says once.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    name: String,
    host: String,
    version: String,
    queues: Vec<WorkerShare>,
}

/// What it says with each heartbeat.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sign {
    status: WorkerStatus,
    current_jobs: usize,
    jobs: Vec<JobId>,
}

/// A worker's profile as JSON.
pub(super) fn profile(profile: &WorkerProfile) -> String {
    let WorkerProfile { name, host, version, queues, .. } = profile.clone();
    // Texts and numbers always have a form in JSON.
    serde_json::to_string(&Profile { name, host, version, queues }).unwrap_or_default()
}

/// What a worker is at, as JSON.
pub(super) fn sign(status: WorkerStatus, leases: &[Lease]) -> String {
    let jobs = leases.iter().take(NAMED).map(|lease| lease.job_id.clone()).collect();
    // Texts and numbers always have a form in JSON.
    serde_json::to_string(&Sign { status, current_jobs: leases.len(), jobs }).unwrap_or_default()
}

/// Whether workers have just begun.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// They are idle.
    New,
    /// The connection is a new one, and they are at what they were.
    Back,
}

/// Tells Redis of workers, and through which connection it is seen that they live.
pub(super) async fn join(
    connections: &Connections,
    connection: i64,
    arrival: Arrival,
    workers: &[(WorkerId, String)],
) -> Result<(), RedisFailure> {
    let mut call = Call::of(&script::JOIN, workers.len() * 2 + 3);
    call.arg(connection).arg(sign(WorkerStatus::Idle, &[])).arg(arrival == Arrival::New);
    for (worker, profile) in workers {
        call.arg(worker.as_str()).arg(profile);
    }
    connections.run_aside(&call).await
}

/// Tells Redis that a worker has ended as it should, which left word with some queues.
pub(super) async fn leave(
    connections: &Connections,
    worker: &WorkerId,
    queues: &[QueueName],
) -> Result<(), RedisFailure> {
    let mut call = Call::of(&script::LEAVE, 1 + queues.len());
    call.arg(worker.as_str());
    for queue in queues {
        call.arg(queue.as_str());
    }
    connections.run_aside(&call).await
}

/// All workers that are known, by their ids.
pub(super) async fn all(connections: &Connections) -> Result<Vec<Worker>, RedisFailure> {
    type Found = (HashMap<String, String>, HashMap<String, String>, (i64, i64));
    let mut asking = redis::pipe();
    asking.cmd("HGETALL").arg(keys::PROFILES).cmd("HGETALL").arg(keys::SIGNS).cmd("TIME");
    let (profiles, signs, (seconds, micros)): Found = connections.ask_all(&asking).await?;
    let now = seconds * 1_000 + micros / 1_000;
    let seen = |(id, profile): (&String, &String)| Some(read(id, profile, signs.get(id)?, now));
    let mut workers = profiles.iter().filter_map(seen).collect::<Result<Vec<_>, _>>()?;
    workers.sort_by(|a, b| a.worker_id.cmp(&b.worker_id));
    Ok(workers)
}

fn read(id: &str, profile: &str, sign: &str, now: i64) -> Result<Worker, RedisFailure> {
    let (began, profile): (i64, Profile) = parts(keys::PROFILES, profile)?;
    let (heard, sign): (i64, Sign) = parts(keys::SIGNS, sign)?;
    let is_gone = now - heard > SILENCE_MS;
    Ok(Worker {
        worker_id: id.into(),
        name: profile.name,
        status: if is_gone { WorkerStatus::Gone } else { sign.status },
        host: profile.host,
        version: profile.version,
        concurrency: profile.queues.iter().map(|share| share.concurrency).sum(),
        queues: profile.queues,
        current_jobs: u32::try_from(sign.current_jobs).unwrap_or(u32::MAX),
        jobs: sign.jobs,
        started_at: moment(keys::PROFILES, began)?,
        last_heartbeat_at: moment(keys::SIGNS, heard)?,
    })
}

/// A moment in milliseconds since 1970, and JSON.
fn parts<T: DeserializeOwned>(key: &str, line: &str) -> Result<(i64, T), RedisFailure> {
    let (at, rest) = line.split_once('\n').ok_or_else(|| broken(key, &"a line without a moment"))?;
    let at = at.parse().map_err(|problem| broken(key, &problem))?;
    Ok((at, serde_json::from_str(rest).map_err(|problem| broken(key, &problem))?))
}
