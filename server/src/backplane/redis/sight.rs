//! Jobs, read from what the scripts keep of them.

use std::collections::HashMap;

use app::domain::{Job, JobAttempt, JobDetail, JobId, JobLogLine, JobState};
use serde::Deserialize;

use super::{
    RedisFailure,
    claim::Line,
    connections::Connections,
    keys,
    moment::{broken, moment},
    script::{self, Call},
};

/// Jobs that one call looks at.
const ROUND: usize = 250;

/// A job as `look.lua` tells of it: id, its lines, its traits.
type Seen = (String, String, String, HashMap<String, String>);

/// The state of a job.
pub(super) async fn job_state(connections: &Connections, job_id: &JobId) -> Result<Option<JobState>, RedisFailure> {
    let mut asking = redis::pipe();
    // No transaction: a server whose memory is full refuses those. A job that is claimed between the two questions did wait.
    asking.cmd("HGET").arg(keys::STANDING).arg(job_id.as_str());
    asking.cmd("HEXISTS").arg(keys::JOBS).arg(job_id.as_str());
    let (standing, is_there): (Option<String>, bool) = connections.ask_all(&asking).await?;
    if is_there { state_of(standing.as_deref().unwrap_or("w")).map(Some) } else { Ok(None) }
}

/// The state that a job's line in `STANDING` begins with.
pub(super) fn state_of(standing: &str) -> Result<JobState, RedisFailure> {
    let its_own = JobState::ALL.into_iter().find(|state| standing.starts_with(letter(*state)));
    its_own.ok_or_else(|| broken(keys::STANDING, &"a state that is none"))
}

/// What the line of a job in that state begins with.
pub(super) const fn letter(state: JobState) -> &'static str {
    match state {
        JobState::Waiting => "w",
        JobState::Delayed => "d",
        JobState::Active => "a",
        JobState::Completed => "c",
        JobState::Failed => "f",
        JobState::Cancelled => "x",
    }
}

/// Those of some jobs that are there, in the same order.
pub(super) async fn jobs(connections: &Connections, ids: &[String]) -> Result<Vec<Job>, RedisFailure> {
    let mut jobs = Vec::with_capacity(ids.len());
    for round in ids.chunks(ROUND) {
        jobs.extend(look(connections, round).await?.into_iter().map(|(job, _)| job));
    }
    Ok(jobs)
}

/// A job with its past and its log.
pub(super) async fn detail(connections: &Connections, job_id: &JobId) -> Result<Option<JobDetail>, RedisFailure> {
    let Some((job, traits)) = look(connections, std::slice::from_ref(&job_id.0)).await?.pop() else { return Ok(None) };
    let lines: Vec<String> =
        connections.ask(redis::cmd("LRANGE").arg(format!("{}{job_id}", keys::LINES)).arg(0).arg(-1)).await?;
    let log = lines.iter().map(|line| json::<JobLogLine>(keys::LINES, line)).collect::<Result<_, _>>()?;
    let attempts = past(&job, &traits)?;
    Ok(Some(JobDetail { job, attempts, log }))
}

async fn look(connections: &Connections, ids: &[String]) -> Result<Vec<(Job, HashMap<String, String>)>, RedisFailure> {
    let mut call = Call::of(&script::LOOK, ids.len());
    for id in ids {
        call.arg(id);
    }
    let seen: Vec<Seen> = connections.run_aside(&call).await?;
    seen.into_iter().map(|(id, line, stands, traits)| Ok((read(&id, &line, &stands, &traits)?, traits))).collect()
}

/// What a job's line in `STANDING` tells.
struct Standing<'a> {
    state: JobState,
    mark: char,
    attempt: u32,
    began: Option<i64>,
    worker: Option<&'a str>,
    finished: Option<i64>,
    result: Option<&'a str>,
}

impl<'a> Standing<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let state = state_of(line).ok()?;
        let mark = line.chars().nth(1)?;
        let (first, rest) = line.get(2..)?.split_once('\n').unwrap_or((&line[2..], ""));
        let mut words = first.splitn(4, ' ');
        let attempt = words.next()?.parse().ok()?;
        let began = words.nth(1).map(str::parse).transpose().ok()?;
        let ended = rest.split_once(' ').filter(|_| state == JobState::Completed);
        let finished = ended.map(|(finished, _)| finished.parse()).transpose().ok()?;
        Some(Self {
            state,
            mark,
            attempt,
            began,
            worker: words.next(),
            finished,
            result: ended.map(|(_, result)| result),
        })
    }
}

fn read(id: &str, line: &str, stands: &str, traits: &HashMap<String, String>) -> Result<Job, RedisFailure> {
    let line = Line::of(line).ok_or_else(|| broken(keys::JOBS, &id))?;
    let stands = Standing::of(stands).ok_or_else(|| broken(keys::STANDING, &id))?;
    let text = |name: &str| traits.get(name).cloned();
    let number = |name: &str| traits.get(name).map(|number| json::<i64>("a trait", number)).transpose();
    let at = |ms: Option<i64>| ms.map(|ms| moment(keys::STANDING, ms)).transpose();
    let said: Said = text("said").filter(|said| !said.is_empty()).map_or_else(
        || Ok(Said::default()),
        |said| json("what a job said", &format!("{{{}}}", said.trim_start_matches(','))),
    )?;
    Ok(Job {
        job_id: id.into(),
        queue_name: line.head.queue_name,
        job_name: line.head.job_name,
        state: stands.state,
        priority: text("priority").and_then(|priority| priority.parse().ok()).unwrap_or(0),
        attempt: stands.attempt,
        max_attempts: line.head.max_attempts,
        progress: match stands.state {
            JobState::Completed => 100,
            _ => text("progress").and_then(|progress| progress.parse().ok()).unwrap_or(0),
        },
        stage: said.stage,
        message: said.message,
        data: json(keys::JOBS, line.data)?,
        result: stands.result.map(|result| json(keys::STANDING, result)).transpose()?,
        error: text("error").map(|error| json("an error", &error)).transpose()?,
        error_fingerprint: text("fingerprint"),
        unique_key: text("unique_key"),
        concurrency_key: text("concurrency_key"),
        cancel_requested: stands.state == JobState::Active && stands.mark == '!',
        created_at: moment(keys::JOBS, line.created)?,
        run_at: moment(keys::JOBS, number("run_at")?.unwrap_or(line.created))?,
        started_at: at(stands.began.or(number("started")?))?,
        finished_at: at(stands.finished.or(number("finished")?))?,
        worker_id: stands.worker.or(traits.get("worker").map(String::as_str)).map(Into::into),
    })
}

/// What a job said last of its progress.
#[derive(Default, Deserialize)]
struct Said {
    stage: Option<String>,
    message: Option<String>,
}

/// The attempts of a job that ended. That which completed it is told by the job itself.
fn past(job: &Job, traits: &HashMap<String, String>) -> Result<Vec<JobAttempt>, RedisFailure> {
    let mut told = traits
        .iter()
        .filter(|(name, _)| name.starts_with("past:"))
        .map(|(_, line)| json::<PastAttempt>("a job's past", line)?.read())
        .collect::<Result<Vec<_>, _>>()?;
    told.sort_by_key(|attempt| (attempt.finished_at, attempt.attempt));
    if let (JobState::Completed, Some(started_at), Some(finished_at), Some(worker_id)) =
        (job.state, job.started_at, job.finished_at, job.worker_id.clone())
    {
        told.push(JobAttempt { attempt: job.attempt, worker_id, started_at, finished_at, error: None });
    }
    Ok(told)
}

/// An attempt as the scripts write it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PastAttempt {
    attempt: u32,
    worker_id: String,
    started_at: i64,
    finished_at: i64,
    error: Option<String>,
}

impl PastAttempt {
    fn read(self) -> Result<JobAttempt, RedisFailure> {
        Ok(JobAttempt {
            attempt: self.attempt,
            worker_id: self.worker_id.as_str().into(),
            started_at: moment("a job's past", self.started_at)?,
            finished_at: moment("a job's past", self.finished_at)?,
            error: self.error,
        })
    }
}

fn json<T: serde::de::DeserializeOwned>(key: &str, text: &str) -> Result<T, RedisFailure> {
    serde_json::from_str(text).map_err(|problem| broken(key, &problem))
}
