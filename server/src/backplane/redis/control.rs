//! What operators may do to jobs and queues.

use app::domain::{JobId, JobState, QueueName};
use async_trait::async_trait;

use super::RedisBackplane;
use crate::backplane::{BackplaneError, Control, DeadLetters, Pause, Removal};

#[async_trait]
impl Control for RedisBackplane {
    async fn cancel(&self, job_id: &JobId) -> Result<Option<JobState>, BackplaneError> {
        unimplemented!()
    }

    async fn retry(&self, job_id: &JobId) -> Result<Option<JobState>, BackplaneError> {
        unimplemented!()
    }

    async fn remove(&self, job_id: &JobId) -> Result<Option<Removal>, BackplaneError> {
        unimplemented!()
    }

    async fn replay(&self, letters: &DeadLetters) -> Result<u64, BackplaneError> {
        unimplemented!()
    }

    async fn discard(&self, letters: &DeadLetters) -> Result<u64, BackplaneError> {
        unimplemented!()
    }

    async fn set_paused(&self, queue: &QueueName, pause: Pause) -> Result<(), BackplaneError> {
        unimplemented!()
    }

    async fn set_concurrency_limit(&self, queue: &QueueName, limit: Option<u32>) -> Result<(), BackplaneError> {
        unimplemented!()
    }
}
