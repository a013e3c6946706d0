//! One attempt in a worker: it waits for a place, is run, and has an end, whatever happens.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::Instant};

use super::{JobContext, JobError, Worker, context::Signals, pace::Pace, runner};
use crate::backplane::{ClaimedJob, Lease, Outcome};

/// How long a job that was claimed ahead waits for a place. Then the jobs before it are longer than was thought, and another worker may
/// be idle.
const PLACE: Duration = Duration::from_secs(1);

/// An attempt that ended; without an outcome when somebody else has the job by now.
pub(super) struct Ended {
    pub(super) lease: Lease,
    pub(super) outcome: Option<Outcome>,
}

/// Makes an attempt, once there is a place for it.
pub(super) async fn make(
    worker: Arc<Worker>,
    job: ClaimedJob,
    signals: Signals,
    places: Arc<Semaphore>,
    pace: Arc<Pace>,
) -> Ended {
    let lease = job.lease.clone();
    let context = JobContext::new(worker.parts().clone(), lease.clone(), job.attempt, signals);
    let outcome = tokio::select! {
        biased;
        // It had not begun when it was told to stop.
        () = context.signals.raised() => match context.check() {
            Err(JobError::LeaseLost) => None,
            Err(JobError::Cancelled) => Some(Outcome::Cancelled),
            _ => Some(Outcome::HandedBack),
        },
        _place = places.acquire() => {
            let began = Instant::now();
            let outcome = runner::run(worker.registry(), job, &context).await;
            pace.note(began.elapsed());
            outcome
        }
        () = tokio::time::sleep(PLACE) => {
            pace.note(PLACE);
            Some(Outcome::HandedBack)
        }
    };
    Ended { lease, outcome }
}
