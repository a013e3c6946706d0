//! How an attempt can end otherwise than well. A job chooses its fate where it fails.

use crate::{backplane::BackplaneError, files::FileError, store::StoreError};

/// The fate of an attempt.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Something passing: try again after a growing pause, as long as attempts are left.
    #[error("{0}")]
    Retry(String),
    /// Something that another attempt can't mend: dead-letter it at once.
    #[error("{0}")]
    Fail(String),
    /// The worker stops: hand the job back, without counting the attempt.
    #[error("the worker stops")]
    Stopped,
    /// Somebody else holds the lease by now: write nothing more.
    #[error("the lease was lost")]
    LeaseLost,
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::Retry(error.to_string())
    }
}

impl From<BackplaneError> for JobError {
    fn from(error: BackplaneError) -> Self {
        Self::Retry(error.to_string())
    }
}

impl From<FileError> for JobError {
    fn from(error: FileError) -> Self {
        Self::Retry(error.to_string())
    }
}
