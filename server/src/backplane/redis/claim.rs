//! Handing jobs to workers.

use std::{collections::BTreeSet, time::Duration};

use app::domain::{JobId, QueueName};
use redis::{FromRedisValue, ParsingError, Value};
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    RedisFailure,
    bell::Bell,
    connections::Connections,
    lease,
    queue::delay_ms,
    script::{self, Call},
};
use crate::backplane::{ClaimRequest, ClaimedJob, Ending, Lease, Outcome};

/// Jobs that one call claims, and delayed ones that it makes ready.
pub(super) const ROUND: u32 = 1_000;

/// Claims jobs, waiting for the bell as long as there are none and patience lasts.
///
/// What was handed to who asks comes first. Who waits also makes due jobs ready, so that a delayed job starts at its moment. Who does not
/// wait takes what is ready.
pub(super) async fn claim(
    connections: &Connections,
    bell: &Bell,
    request: &ClaimRequest,
    patience: Duration,
) -> Result<Vec<ClaimedJob>, RedisFailure> {
    if request.limit == 0 {
        // Nothing is looked for, so nothing is known of the queues afterwards.
        return Ok(Vec::new());
    }
    let deadline = Instant::now() + patience;
    loop {
        let mut listening = bell.listen(&request.queues);
        let jobs = handed(connections, bell, request).await;
        if !jobs.is_empty() {
            return Ok(jobs);
        }
        let believed = listening.believed_empty_until().filter(|_| !patience.is_zero());
        let look_again = if let Some(until) = believed {
            until
        } else {
            let rung = listening.rung();
            let manner = if patience.is_zero() {
                Manner::AtOnce
            } else {
                let heard_at = if listening.hears() { bell.hands.leave_word(request) } else { None };
                Manner::WhileWaiting { heard_at }
            };
            let (jobs, next_due) = claim_now(connections, request, manner).await?;
            if !jobs.is_empty() {
                return Ok(jobs);
            }
            listening.found_nothing(&rung, next_due)
        };
        tokio::select! {
            () = listening.wait() => {}
            () = tokio::time::sleep_until(look_again.min(deadline)) => {}
        }
        if Instant::now() >= deadline {
            // From now on nobody waits, and whatever is handed over is minded by others; what came a moment before is not.
            drop(listening);
            return Ok(handed(connections, bell, request).await);
        }
    }
}

/// The jobs that were handed to whoever asks.
async fn handed(connections: &Connections, bell: &Bell, request: &ClaimRequest) -> Vec<ClaimedJob> {
    let handed = bell.hands.take(request);
    if handed.count() == 0 {
        return Vec::new();
    }
    connections.note_step_of_another();
    handed.readable(connections).await
}

/// How jobs are claimed.
#[derive(Clone, Copy)]
pub(super) enum Manner<'a> {
    /// What is ready is taken.
    AtOnce,
    /// Due jobs are made ready too. Where there are none, the next that comes may be handed to who waits.
    WhileWaiting {
        /// Where that is heard, if anywhere.
        heard_at: Option<&'a str>,
    },
}

/// Claims what is there, in rounds; says when the next delayed job is due where nothing is.
pub(super) async fn claim_now(
    connections: &Connections,
    request: &ClaimRequest,
    manner: Manner<'_>,
) -> Result<(Vec<ClaimedJob>, Option<Duration>), RedisFailure> {
    let (promoted, heard_at) = match manner {
        Manner::AtOnce => (0, None),
        Manner::WhileWaiting { heard_at } => (ROUND, heard_at),
    };
    let mut jobs = Vec::new();
    loop {
        let wanted = request.limit.saturating_sub(u32::try_from(jobs.len()).unwrap_or(u32::MAX)).min(ROUND);
        if wanted == 0 {
            return Ok((jobs, None));
        }
        let mut call = Call::of(&script::CLAIM, 6 + request.queues.len());
        ask_for(&mut call, request, wanted, |call| {
            // Who has some does not wait.
            call.arg(promoted).arg(heard_at.filter(|_| jobs.is_empty()).unwrap_or_default());
        });
        let (next_due, round) = connections.run_aside::<Answer>(&call).await?.0;
        let count = round.count();
        if count > 0 {
            connections.note_step();
        }
        let is_last = count < wanted as usize;
        jobs.extend(round.readable(connections).await);
        if is_last {
            return Ok((jobs, next_due));
        }
    }
}

/// Adds to a call what a claim is made of, and `more` before the queues.
pub(super) fn ask_for(call: &mut Call, request: &ClaimRequest, wanted: u32, more: impl FnOnce(&mut Call)) {
    let lease = delay_ms(request.lease);
    // The lease stands in the token as well: whoever takes the job back sees by it whether it was ever renewed.
    let tokens = format!("{}-{lease}-", uuid::Uuid::new_v4().simple());
    more(call.arg(request.worker.as_str()).arg(wanted).arg(lease).arg(tokens));
    // A queue that is named twice would give its jobs out twice.
    for queue in request.queues.iter().collect::<BTreeSet<_>>() {
        call.arg(queue.as_str());
    }
}

/// When the next delayed job is due where nothing is, and jobs.
struct Answer((Option<Duration>, Claimed));

impl FromRedisValue for Answer {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let Value::Array(mut values) = value else { return Err("a claim answers with a list".into()) };
        let jobs = values.split_off(1.min(values.len()));
        let next_due: i64 = redis::from_redis_value(values.pop().unwrap_or_default())?;
        let next_due = u64::try_from(next_due).ok().map(Duration::from_millis);
        Ok(Self((next_due, Claimed::from_redis_value(Value::Array(jobs))?)))
    }
}

/// Jobs as the scripts hand them out.
#[derive(Default)]
pub(super) struct Claimed {
    jobs: Vec<ClaimedJob>,
    /// Those that can't be read: nobody could ever run them.
    unreadable: Vec<Ending>,
}

impl Claimed {
    /// How many were handed out.
    pub(super) const fn count(&self) -> usize {
        self.jobs.len() + self.unreadable.len()
    }

    /// Adds a job by its line and its attempt; or, where it can't be read, its end.
    fn add(&mut self, lease: Lease, parts: Result<(String, u32), ParsingError>) {
        let parts = parts.and_then(|(line, attempt)| {
            let line = Line::of(&line).ok_or("its line has not three parts")?;
            let data =
                serde_json::from_str(line.data).map_err(|problem| format!("its arguments are no JSON: {problem}"))?;
            Ok((line.head, data, attempt))
        });
        match parts {
            Ok((Head { queue_name, job_name, max_attempts }, data, attempt)) => {
                self.jobs.push(ClaimedJob { lease, queue_name, job_name, data, attempt, max_attempts });
            }
            Err(problem) => {
                let error = format!("the job can't be read: {problem}");
                self.unreadable.push(Ending { lease, outcome: Outcome::Failed { error } });
            }
        }
    }

    /// Those that can be run. The others must not keep them back: they are dead-lettered, or come back with their leases.
    pub(super) async fn readable(self, connections: &Connections) -> Vec<ClaimedJob> {
        for ending in &self.unreadable {
            tracing::error!(job_id = %ending.lease.job_id, outcome = ?ending.outcome, "a job can't be read");
        }
        if !self.unreadable.is_empty()
            && let Err(failure) = lease::finish_now(connections, &self.unreadable).await
        {
            tracing::error!(%failure, "jobs that can't be read could not be dead-lettered");
        }
        self.jobs
    }
}

impl FromRedisValue for Claimed {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let Value::Array(values) = value else { return Err("jobs are handed out in a list".into()) };
        let mut claimed = Self::default();
        let mut values = values.into_iter();
        while let Some(job_id) = values.next() {
            let mut next = || values.next().unwrap_or_default();
            let (token, line, attempt) = (next(), next(), next());
            let job_id = JobId(redis::from_redis_value(job_id)?);
            let lease = Lease { job_id, token: redis::from_redis_value(token)? };
            let line: Result<String, _> = redis::from_redis_value(line);
            claimed.add(lease, line.and_then(|line| Ok((line, redis::from_redis_value(attempt)?))));
        }
        Ok(claimed)
    }
}

/// Jobs that were handed over: by leases and lines, each for its first attempt.
impl FromIterator<(Lease, String)> for Claimed {
    fn from_iter<T: IntoIterator<Item = (Lease, String)>>(handed: T) -> Self {
        let mut claimed = Self::default();
        for (lease, line) in handed {
            claimed.add(lease, Ok((line, 1)));
        }
        claimed
    }
}

/// What never changes of a job: its line in `JOBS`.
pub(super) struct Line<'a> {
    /// When it was taken in, in milliseconds since 1970.
    pub(super) created: i64,
    /// The head of its events.
    pub(super) head: Head,
    /// Its arguments, as JSON.
    pub(super) data: &'a str,
}

/// What the head of a job's events tells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    pub(super) queue_name: QueueName,
    pub(super) job_name: String,
    pub(super) max_attempts: u32,
}

impl<'a> Line<'a> {
    /// Reads it; `None` when nobody of ours wrote it.
    pub(super) fn of(line: &'a str) -> Option<Self> {
        let mut parts = line.splitn(3, '\n');
        let created = parts.next()?.split(' ').next()?.parse().ok()?;
        let head = serde_json::from_str(&format!("{{{}}}", parts.next()?)).ok()?;
        Some(Self { created, head, data: parts.next()? })
    }
}
