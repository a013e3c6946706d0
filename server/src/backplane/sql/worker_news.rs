//! What is told of workers: by the transaction that makes it true, and once.
//!
//! A worker's row holds what was told of it last. A worker that has jobs now and none in the next moment is told of once a second; whatever
//! was left out is told with its next sign of life, which differs still.

use app::{
    domain::{WorkerId, WorkerShare, WorkerStatus},
    events::{Event, WorkerStatusUpdate},
};

use super::row::count;
use crate::store::{StoreError, Transaction, outbox, sql};

/// The least time between two changes of how busy a worker is that are told.
const APART_MS: i64 = 1_000;

/// What has to be known of a worker to tell of it.
macro_rules! told_columns {
    () => {
        "worker_id, host, queues, status, current_jobs, told, told_at"
    };
}
pub(super) use told_columns;

/// A worker as it is now, and what was told of it last.
#[derive(sqlx::FromRow)]
pub(super) struct ToldRow {
    worker_id: String,
    host: String,
    queues: String,
    status: String,
    current_jobs: i64,
    told: String,
    told_at: i64,
}

impl ToldRow {
    /// The same worker when it is no more.
    pub(super) fn gone(self) -> Self {
        Self { status: WorkerStatus::Gone.as_str().to_owned(), current_jobs: 0, ..self }
    }

    /// What there is to tell of it.
    fn news(&self) -> String {
        format!("{} {}", self.status, self.current_jobs)
    }

    /// Whether that has to be told now.
    fn is_due(&self, now_ms: i64) -> bool {
        let told = self.told.split(' ').next().unwrap_or_default();
        let is_of_load = |status: &str| matches!(status, "idle" | "active");
        let may_wait = self.status == told || is_of_load(&self.status) && is_of_load(told);
        self.news() != self.told && (!may_wait || !(self.told_at..self.told_at + APART_MS).contains(&now_ms))
    }

    fn update(&self) -> Result<WorkerStatusUpdate, StoreError> {
        let queues: Vec<WorkerShare> = serde_json::from_str(&self.queues).map_err(|problem| StoreError::BrokenRow {
            table: "workers",
            column: "queues",
            id: self.worker_id.clone(),
            problem: problem.to_string(),
        })?;
        Ok(WorkerStatusUpdate {
            worker_id: WorkerId(self.worker_id.clone()),
            status: status(&self.worker_id, &self.status)?,
            current_jobs: count(self.current_jobs),
            concurrency: queues.iter().map(|share| share.concurrency).sum(),
            host: self.host.clone(),
        })
    }
}

/// Tells of workers what was not told of them yet, and notes that it was; says whether there was anything.
pub(super) async fn tell(
    transaction: &mut Transaction,
    workers: impl IntoIterator<Item = ToldRow>,
) -> Result<bool, StoreError> {
    let now = transaction.now();
    let now_ms = now.as_millisecond();
    let mut events = Vec::new();
    for worker in workers.into_iter().filter(|worker| worker.is_due(now_ms)) {
        events.push(Event::WorkerStatus(worker.update()?));
        let note = sql("update workers set told = $1, told_at = $2 where worker_id = $3");
        transaction.execute(note.bind(worker.news()).bind(now_ms).bind(worker.worker_id.as_str())).await?;
    }
    let is_anything = !events.is_empty();
    outbox::append_all(transaction, events, now).await?;
    Ok(is_anything)
}

/// A status by its name.
pub(super) fn status(worker_id: &str, name: &str) -> Result<WorkerStatus, StoreError> {
    match name {
        "active" => Ok(WorkerStatus::Active),
        "idle" => Ok(WorkerStatus::Idle),
        "paused" => Ok(WorkerStatus::Paused),
        "stopping" => Ok(WorkerStatus::Stopping),
        "gone" => Ok(WorkerStatus::Gone),
        unknown => Err(StoreError::BrokenRow {
            table: "workers",
            column: "status",
            id: worker_id.to_owned(),
            problem: format!("no status is called {unknown}"),
        }),
    }
}
