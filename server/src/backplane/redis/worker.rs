//! Workers: how they present themselves, and what is seen of them.

use std::collections::HashMap;

use app::domain::{JobId, Worker, WorkerId, WorkerShare, WorkerStatus};
use serde::{Deserialize, Serialize};

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

/// What a worker is at that has just begun.
pub(super) fn idle() -> String {
    sign(WorkerStatus::Idle, &[])
}

/// Tells Redis of workers, and through which connection it is seen that they live. Without a sign they are at what they were.
pub(super) async fn join(
    connections: &Connections,
    connection: i64,
    sign: Option<String>,
    workers: &[(WorkerId, String)],
) -> Result<(), RedisFailure> {
    let mut call = Call::of(&script::JOIN, workers.len() * 2 + 2);
    call.arg(connection).arg(sign.unwrap_or_default());
    for (worker, profile) in workers {
        call.arg(worker.as_str()).arg(profile);
    }
    connections.run_aside(&call).await
}

/// Tells Redis that a worker has ended as it should.
pub(super) async fn leave(connections: &Connections, worker: &WorkerId) -> Result<(), RedisFailure> {
    let mut call = Call::of(&script::LEAVE, 1);
    call.arg(worker.as_str());
    connections.run_aside(&call).await
}

/// All workers that are known, by their ids.
pub(super) async fn all(connections: &Connections) -> Result<Vec<Worker>, RedisFailure> {
    type Found = (Vec<(String, i64)>, HashMap<String, String>, HashMap<String, String>, (i64, i64));
    let mut asking = redis::pipe();
    asking.cmd("ZRANGE").arg(keys::WORKERS).arg(0).arg(-1).arg("WITHSCORES");
    asking.cmd("HGETALL").arg(keys::PROFILES).cmd("HGETALL").arg(keys::SIGNS).cmd("TIME");
    let (heard, profiles, signs, (seconds, micros)): Found = connections.ask_all(&asking).await?;
    let now = seconds * 1_000 + micros / 1_000;
    let mut workers = heard
        .into_iter()
        .filter_map(|(id, heard)| {
            let sign = signs.get(&id).map_or_else(idle, Clone::clone);
            Some(read(&id, heard, profiles.get(&id)?, &sign, now))
        })
        .collect::<Result<Vec<_>, _>>()?;
    workers.sort_by(|a, b| a.worker_id.cmp(&b.worker_id));
    Ok(workers)
}

fn read(id: &str, heard: i64, profile: &str, sign: &str, now: i64) -> Result<Worker, RedisFailure> {
    let (began, profile) = profile.split_once('\n').ok_or_else(|| broken(keys::PROFILES, &id))?;
    let profile: Profile = serde_json::from_str(profile).map_err(|problem| broken(keys::PROFILES, &problem))?;
    let sign: Sign = serde_json::from_str(sign).map_err(|problem| broken(keys::SIGNS, &problem))?;
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
        started_at: moment(keys::PROFILES, began.parse().map_err(|problem| broken(keys::PROFILES, &problem))?)?,
        last_heartbeat_at: moment(keys::WORKERS, heard)?,
    })
}
