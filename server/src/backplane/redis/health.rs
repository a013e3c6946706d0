//! How the server is set up, for whoever looks after the installation.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;

use super::{RedisFailure, connections::Connections, ear};

/// What there is to know of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisHealth {
    /// Its version, such as `7.0.15`.
    pub version: String,
    /// What it does when memory is full. Anything but `noeviction` throws jobs away.
    pub maxmemory_policy: String,
    /// The most memory that it may use, in bytes; 0 when there is no limit.
    pub maxmemory_bytes: u64,
    /// The memory that it uses, in bytes.
    pub used_memory_bytes: u64,
    /// Whether each change is written to the append-only file.
    pub is_append_only: bool,
    /// The rules by which snapshots are made, such as `3600 1 300 100`; empty when none are. `None` where the server does not say.
    pub snapshots: Option<String>,
    /// Whether its user may publish: else nobody is told of new jobs, or of events on the channels.
    pub can_publish: bool,
    /// Whether it is part of a Redis Cluster.
    pub is_cluster: bool,
    /// How far its clock and this machine's are apart, as far as the time of the answer lets one tell.
    pub clock_skew: Duration,
}

impl RedisHealth {
    /// Whether it keeps data over a restart.
    pub fn is_persistent(&self) -> bool {
        self.is_append_only || self.snapshots.as_ref().is_some_and(|rules| !rules.is_empty())
    }
}

/// Asks the server.
pub(super) async fn of(connections: &Connections) -> Result<RedisHealth, RedisFailure> {
    let info: String = connections.ask(&redis::cmd("INFO")).await?;
    let info = fields(&info);
    let field = |name: &str| info.get(name).copied().unwrap_or_default();
    // Managed servers may refuse this one.
    let snapshots: Result<HashMap<String, String>, _> =
        connections.ask(redis::cmd("CONFIG").arg("GET").arg("save")).await;
    Ok(RedisHealth {
        version: field("redis_version").to_owned(),
        maxmemory_policy: field("maxmemory_policy").to_owned(),
        maxmemory_bytes: field("maxmemory").parse().unwrap_or_default(),
        used_memory_bytes: field("used_memory").parse().unwrap_or_default(),
        is_append_only: field("aof_enabled") == "1",
        snapshots: snapshots.ok().and_then(|mut settings| settings.remove("save")),
        can_publish: ear::can_publish(connections).await?,
        is_cluster: field("cluster_enabled") == "1",
        clock_skew: clock_skew(connections).await?,
    })
}

/// Fails where the server is too old.
pub(super) async fn check_version(connections: &Connections) -> Result<(), RedisFailure> {
    let info: String = connections.ask(redis::cmd("INFO").arg("server")).await?;
    let found = fields(&info).get("redis_version").copied().unwrap_or_default().to_owned();
    let mut numbers = found.split('.').map(|number| number.parse::<u32>().unwrap_or_default());
    let version = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    if version < (6, 2) { Err(RedisFailure::TooOld { found }) } else { Ok(()) }
}

async fn clock_skew(connections: &Connections) -> Result<Duration, RedisFailure> {
    let before = Timestamp::now();
    let (seconds, micros): (i64, i64) = connections.ask(&redis::cmd("TIME")).await?;
    let after = Timestamp::now();
    let theirs = i128::from(seconds) * 1_000_000 + i128::from(micros);
    let (before, after) = (i128::from(before.as_microsecond()), i128::from(after.as_microsecond()));
    // Between the two moments it may have been asked at any: only what lies outside is known to be wrong.
    let apart = (before - theirs).max(theirs - after).max(0);
    Ok(Duration::from_micros(u64::try_from(apart).unwrap_or(u64::MAX)))
}

fn fields(info: &str) -> HashMap<&str, &str> {
    info.lines().filter_map(|line| line.trim_end().split_once(':')).collect()
}
