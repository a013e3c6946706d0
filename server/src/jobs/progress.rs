//! How far a job is, told ten times a second at most, and before its attempt ends as it is.
//!
//! A job may say more often how far it is than anybody can see. What comes too soon is kept, and takes the place of what was kept before;
//! it is told when its time has come, by whoever runs the attempt.

use std::{convert::Infallible, time::Duration};

use tokio::{
    sync::{Mutex, Notify},
    time::Instant,
};

use crate::backplane::{Backplane, BackplaneError, Finished, Lease, Progress};

/// The least time between two reports of an attempt.
const APART: Duration = Duration::from_millis(100);

/// What a job says of how far it is.
#[derive(Default)]
pub(super) struct Reports {
    state: Mutex<State>,
    kept: Notify,
}

#[derive(Default)]
struct State {
    told_at: Option<Instant>,
    kept: Option<Progress>,
    /// Whether the engine refused one: the lease was lost.
    is_refused: bool,
}

impl Reports {
    /// Takes in how far the job is; tells it if the last time was long enough ago. A refusal of what was kept comes with the next one.
    pub(super) async fn take(
        &self,
        backplane: &dyn Backplane,
        lease: &Lease,
        progress: Progress,
    ) -> Result<Finished, BackplaneError> {
        let mut state = self.state.lock().await;
        state.kept = Some(progress);
        if state.told_at.is_none_or(|told_at| told_at.elapsed() >= APART) {
            return state.tell(backplane, lease).await;
        }
        self.kept.notify_one();
        Ok(if state.is_refused { Finished::Refused } else { Finished::Accepted })
    }

    /// Tells what is kept whenever its time has come, for as long as it is waited for.
    pub(super) async fn pass_on(&self, backplane: &dyn Backplane, lease: &Lease) -> Infallible {
        loop {
            self.kept.notified().await;
            // Asked again after each wait: the job may have told something itself meanwhile, and kept something else.
            while let Some(next) = self.time_of_next().await {
                tokio::time::sleep_until(next).await;
            }
            self.tell_rest(backplane, lease).await;
        }
    }

    /// When the next report may be told, if not at once.
    async fn time_of_next(&self) -> Option<Instant> {
        let told_at = self.state.lock().await.told_at?;
        Some(told_at + APART).filter(|next| *next > Instant::now())
    }

    /// Tells what is kept.
    pub(super) async fn tell_rest(&self, backplane: &dyn Backplane, lease: &Lease) {
        if let Err(error) = self.state.lock().await.tell(backplane, lease).await {
            tracing::warn!(job_id = %lease.job_id, %error, "how far the job is could not be told");
        }
    }
}

impl State {
    /// Tells what is kept; what could not be told is kept on.
    async fn tell(&mut self, backplane: &dyn Backplane, lease: &Lease) -> Result<Finished, BackplaneError> {
        if let Some(progress) = self.kept.clone().filter(|_| !self.is_refused) {
            let told = backplane.report(lease, progress).await;
            // Behind the call: one that took its time is not followed at once by the next.
            self.told_at = Some(Instant::now());
            self.is_refused = told? == Finished::Refused;
            self.kept = None;
        }
        Ok(if self.is_refused { Finished::Refused } else { Finished::Accepted })
    }
}
