//! Taking jobs in, and handing them to workers.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use app::domain::{JobId, JobState, QueueName};
use redis::{FromRedisValue, ParsingError, Value};
use tokio::time::Instant;

use super::{
    RedisFailure,
    bell::Bell,
    connections::Connections,
    keys,
    script::{self, Call},
};
use crate::backplane::{ClaimRequest, ClaimedJob, Enqueued, Lease, NewJob};

/// Jobs that one call takes in, all or none. It stops Redis for less than a tenth of a second.
const TOGETHER: usize = 10_000;
/// Jobs that one call claims, and delayed ones that it makes ready.
const ROUND: u32 = 1_000;
/// Fields of an event that are the engine's own: a public field of the same name would make the event unreadable.
const OWN_FIELDS: [&str; 13] = [
    "type",
    "timestamp",
    "jobId",
    "queueName",
    "jobName",
    "status",
    "progress",
    "stage",
    "message",
    "attempt",
    "maxAttempts",
    "result",
    "error",
];

/// Takes jobs in. Of more than ten thousand, each ten thousand are taken in together.
pub(super) async fn enqueue(connections: &Connections, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, RedisFailure> {
    let mut taken = Vec::with_capacity(jobs.len());
    for jobs in jobs.chunks(TOGETHER) {
        let mut call = Call::of(&script::ENQUEUE, jobs.len() * 10);
        for job in jobs {
            call.arg(job.job_id.as_str())
                .arg(job.queue_name.as_str())
                .arg(&job.job_name)
                .arg(head(job))
                .arg(job.data.to_string())
                .arg(job.priority.min(9))
                .arg(delay_ms(job.delay))
                .arg(job.max_attempts.max(1))
                .arg(job.max_stalls.max(1))
                .arg(job.unique_key.as_deref().unwrap_or_default());
        }
        let there: Vec<(usize, String)> = connections.run(&call).await?;
        let first = taken.len();
        taken.extend(jobs.iter().map(|job| Enqueued { job_id: job.job_id.clone(), is_new: true }));
        for (place, job_id) in there {
            taken[first + place - 1] = Enqueued { job_id: JobId(job_id), is_new: false };
        }
    }
    Ok(taken)
}

/// What all events of a job have in common, as a piece of their JSON.
fn head(job: &NewJob) -> String {
    let mut head = format!(
        r#""jobId":{},"queueName":{},"jobName":{},"maxAttempts":{}"#,
        text(job.job_id.as_str()),
        text(job.queue_name.as_str()),
        text(&job.job_name),
        job.max_attempts.max(1)
    );
    for (name, value) in job.public.iter().filter(|(name, _)| !OWN_FIELDS.contains(&name.as_str())) {
        // A string takes whatever is written to it.
        let _ = write!(head, ",{}:{value}", text(name));
    }
    head
}

/// A text as JSON.
pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A delay in whole milliseconds; the least one is not lost, and one of ages counts as a hundred years.
pub(super) fn delay_ms(delay: Duration) -> u64 {
    const AGES: u64 = 100 * 366 * 24 * 3_600 * 1_000;
    let ms = u64::try_from(delay.as_millis()).unwrap_or(AGES).min(AGES);
    if delay.is_zero() { 0 } else { ms.max(1) }
}

/// Claims jobs, waiting for the bell as long as there are none and patience lasts.
///
/// Who waits also makes due jobs ready, so that a delayed job starts at its moment. Who does not wait takes what is ready.
pub(super) async fn claim(
    connections: &Connections,
    bell: &Bell,
    request: &ClaimRequest,
    patience: Duration,
) -> Result<Vec<ClaimedJob>, RedisFailure> {
    let deadline = Instant::now() + patience;
    loop {
        let mut listening = bell.listen(&request.queues);
        let believed = listening.believed_empty_until().filter(|_| !patience.is_zero());
        let look_again = if let Some(until) = believed {
            until
        } else {
            let rung = listening.rung();
            let (jobs, next_due) = claim_now(connections, request, !patience.is_zero()).await?;
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
            return Ok(Vec::new());
        }
    }
}

/// Claims what is there, in rounds; says when the next delayed job is due where nothing is.
async fn claim_now(
    connections: &Connections,
    request: &ClaimRequest,
    promotes: bool,
) -> Result<(Vec<ClaimedJob>, Option<Duration>), RedisFailure> {
    let mut jobs = Vec::new();
    loop {
        let wanted = request.limit.saturating_sub(u32::try_from(jobs.len()).unwrap_or(u32::MAX)).min(ROUND);
        if wanted == 0 {
            return Ok((jobs, None));
        }
        let mut call = Call::of(&script::CLAIM, 5 + request.queues.len());
        call.arg(request.worker.as_str())
            .arg(wanted)
            .arg(delay_ms(request.lease))
            .arg(if promotes { ROUND } else { 0 })
            .arg(format!("{}-", uuid::Uuid::new_v4().simple()));
        // A queue that is named twice would give its jobs out twice.
        for queue in request.queues.iter().collect::<BTreeSet<_>>() {
            call.arg(queue.as_str());
        }
        let Claimed { next_due, jobs: round } = connections.run_aside(&call).await?;
        if !round.is_empty() {
            connections.note_step();
        }
        let is_last = round.len() < wanted as usize;
        jobs.extend(round);
        if is_last {
            return Ok((jobs, next_due));
        }
    }
}

/// What the script answers.
struct Claimed {
    next_due: Option<Duration>,
    jobs: Vec<ClaimedJob>,
}

impl FromRedisValue for Claimed {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let Value::Array(values) = value else { return Err("a claim answers with a list".into()) };
        let mut values = values.into_iter();
        let next_due: i64 = redis::from_redis_value(values.next().unwrap_or_default())?;
        let mut jobs = Vec::with_capacity(values.len() / 7);
        while let Some(job_id) = values.next() {
            let mut next = || values.next().unwrap_or_default();
            jobs.push(ClaimedJob {
                lease: Lease {
                    job_id: JobId(redis::from_redis_value(job_id)?),
                    token: redis::from_redis_value(next())?,
                },
                queue_name: QueueName(redis::from_redis_value(next())?),
                job_name: redis::from_redis_value(next())?,
                data: json(next())?,
                attempt: redis::from_redis_value(next())?,
                max_attempts: redis::from_redis_value(next())?,
            });
        }
        Ok(Self { next_due: u64::try_from(next_due).ok().map(Duration::from_millis), jobs })
    }
}

fn json(value: Value) -> Result<serde_json::Value, ParsingError> {
    let Value::BulkString(bytes) = value else { return Err("arguments are a text".into()) };
    serde_json::from_slice(&bytes).map_err(|problem| format!("arguments are no JSON: {problem}").into())
}

/// The state of a job.
pub(super) async fn job_state(connections: &Connections, job_id: &JobId) -> Result<Option<JobState>, RedisFailure> {
    let mut command = redis::cmd("HGET");
    command.arg(keys::job(job_id.as_str())).arg("state");
    let Some(name) = connections.ask::<Option<String>>(&command).await? else { return Ok(None) };
    serde_json::from_value(serde_json::Value::String(name))
        .map(Some)
        .map_err(|problem| RedisFailure::Broken { key: keys::job(job_id.as_str()), problem: problem.to_string() })
}
