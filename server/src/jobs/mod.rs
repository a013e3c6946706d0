//! Background work: what a job is, which kinds there are, and the worker that runs them.
//!
//! A kind is one file: its arguments as a type, and what to do with them. `CONTRIBUTING.md` shows how to add one.

/// One attempt in a worker.
mod attempt;
/// The import of customers.
pub mod bulk_import_customers;
/// What a running job may use.
pub mod context;
/// What a cron pattern means.
pub mod cron;
/// Gives back what it was given.
pub mod echo;
/// How an attempt can end otherwise than well.
pub mod error;
/// Fails as it is told to.
pub mod fail;
/// What any process may do now and then, and somebody has to.
mod house;
/// One queue of a worker.
mod lane;
/// Lists of jobs over all states.
pub mod listing;
/// Jobs that somebody outside orders.
pub mod order;
/// How many jobs to claim ahead.
mod pace;
/// How far a job is.
mod progress;
/// Publishes a test event.
pub mod publish_test_event;
/// Gives work that lost its job a new one.
pub mod reconciler;
/// The kinds that this program knows.
pub mod registry;
/// One attempt of one job, from claim to ending.
pub mod runner;
/// Schedules as the audit log tells of them.
pub mod schedule_difference;
/// Schedules that somebody outside orders.
pub mod schedule_order;
/// Fires schedules whose moment has come.
pub mod scheduler;
/// Does nothing for a while.
pub mod sleep;
/// Removes uploaded files that belong to no import.
pub mod sweeper;
/// A worker: serves its queues, keeps its leases, and stops gracefully.
pub mod worker;

use std::time::Duration;

use app::domain::JobId;
use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::backplane::NewJob;
pub use bulk_import_customers::BulkImportCustomers;
pub use context::{JobContext, Signals};
pub use echo::Echo;
pub use error::JobError;
pub use fail::Fail;
pub use house::keep as keep_house;
pub use order::{JobOptions, JobOrder, OrderError};
pub use publish_test_event::PublishTestEvent;
pub use registry::Registry;
pub use schedule_order::{ScheduleChange, ScheduleOrder};
pub use sleep::Sleep;
pub use worker::{LEASE, Worker, WorkerConfig};

/// A kind of background work: the implementing type is its arguments.
#[async_trait]
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind's name on the wire. Never renamed.
    const KIND: &'static str;
    /// The queue it waits in.
    const QUEUE: &'static str;
    /// Attempts before it is dead-lettered.
    const MAX_ATTEMPTS: u32 = 10;
    /// Workers that may die over it in a row, without progress between, before it is dead-lettered.
    const MAX_STALLS: u32 = 3;
    /// What it gives when it is done.
    type Output: Serialize;

    /// Does the work. It may be run again from the start at any moment: what it did has to be found again, not done again.
    async fn run(self, context: &JobContext) -> Result<Self::Output, JobError>;

    /// Fields of the arguments that every event of the job carries.
    fn public(&self) -> Map<String, Value> {
        Map::new()
    }

    /// While a job with the same key is alive, no second one is made.
    fn unique_key(&self) -> Option<String> {
        None
    }

    /// Of the jobs with the same key, in all queues, one runs at a time.
    fn concurrency_key(&self) -> Option<String> {
        None
    }

    /// The job, ready to be enqueued under an id.
    ///
    /// # Errors
    /// The arguments can't be written as JSON.
    fn into_new_job(self, job_id: JobId) -> Result<NewJob, serde_json::Error> {
        Ok(NewJob {
            job_id,
            queue_name: Self::QUEUE.into(),
            job_name: Self::KIND.to_owned(),
            data: serde_json::to_value(&self)?,
            public: self.public(),
            priority: 0,
            delay: Duration::ZERO,
            max_attempts: Self::MAX_ATTEMPTS,
            max_stalls: Self::MAX_STALLS,
            unique_key: self.unique_key(),
            unique_for: None,
            concurrency_key: self.concurrency_key(),
        })
    }
}
