//! How an attempt can end otherwise than well. A job chooses its fate where it fails.

use std::{error::Error, time::Duration};

use crate::{backplane::BackplaneError, files::FileError, store::StoreError};

/// The fate of an attempt. What went wrong is kept in words, with all its causes.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Something passing: try again after a growing pause, as long as attempts are left.
    #[error("{error}")]
    Retry {
        /// What went wrong.
        error: String,
        /// The pause, where somebody knows better: a server that said when to come back.
        after: Option<Duration>,
    },
    /// Something that another attempt can't mend: dead-letter it at once.
    #[error("{0}")]
    Fail(String),
    /// Too early: run it again after a pause, without counting the attempt.
    #[error("it is run again in {0:?}")]
    Snooze(Duration),
    /// It was called off, and has stopped.
    #[error("it was called off")]
    Cancelled,
    /// The worker stops: hand the job back, without counting the attempt.
    #[error("the worker stops")]
    Stopped,
    /// Somebody else holds the lease by now: write nothing more.
    #[error("the lease was lost")]
    LeaseLost,
}

/// Anything that went wrong: an error with its causes, or words.
type Cause = Box<dyn Error + Send + Sync>;

impl JobError {
    /// Try again after a growing pause.
    pub fn retry(cause: impl Into<Cause>) -> Self {
        Self::Retry { error: in_words(&*cause.into()), after: None }
    }

    /// Try again after this pause.
    pub fn retry_after(pause: Duration, cause: impl Into<Cause>) -> Self {
        Self::Retry { error: in_words(&*cause.into()), after: Some(pause) }
    }

    /// Don't try again.
    pub fn fail(cause: impl Into<Cause>) -> Self {
        Self::Fail(in_words(&*cause.into()))
    }

    /// Run it again after this pause; nothing went wrong, so the attempt is not counted.
    pub const fn snooze(pause: Duration) -> Self {
        Self::Snooze(pause)
    }
}

/// An error with its causes, from the outermost to the innermost. One that has told its cause already is not repeated.
fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let told = inner.to_string();
        if !words.contains(&told) {
            words = format!("{words}: {told}");
        }
        cause = inner.source();
    }
    words
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::retry(error)
    }
}

impl From<BackplaneError> for JobError {
    fn from(error: BackplaneError) -> Self {
        Self::retry(error)
    }
}

impl From<FileError> for JobError {
    fn from(error: FileError) -> Self {
        Self::retry(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the disk is full")]
    struct Innermost;

    #[derive(Debug, thiserror::Error)]
    #[error("the chunk can't be written")]
    struct Inner(#[source] Innermost);

    #[derive(Debug, thiserror::Error)]
    #[error("import 7 broke off: {0}")]
    struct Outer(#[source] Inner);

    #[test]
    fn an_error_is_told_with_all_its_causes_and_each_once() {
        let error = JobError::retry(Outer(Inner(Innermost)));

        assert_eq!(error.to_string(), "import 7 broke off: the chunk can't be written: the disk is full");
        assert_eq!(JobError::fail("so").to_string(), "so");
    }
}
