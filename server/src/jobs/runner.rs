//! One attempt of one job, from claim to ending.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use serde_json::Value;

use super::{JobContext, JobError, Registry};
use crate::backplane::{ClaimedJob, Outcome};

/// The longest pause between two attempts.
const LONGEST_BACK_OFF: Duration = Duration::from_mins(10);
/// How long a job may take to stop once it was told to.
const GRACE: Duration = Duration::from_secs(2);

/// Runs the attempt, and says how it ended. A panic is an error of the job. `None` when somebody else holds the lease by now: then
/// there is nothing to write.
pub async fn run(registry: &Registry, job: ClaimedJob, context: &JobContext) -> Option<Outcome> {
    let (attempt, max_attempts) = (job.attempt, job.max_attempts);
    let done = tokio::select! {
        done = run_to_its_end(registry, &job.job_name, job.data, context) => done,
        never = context.pass_reports_on() => match never {},
    };
    if tokio::time::timeout(GRACE, context.tell_last_report()).await.is_err() {
        tracing::warn!(job_id = %job.lease.job_id, "how far the job came could not be told: the engine does not answer");
    }
    let outcome = match done {
        Ok(result) => Outcome::Completed(result),
        Err(JobError::Stopped) => Outcome::HandedBack,
        Err(JobError::Cancelled) => Outcome::Cancelled,
        Err(JobError::Snooze(delay)) => Outcome::Snoozed { delay },
        Err(JobError::LeaseLost) => {
            tracing::warn!(job_id = %job.lease.job_id, attempt, "stopped: another worker holds the lease");
            return None;
        }
        Err(JobError::Retry { error, after }) if attempt < max_attempts => {
            Outcome::Retry { error, delay: after.unwrap_or_else(|| back_off(attempt, chance())) }
        }
        Err(JobError::Retry { error, .. } | JobError::Fail(error)) => Outcome::Failed { error },
    };
    if let Outcome::Retry { error, .. } | Outcome::Failed { error } = &outcome {
        tracing::warn!(job_id = %job.lease.job_id, job_name = job.job_name, attempt, error, "the attempt failed");
    }
    Some(outcome)
}

/// Runs the job until it ends, or until it was told to stop and did not: then it is dropped where it waits.
async fn run_to_its_end(registry: &Registry, kind: &str, data: Value, context: &JobContext) -> Result<Value, JobError> {
    let job = AssertUnwindSafe(registry.run(kind, data, context)).catch_unwind();
    let out_of_patience = async {
        context.signals.raised().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        done = job => done.unwrap_or_else(|panic| {
            Err(JobError::retry(format!("the job panicked: {}", words_of(&*panic))))
        }),
        () = out_of_patience => {
            tracing::warn!(job_id = %context.lease.job_id, kind, "did not stop when it was told to, and was dropped");
            context.check().and(Err(JobError::Stopped))
        }
    }
}

/// Exponential with full jitter, from 1 s: a crowd that failed together comes back spread out.
fn back_off(attempt: u32, chance: f64) -> Duration {
    let ceiling = Duration::from_secs(1).saturating_mul(2_u32.saturating_pow(attempt.min(20))).min(LONGEST_BACK_OFF);
    Duration::from_millis(100) + ceiling.mul_f64(chance)
}

/// A random number in 0.0..1.0, of the quality that jitter needs.
fn chance() -> f64 {
    let [a, b, c, d, ..] = uuid::Uuid::new_v4().into_bytes();
    f64::from(u32::from_le_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_with_the_attempts_up_to_ten_minutes() {
        assert_eq!(back_off(1, 0.0), Duration::from_millis(100));
        assert!(back_off(1, 0.999) < Duration::from_millis(2_200));
        assert!(back_off(5, 0.999) > Duration::from_secs(30));
        assert!(back_off(u32::MAX, 0.999) <= LONGEST_BACK_OFF);
    }

    #[test]
    fn chance_lies_between_nought_and_one() {
        for _ in 0..1_000 {
            assert!((0.0..1.0).contains(&chance()));
        }
    }
}
