//! Taking jobs in for many callers at once.
//!
//! A transaction costs the same for one job as for fifty: its ways to the server, its wait for the disk. So whoever hands a few jobs in
//! while others are being taken in waits for their transaction to end, and shares the next one with all that came meanwhile. Where
//! nobody else is there, nobody waits.
//!
//! Each caller's jobs are still taken in all or none: where a shared transaction fails, each caller gets one of its own.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::enqueue::enqueue;
use crate::{
    backplane::{BackplaneError, Enqueued, NewJob},
    store::{Database, StoreError},
};

/// Transactions at the same time: while one waits for the disk, the other one writes.
const TURNS: usize = 2;
/// Jobs of a caller that share a transaction, and of a shared transaction. Who has more needs nobody to share the cost with.
const FEW: usize = 100;
const MANY: usize = 1_000;

/// The line of those who hand jobs in.
#[derive(Clone, Default)]
pub(super) struct Intake(Arc<Mutex<Line>>);

#[derive(Default)]
struct Line {
    waiting: VecDeque<Caller>,
    turns: usize,
}

struct Caller {
    jobs: Vec<NewJob>,
    answer: oneshot::Sender<Result<Vec<Enqueued>, BackplaneError>>,
}

/// A turn at taking jobs in.
struct Turn {
    intake: Intake,
    is_over: bool,
}

impl Drop for Turn {
    /// One whose task was ended half-way gives its turn up, too.
    fn drop(&mut self) {
        if !self.is_over {
            self.intake.line().turns -= 1;
        }
    }
}

impl Intake {
    /// Takes jobs in, together with those of others. They are taken in even when nobody waits for the answer any more.
    pub(super) async fn take_in(
        &self,
        database: &Database,
        jobs: Vec<NewJob>,
    ) -> Result<Vec<Enqueued>, BackplaneError> {
        if jobs.len() > FEW {
            return enqueue(database, jobs).await;
        }
        let (answer, answered) = oneshot::channel();
        if let Some(turn) = self.stand_in_line(Caller { jobs, answer }) {
            tokio::spawn(turn.serve(database.clone()));
        }
        // Whoever serves ends without an answer only when the process does.
        answered.await.unwrap_or(Err(StoreError::Contended { what: "the line of new jobs" }.into()))
    }

    /// Gives a turn to the caller when there is one.
    fn stand_in_line(&self, caller: Caller) -> Option<Turn> {
        let mut line = self.line();
        line.waiting.push_back(caller);
        if line.turns == TURNS {
            return None;
        }
        line.turns += 1;
        drop(line);
        Some(Turn { intake: self.clone(), is_over: false })
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Serves those who wait until nobody does.
    async fn serve(mut self, database: Database) {
        while let Some(callers) = self.next() {
            take_in_together(&database, callers).await;
        }
    }

    /// Those who wait, as many as one transaction serves. Where nobody does the turn is given up in the same moment: whoever comes
    /// then gets one.
    fn next(&mut self) -> Option<Vec<Caller>> {
        let mut line = self.intake.line();
        let mut callers = Vec::new();
        let mut jobs = 0;
        while jobs < MANY
            && let Some(caller) = line.waiting.pop_front()
        {
            jobs += caller.jobs.len();
            callers.push(caller);
        }
        if callers.is_empty() {
            line.turns -= 1;
            drop(line);
            self.is_over = true;
            return None;
        }
        Some(callers)
    }
}

async fn take_in_together(database: &Database, callers: Vec<Caller>) {
    if callers.len() > 1 {
        let jobs = callers.iter().flat_map(|caller| caller.jobs.iter().cloned()).collect();
        match enqueue(database, jobs).await {
            Ok(enqueued) => {
                let mut enqueued = enqueued.into_iter();
                for Caller { jobs, answer } in callers {
                    // Nobody waits for it where the caller has gone.
                    let _ = answer.send(Ok(enqueued.by_ref().take(jobs.len()).collect()));
                }
                return;
            }
            Err(error) => tracing::debug!(%error, "jobs were not taken in together: one caller after the other"),
        }
    }
    for Caller { jobs, answer } in callers {
        let _ = answer.send(enqueue(database, jobs).await);
    }
}
