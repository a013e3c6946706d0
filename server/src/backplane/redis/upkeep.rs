//! Keeping house, in bounded rounds: Redis serves nobody else while a script runs.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use app::domain::WorkerStatus;
use tokio::time::Instant;

use super::{
    RedisFailure,
    connections::Connections,
    keys,
    queue::delay_ms,
    script::{self, Call},
    worker,
};
use crate::backplane::{Maintenance, fingerprint, sql::Retention};

/// Things that one round touches at most.
const ROUND: u32 = 1_000;
/// How long a worker's connection may be away, without a heartbeat, before the worker is believed dead. It comes back within half a second
/// while the process lives; and longer than a third of a lease, so that a heartbeat comes in between.
const MISSED: Duration = Duration::from_millis(4_500);
/// After a round that found nothing, how long other processes may give this one nothing to do: rounds between are left out.
const QUIET: Duration = Duration::from_secs(3);

/// How often a round looks also after what seldom happens: workers that freeze, old events of a log that rests, what a process that is no
/// more had yet to tell.
const THOROUGH: Duration = Duration::from_secs(5);

/// What is remembered between rounds.
#[derive(Default)]
pub(super) struct Upkeep {
    /// When the last thorough one was.
    thorough: Mutex<Option<Instant>>,
    /// After so many steps of this process there was nothing to do, and will be nothing before the moment.
    quiet: Mutex<Option<(u64, Instant)>>,
}

impl Upkeep {
    /// One round.
    pub(super) async fn round(
        &self,
        connections: &Connections,
        retention: &Retention,
    ) -> Result<Maintenance, RedisFailure> {
        let steps = connections.steps();
        let quiet = *self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        let is_busy = quiet.is_none_or(|(after, _)| after != steps);
        if !is_busy && quiet.is_some_and(|(_, until)| Instant::now() < until) {
            return Ok(Maintenance::default());
        }
        let missing = missing_workers(connections).await?;
        let is_thorough = self.is_time_for_a_thorough_one();
        let mut call = Call::of(&script::UPKEEP, 10 + missing.len() * 2);
        call.arg(ROUND).arg(delay_ms(retention.events)).arg(retention.event_count).arg(delay_ms(retention.jobs));
        // The same for all numbers of deaths.
        let too_many_deaths = fingerprint::of("its worker died 3 times in a row without getting any further");
        call.arg(retention.job_count).arg(delay_ms(MISSED)).arg(worker::sign(WorkerStatus::Gone, &[]));
        call.arg(too_many_deaths).arg(is_busy).arg(is_thorough);
        for (worker, connection) in &missing {
            call.arg(worker).arg(connection);
        }
        let (promoted, rescued, dead_lettered, trimmed, due, has_due_schedules): (u64, u64, u64, u64, i64, bool) =
            connections.run_aside(&call).await?;
        let done = Maintenance { promoted, rescued, dead_lettered, trimmed, has_due_schedules };
        if rescued + dead_lettered > 0 {
            tracing::warn!(rescued, dead_lettered, "took jobs back: their workers are gone");
        }
        if done.did_something() {
            connections.note_change();
        }
        let pause = u64::try_from(due).map_or(QUIET, |due| QUIET.min(Duration::from_millis(due)));
        let is_quiet = missing.is_empty() && !done.did_something() && !has_due_schedules;
        *self.quiet.lock().unwrap_or_else(PoisonError::into_inner) = is_quiet.then(|| (steps, Instant::now() + pause));
        Ok(done)
    }

    fn is_time_for_a_thorough_one(&self) -> bool {
        let mut thorough = self.thorough.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = thorough.is_none_or(|last| last.elapsed() >= THOROUGH);
        if is_time {
            *thorough = Some(Instant::now());
        }
        is_time
    }
}

/// Workers whose process's connection is away, each with that connection. Whether that means anything the script decides.
///
/// A server that does not let us list connections leaves it to the leases.
async fn missing_workers(connections: &Connections) -> Result<Vec<(String, String)>, RedisFailure> {
    let workers: HashMap<String, String> = connections.ask(redis::cmd("HGETALL").arg(keys::CONNECTIONS)).await?;
    if workers.is_empty() {
        return Ok(Vec::new());
    }
    let mut listing = redis::cmd("CLIENT");
    listing.arg("LIST").arg("ID").arg(workers.values().collect::<Vec<_>>());
    let list: String = match connections.ask(&listing).await {
        Err(RedisFailure::Refused(_)) => return Ok(Vec::new()),
        answered => answered?,
    };
    let alive: HashSet<&str> = list.lines().filter_map(|line| line.strip_prefix("id=")?.split(' ').next()).collect();
    Ok(workers.into_iter().filter(|(_, connection)| !alive.contains(connection.as_str())).collect())
}
