//! Waking a worker when one of its jobs is called off, sooner than its next heartbeat.
//!
//! Whoever waits looks after a commit of any process, but not again and again while there is much going on. Each call is told once: a
//! job that takes its time to stop summons nobody a second time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use app::domain::WorkerId;
use tokio::time::Instant;

use crate::store::{Database, StoreError, sql};

/// The shortest time between two looks.
const PACE: Duration = Duration::from_millis(100);

/// Workers, and the last call that each was told of.
#[derive(Default)]
pub(super) struct Summons(Mutex<HashMap<WorkerId, i64>>);

impl Summons {
    /// Waits for a call that the worker was not told of yet.
    pub(super) async fn wait(&self, database: &Database, worker: &WorkerId) {
        let mut commits = database.commits();
        loop {
            commits.mark_unchanged();
            let looked_at = Instant::now();
            match self.look(database, worker).await {
                Ok(true) => return,
                Ok(false) => {}
                // Heartbeats bring it as well, and tell that the database is away.
                Err(error) => tracing::debug!(%error, "nobody knows whether a job was called off"),
            }
            // The sender lives in the database, which is borrowed here: it can't be gone.
            let _ = commits.changed().await;
            tokio::time::sleep_until(looked_at + PACE).await;
        }
    }

    /// Forgets a worker.
    pub(super) fn forget(&self, worker: &WorkerId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(worker);
    }

    async fn look(&self, database: &Database, worker: &WorkerId) -> Result<bool, StoreError> {
        let last = "select coalesce(max(cancel_asked_at), 0) from jobs
             where worker_id = $1 and cancel_asked_at is not null and state = 'active'";
        let last: i64 = database.scalar(sql(last).bind(worker.as_str())).await?;
        if last == 0 {
            return Ok(false);
        }
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = told.insert(worker.clone(), last);
        Ok(before.is_none_or(|before| before < last))
    }
}
