//! Taking jobs in.

use std::{fmt::Write as _, time::Duration};

use app::domain::JobId;
use serde::Serialize;

use super::{
    RedisFailure,
    connections::Connections,
    script::{self, Call},
};
use crate::backplane::{Enqueued, NewJob};

/// Jobs that one call takes in, all or none. It stops Redis for less than a tenth of a second.
const TOGETHER: usize = 10_000;
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
        let is_plain = jobs.iter().all(|job| Options::of(job).is_plain());
        let script = if is_plain { &script::PLAIN } else { &script::ENQUEUE };
        let mut call = Call::of(script, jobs.len() * 5);
        for job in jobs {
            hand_in(&mut call, job);
        }
        if jobs.len() == 1 {
            call.answered_last();
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

/// A job as the scripts take it in.
pub(super) fn hand_in(call: &mut Call, job: &NewJob) {
    call.arg(job.job_id.as_str()).arg(job.queue_name.as_str()).arg(head(job)).arg(job.data.to_string());
    let options = Options::of(job);
    if options.is_plain() {
        call.arg(options.deaths);
    } else {
        // Texts and numbers always have a form in JSON.
        call.arg(serde_json::to_string(&options).unwrap_or_default());
    }
}

/// What most jobs have not, aside from the first.
#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Options<'a> {
    deaths: u32,
    priority: u8,
    delay: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_for: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency_key: Option<&'a str>,
}

impl<'a> Options<'a> {
    fn of(job: &'a NewJob) -> Self {
        Self {
            deaths: job.max_stalls.max(1),
            priority: job.priority.min(9),
            delay: delay_ms(job.delay),
            unique_key: job.unique_key.as_deref(),
            unique_for: job.unique_key.as_ref().and(job.unique_for).map(delay_ms),
            concurrency_key: job.concurrency_key.as_deref(),
        }
    }

    /// Whether there is nothing special about the job.
    fn is_plain(&self) -> bool {
        *self == Self { deaths: self.deaths, ..Self::default() }
    }
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
