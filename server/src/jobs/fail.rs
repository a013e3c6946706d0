//! Fails as it is told to: for trying retries and dead letters.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Job, JobContext, JobError};

/// Its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fail {
    /// What it says went wrong.
    pub message: String,
    /// Attempts that fail before one succeeds; all of them when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Whether no other attempt shall follow.
    #[serde(default)]
    pub fatal: bool,
}

#[async_trait]
impl Job for Fail {
    const KIND: &'static str = "fail";
    const QUEUE: &'static str = "test";

    type Output = ();

    async fn run(self, context: &JobContext) -> Result<(), JobError> {
        let is_over = self.times.is_some_and(|times| context.attempt > times);
        match (is_over, self.fatal) {
            (true, _) => Ok(()),
            (false, true) => Err(JobError::fail(self.message)),
            (false, false) => Err(JobError::retry(self.message)),
        }
    }
}
