//! Jobs that somebody outside orders: `POST /api/v1/queue/add` and `signalbox enqueue`. Checked before anything is stored.

use std::time::Duration;

use app::domain::{JobId, QueueName};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Registry;
use crate::backplane::NewJob;

/// The longest delay, and the longest time that a unique key is held: a year.
const LONGEST_DELAY: Duration = Duration::from_hours(365 * 24);
/// Most attempts.
const MOST_ATTEMPTS: u32 = 1_000;
/// The longest name of a queue, a job or a unique key, in bytes.
const LONGEST_NAME: usize = 200;

/// An order for a job.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "queueName": "test", "jobName": "sleep", "data": {"ms": 5_000}, "opts": {"priority": 5, "uniqueKey": "nap"}
}))]
pub struct JobOrder {
    /// The queue it shall wait in.
    pub queue_name: String,
    /// Its kind.
    pub job_name: String,
    /// Its arguments.
    #[serde(default)]
    pub data: Value,
    /// What is different from the kind's own ways.
    #[serde(default)]
    pub opts: JobOptions,
}

/// What is different from the kind's own ways; all may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobOptions {
    /// 0 to 9; larger first.
    #[schema(minimum = 0, maximum = 9)]
    pub priority: Option<u8>,
    /// Milliseconds to wait before it may be claimed.
    pub delay_ms: Option<u64>,
    /// Attempts allowed, 1 to 1,000.
    #[schema(minimum = 1, maximum = 1_000)]
    pub attempts: Option<u32>,
    /// While a job with the same key is alive, no second one is made.
    pub unique_key: Option<String>,
    /// For so many milliseconds after this one was taken in no second one is made either, even if this one has ended. With a unique
    /// key only.
    pub unique_for_ms: Option<u64>,
    /// Its id; made here when left out.
    pub job_id: Option<String>,
}

/// An order that can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct OrderError {
    /// The field that is wrong, such as `opts.priority`.
    pub field: String,
    /// What to change.
    pub message: String,
}

impl OrderError {
    fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl JobOrder {
    /// The job that is ordered.
    ///
    /// # Errors
    /// The kind is unknown, its arguments can't be read, or an option is out of its range.
    pub fn into_new_job(self, registry: &Registry) -> Result<NewJob, OrderError> {
        let Self { queue_name, job_name, data, opts } = self;
        let queue_name = queue_name_of(queue_name)?;
        let job_id = match opts.job_id {
            Some(job_id) => name("opts.jobId", job_id)?,
            None => uuid::Uuid::now_v7().to_string(),
        };
        let unique_key = opts.unique_key.map(|key| name("opts.uniqueKey", key)).transpose()?;
        let job = registry.prepare(&job_name, data, JobId(job_id))?;
        let unique_key = unique_key.or(job.unique_key);
        let unique_for = opts.unique_for_ms.map(|ms| unique_for(ms, unique_key.as_deref())).transpose()?;
        Ok(NewJob {
            queue_name,
            priority: priority(opts.priority.unwrap_or(job.priority))?,
            delay: delay(opts.delay_ms.map_or(job.delay, Duration::from_millis))?,
            max_attempts: attempts(opts.attempts.unwrap_or(job.max_attempts))?,
            unique_key,
            unique_for: unique_for.or(job.unique_for),
            ..job
        })
    }
}

/// A text as the name of a queue.
///
/// # Errors
/// It is empty, too long, or has a comma or a control character in it.
pub fn queue_name_of(text: String) -> Result<QueueName, OrderError> {
    name("queueName", text).map(QueueName)
}

/// A name that can stand in a topic and in a list.
fn name(field: &str, text: String) -> Result<String, OrderError> {
    let is_name = (1..=LONGEST_NAME).contains(&text.len()) && !text.chars().any(|c| c.is_control() || c == ',');
    if is_name {
        Ok(text)
    } else {
        Err(OrderError::new(field, format!("Use 1 to {LONGEST_NAME} bytes without commas and control characters.")))
    }
}

fn priority(priority: u8) -> Result<u8, OrderError> {
    if priority <= 9 { Ok(priority) } else { Err(OrderError::new("opts.priority", "Use 0 to 9; larger comes first.")) }
}

fn delay(delay: Duration) -> Result<Duration, OrderError> {
    if delay <= LONGEST_DELAY {
        Ok(delay)
    } else {
        Err(OrderError::new("opts.delayMs", "A year is the longest delay."))
    }
}

fn unique_for(ms: u64, unique_key: Option<&str>) -> Result<Duration, OrderError> {
    let refused = |message: &str| Err(OrderError::new("opts.uniqueForMs", message));
    let time = Duration::from_millis(ms);
    match unique_key {
        None => refused("Give a uniqueKey too: it is what is held for that time."),
        Some(_) if time.is_zero() || time > LONGEST_DELAY => refused("Use 1 millisecond to a year."),
        Some(_) => Ok(time),
    }
}

fn attempts(attempts: u32) -> Result<u32, OrderError> {
    if (1..=MOST_ATTEMPTS).contains(&attempts) {
        Ok(attempts)
    } else {
        Err(OrderError::new("opts.attempts", format!("Use 1 to {MOST_ATTEMPTS}.")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ordered(order: Value) -> Result<NewJob, OrderError> {
        let order: JobOrder = serde_json::from_value(order).expect("an order");
        order.into_new_job(&Registry::all())
    }

    fn field_of(order: Value) -> String {
        ordered(order).expect_err("refused").field
    }

    #[test]
    fn an_order_keeps_the_ways_of_its_kind_where_it_says_nothing() {
        let job = ordered(json!({"queueName": "test", "jobName": "echo", "data": [1]})).expect("taken");

        assert_eq!((job.priority, job.max_attempts, job.delay), (0, 10, Duration::ZERO));
        assert_eq!(job.data, json!([1]));
    }

    #[test]
    fn options_come_before_the_ways_of_the_kind() {
        let job = ordered(json!({
            "queueName": "test", "jobName": "sleep", "data": {"ms": 5},
            "opts": {"priority": 9, "delayMs": 1_500, "attempts": 2, "uniqueKey": "k", "uniqueForMs": 60_000, "jobId": "mine"}
        }))
        .expect("taken");

        assert_eq!((job.priority, job.max_attempts), (9, 2));
        assert_eq!((job.delay, job.unique_for), (Duration::from_millis(1_500), Some(Duration::from_mins(1))));
        assert_eq!((job.job_id.as_str(), job.unique_key.as_deref()), ("mine", Some("k")));
    }

    #[test]
    fn whatever_is_wrong_is_named() {
        assert_eq!(field_of(json!({"queueName": "", "jobName": "echo"})), "queueName");
        assert_eq!(field_of(json!({"queueName": "test", "jobName": "tea"})), "jobName");
        assert_eq!(field_of(json!({"queueName": "test", "jobName": "sleep", "data": {"ms": "x"}})), "data.ms");
        assert_eq!(field_of(json!({"queueName": "test", "jobName": "sleep", "data": {}})), "data");
        let with = |opts: Value| field_of(json!({"queueName": "test", "jobName": "echo", "opts": opts}));
        assert_eq!(with(json!({"priority": 10})), "opts.priority");
        assert_eq!(with(json!({"attempts": 0})), "opts.attempts");
        assert_eq!(with(json!({"delayMs": 99_999_999_999_999_u64})), "opts.delayMs");
        assert_eq!(with(json!({"uniqueKey": ""})), "opts.uniqueKey");
        assert_eq!(with(json!({"jobId": "a,b"})), "opts.jobId");
        assert_eq!(with(json!({"uniqueForMs": 5})), "opts.uniqueForMs");
        assert_eq!(with(json!({"uniqueForMs": 0, "uniqueKey": "k"})), "opts.uniqueForMs");
        assert_eq!(with(json!({"uniqueForMs": 99_999_999_999_999_u64, "uniqueKey": "k"})), "opts.uniqueForMs");
    }
}
