//! What a running job may use.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::JobError;
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

/// What a running job may use, and how it learns that it has to stop.
pub struct JobContext {
    /// The parts of the installation.
    pub parts: Parts,
    /// The right to work, of this attempt.
    pub lease: Lease,
    /// This attempt, counted from 1.
    pub attempt: u32,
    /// Cancelled when the worker stops.
    pub stopping: CancellationToken,
    /// Cancelled when the lease was lost.
    pub lease_lost: CancellationToken,
}

impl JobContext {
    /// Call it between steps: says whether the attempt has to end here.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] or [`JobError::Stopped`].
    pub fn check(&self) -> Result<(), JobError> {
        if self.lease_lost.is_cancelled() {
            return Err(JobError::LeaseLost);
        }
        if self.stopping.is_cancelled() {
            return Err(JobError::Stopped);
        }
        Ok(())
    }

    /// Notes how far the job is. Not for every step: a few times a second is plenty.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when somebody else holds the job, [`JobError::Retry`] when the engine failed.
    pub async fn report(&self, progress: Progress) -> Result<(), JobError> {
        match self.parts.backplane.report(&self.lease, progress).await? {
            Finished::Accepted => Ok(()),
            Finished::Refused => Err(JobError::LeaseLost),
        }
    }
}
