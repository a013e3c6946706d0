//! What can be seen of jobs, queues and workers.

use app::domain::{CounterDrift, Job, JobDetail, JobId, JobState, Queue, QueueName, Worker};
use async_trait::async_trait;

use super::{RedisBackplane, queue};
use crate::backplane::{BackplaneError, Inspect, Shelf};

#[async_trait]
impl Inspect for RedisBackplane {
    async fn job_state(&self, job_id: &JobId) -> Result<Option<JobState>, BackplaneError> {
        Ok(queue::job_state(&self.connections, job_id).await?)
    }

    async fn job(&self, job_id: &JobId) -> Result<Option<JobDetail>, BackplaneError> {
        unimplemented!()
    }

    async fn shelf(&self, shelf: &Shelf) -> Result<Vec<Job>, BackplaneError> {
        unimplemented!()
    }

    async fn queues(&self) -> Result<Vec<Queue>, BackplaneError> {
        unimplemented!()
    }

    async fn queue(&self, queue: &QueueName) -> Result<Option<Queue>, BackplaneError> {
        unimplemented!()
    }

    async fn workers(&self) -> Result<Vec<Worker>, BackplaneError> {
        unimplemented!()
    }

    async fn recount(&self) -> Result<Vec<CounterDrift>, BackplaneError> {
        unimplemented!()
    }
}
