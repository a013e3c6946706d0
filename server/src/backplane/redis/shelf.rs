//! All jobs of one state, a piece at a time.
//!
//! Each queue has its own sets, so a piece of all queues is put together from a piece of each. Redis is asked for ids first, and for the
//! jobs afterwards: what has moved on in between is left out.

use app::domain::{Job, JobId, JobState, QueueName};

use super::{
    RedisFailure,
    connections::Connections,
    keys,
    moment::broken,
    script::{self, Call},
    sight,
};
use crate::backplane::{Place, Shelf};

/// Jobs of one piece.
const MOST: u32 = 1_000;
/// Active jobs of one queue that are looked through: they lie in the order of their leases.
const ACTIVE_JOBS: usize = 20_000;
/// Queues that are asked at the same time.
const AT_ONCE: usize = 16;
/// What a priority is worth in a score: `job.lua` counts the same.
const PRIORITY: i64 = 4_398_046_511_104;

/// Jobs of one state, in the order of their places.
pub(super) async fn read(connections: &Connections, shelf: &Shelf) -> Result<Vec<Job>, RedisFailure> {
    let limit = shelf.limit.min(MOST);
    if limit == 0 {
        // In Redis the end of a range before its beginning is the end of the set.
        return Ok(Vec::new());
    }
    let queues = if let Some(queue) = &shelf.queue_name {
        vec![queue.clone()]
    } else {
        let names: Vec<String> = connections.ask(redis::cmd("SMEMBERS").arg(keys::QUEUES)).await?;
        names.into_iter().map(QueueName).collect()
    };
    let mut places = Vec::new();
    for queues in queues.chunks(AT_ONCE) {
        let of_queues = queues.iter().map(|queue| of_queue(connections, queue, shelf, limit));
        places.extend(futures::future::try_join_all(of_queues).await?.into_iter().flatten());
    }
    places.retain(|place| shelf.after.as_ref().is_none_or(|after| place > after));
    places.sort_unstable();
    places.truncate(limit as usize);
    let ids: Vec<String> = places.into_iter().map(|place| place.job_id.0).collect();
    let mut jobs = sight::jobs(connections, &ids).await?;
    jobs.retain(|job| job.state == shelf.state);
    jobs.sort_by_key(Place::of);
    Ok(jobs)
}

/// A piece of one queue, at least as much of it as will be needed.
async fn of_queue(
    connections: &Connections,
    queue: &QueueName,
    shelf: &Shelf,
    limit: u32,
) -> Result<Vec<Place>, RedisFailure> {
    let mut places = Vec::new();
    for set in sets(shelf.state) {
        let set = format!("{set}{queue}");
        places.extend(match shelf.state {
            JobState::Active => active(connections, &set).await?,
            state => page(connections, &set, state, shelf.after.as_ref(), limit).await?,
        });
    }
    Ok(places)
}

/// The names of a state's sets, each before a queue's name.
pub(super) const fn sets(state: JobState) -> &'static [&'static str] {
    match state {
        JobState::Waiting => &[keys::WAITING, keys::PARKED],
        JobState::Delayed => &[keys::DELAYED],
        JobState::Active => &[keys::ACTIVE],
        JobState::Completed => &[keys::COMPLETED],
        JobState::Failed => &[keys::FAILED],
        JobState::Cancelled => &[keys::CANCELLED],
    }
}

/// A piece of a set that lies in the order of the shelf.
async fn page(
    connections: &Connections,
    set: &str,
    state: JobState,
    after: Option<&Place>,
    limit: u32,
) -> Result<Vec<Place>, RedisFailure> {
    let mut call = Call::of(&script::PAGE, 4);
    call.arg(set).arg(limit);
    if let Some(Place { rank, at, job_id }) = after {
        let score = if state == JobState::Waiting { at - (9 - i64::from(*rank)) * PRIORITY } else { *at };
        call.arg(score).arg(job_id.as_str());
    }
    let found: Vec<(String, i64)> = connections.run_aside(&call).await?;
    let place = |(id, score): (String, i64)| {
        let priority = if state == JobState::Waiting { -score.div_euclid(PRIORITY) } else { 9 };
        let at = if state == JobState::Waiting { score.rem_euclid(PRIORITY) } else { score };
        Place { rank: u8::try_from(9 - priority).unwrap_or(0), at, job_id: JobId(id) }
    };
    Ok(found.into_iter().map(place).collect())
}

/// All active jobs of a queue.
async fn active(connections: &Connections, set: &str) -> Result<Vec<Place>, RedisFailure> {
    let ids: Vec<String> = connections.ask(redis::cmd("ZRANGE").arg(set).arg(0).arg(ACTIVE_JOBS)).await?;
    let mut places = Vec::with_capacity(ids.len());
    for round in ids.chunks(MOST as usize) {
        let lines: Vec<Option<String>> = connections.ask(redis::cmd("HMGET").arg(keys::STANDING).arg(round)).await?;
        for (id, line) in round.iter().zip(lines) {
            // Ended meanwhile, its line has no beginning, or one that does not matter.
            let Some(began) = line.as_deref().and_then(|line| line.split(' ').nth(2)) else { continue };
            let at = began.parse().map_err(|problem| broken(keys::STANDING, &problem))?;
            places.push(Place { rank: 0, at, job_id: id.as_str().into() });
        }
    }
    Ok(places)
}
