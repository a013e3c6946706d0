//! Gives back what it was given: for trying the way of a job.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Job, JobContext, JobError};

/// Its arguments: any JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Echo(pub Value);

#[async_trait]
impl Job for Echo {
    const KIND: &'static str = "echo";
    const QUEUE: &'static str = "test";

    type Output = Value;

    async fn run(self, _context: &JobContext) -> Result<Value, JobError> {
        Ok(self.0)
    }
}
