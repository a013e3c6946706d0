//! What can be seen of jobs, queues and workers: asked of readers, so that nobody who works waits for it.

use app::domain::{CounterDrift, Job, JobDetail, JobId, JobState, Queue, QueueName, Worker, WorkerStatus};
use async_trait::async_trait;

use super::{
    SqlBackplane, attempts, job_log, queues, recount,
    row::state,
    shelf,
    view::{JobView, view_columns},
    workers,
};
use crate::{
    backplane::{BackplaneError, Inspect, Shelf},
    store::sql,
};

#[async_trait]
impl Inspect for SqlBackplane {
    async fn job_state(&self, job_id: &JobId) -> Result<Option<JobState>, BackplaneError> {
        let select = sql("select state from jobs where job_id = $1").bind(job_id.as_str());
        let name: Option<(String,)> = self.database.fetch_optional(select).await?;
        Ok(name.map(|(name,)| state(&name, job_id.as_str())).transpose()?)
    }

    async fn job(&self, job_id: &JobId) -> Result<Option<JobDetail>, BackplaneError> {
        let select = sql(concat!("select ", view_columns!(), " from jobs where job_id = $1")).bind(job_id.as_str());
        let Some(view) = self.database.fetch_optional::<JobView>(select).await? else { return Ok(None) };
        let job = Job::try_from(view)?;
        let attempts = attempts::of(&self.database, &job).await?;
        let log = job_log::of(&self.database, job_id).await?;
        Ok(Some(JobDetail { job, attempts, log }))
    }

    async fn shelf(&self, piece: &Shelf) -> Result<Vec<Job>, BackplaneError> {
        shelf::jobs(&self.database, piece).await
    }

    async fn queues(&self) -> Result<Vec<Queue>, BackplaneError> {
        queues::queues(&self.database, None, &self.workers().await?).await
    }

    async fn queue(&self, queue: &QueueName) -> Result<Option<Queue>, BackplaneError> {
        Ok(queues::queues(&self.database, Some(queue), &self.workers().await?).await?.pop())
    }

    async fn workers(&self) -> Result<Vec<Worker>, BackplaneError> {
        let gone = self.dead_workers()?;
        let mut workers = workers::all(&self.database).await?;
        for worker in workers.iter_mut().filter(|worker| gone.contains(&worker.worker_id)) {
            worker.status = WorkerStatus::Gone;
        }
        Ok(workers)
    }

    async fn recount(&self) -> Result<Vec<CounterDrift>, BackplaneError> {
        recount::recount(&self.database).await
    }
}
