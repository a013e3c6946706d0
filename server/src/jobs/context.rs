//! What a running job may use.

use std::{convert::Infallible, sync::Arc};

use app::domain::{JobLogLine, LogLevel};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{JobError, progress::Reports};
use crate::{
    backplane::{Backplane, Finished, Lease, Progress},
    files::Files,
    store::Database,
};

/// The parts of the installation that jobs work with.
#[derive(Clone)]
pub struct Parts {
    /// Domain data.
    pub database: Database,
    /// Uploaded files.
    pub files: Files,
    /// Queue and log.
    pub backplane: Arc<dyn Backplane>,
}

impl Parts {
    /// Closes all of it, so that the process may end. The engine goes first: it may hold a connection to the database for as long as
    /// it lives.
    pub async fn close(self) {
        let Self { database, backplane, .. } = self;
        drop(backplane);
        database.close().await;
    }
}

/// How an attempt learns that it has to stop, and why. A job that does not stop soon after is dropped where it waits.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// Cancelled when the worker stops.
    pub stopping: CancellationToken,
    /// Cancelled when somebody called the job off.
    pub cancelled: CancellationToken,
    /// Cancelled when the lease was lost.
    pub lease_lost: CancellationToken,
}

impl Signals {
    /// Whether the attempt has to end here.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`], [`JobError::Cancelled`] or [`JobError::Stopped`].
    pub fn check(&self) -> Result<(), JobError> {
        if self.lease_lost.is_cancelled() {
            return Err(JobError::LeaseLost);
        }
        if self.cancelled.is_cancelled() {
            return Err(JobError::Cancelled);
        }
        if self.stopping.is_cancelled() {
            return Err(JobError::Stopped);
        }
        Ok(())
    }

    /// Waits until the attempt has to end.
    pub async fn raised(&self) {
        tokio::select! {
            () = self.stopping.cancelled() => {}
            () = self.cancelled.cancelled() => {}
            () = self.lease_lost.cancelled() => {}
        }
    }
}

/// What a running job may use, and how it learns that it has to stop.
pub struct JobContext {
    /// The parts of the installation.
    pub parts: Parts,
    /// The right to work, of this attempt.
    pub lease: Lease,
    /// This attempt, counted from 1.
    pub attempt: u32,
    /// How it learns that it has to stop.
    pub signals: Signals,
    reports: Reports,
}

impl JobContext {
    /// What an attempt may use.
    pub fn new(parts: Parts, lease: Lease, attempt: u32, signals: Signals) -> Self {
        Self { parts, lease, attempt, signals, reports: Reports::default() }
    }

    /// Call it between steps: says whether the attempt has to end here.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`], [`JobError::Cancelled`] or [`JobError::Stopped`].
    pub fn check(&self) -> Result<(), JobError> {
        self.signals.check()
    }

    /// Notes how far the job is. As often as you like: it is told ten times a second at most, and what was said last before the attempt
    /// ends.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when somebody else holds the job, [`JobError::Retry`] when the engine failed.
    pub async fn report(&self, progress: Progress) -> Result<(), JobError> {
        still_held(self.reports.take(&*self.parts.backplane, &self.lease, progress).await?)
    }

    /// Tells what was said too soon after what was told before, for as long as it is waited for.
    pub(super) async fn pass_reports_on(&self) -> Infallible {
        self.reports.pass_on(&*self.parts.backplane, &self.lease).await
    }

    /// Tells what was said last, if it was not told yet.
    pub(super) async fn tell_last_report(&self) {
        self.reports.tell_rest(&*self.parts.backplane, &self.lease).await;
    }

    /// Says something that stays with the job: its last 1,000 lines of at most 4,096 bytes are kept. Not for every row of a file.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when somebody else holds the job, [`JobError::Retry`] when the engine failed.
    pub async fn log(&self, level: LogLevel, line: impl Into<String>) -> Result<(), JobError> {
        let line = JobLogLine { at: Timestamp::now(), level, line: line.into() };
        still_held(self.parts.backplane.log(&self.lease, vec![line]).await?)
    }
}

const fn still_held(finished: Finished) -> Result<(), JobError> {
    match finished {
        Finished::Accepted => Ok(()),
        Finished::Refused => Err(JobError::LeaseLost),
    }
}
