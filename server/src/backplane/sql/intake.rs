//! Taking jobs in for many callers at once.
//!
//! A transaction costs the same for one job as for fifty: its ways to the server, its wait for the disk. So whoever hands a few jobs in
//! while others are being taken in waits for their transaction to end, and shares the next one with all that came meanwhile. Where
//! nobody else is there, nobody waits.
//!
//! Each caller's jobs are still taken in all or none: where a shared transaction fails by what somebody handed in, each caller gets one
//! of its own. Where the database is away it would fail for each of them, one long wait after the other, so all are told at once.

use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::FutureExt;
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
/// Callers in line. More than that come only while the database does not keep up, and are better told so.
const LONGEST_LINE: usize = 10_000;

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
    /// One whose task was ended half-way gives its turn up, too. Where it was the last one nobody would serve those who still wait: they
    /// are sent away.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut line = self.intake.line();
        line.turns -= 1;
        let left = if line.turns == 0 { std::mem::take(&mut line.waiting) } else { VecDeque::new() };
        drop(line);
        drop(left);
    }
}

impl Intake {
    /// Takes jobs in, together with those of others. Who gives up waiting may find them taken in all the same.
    pub(super) async fn take_in(
        &self,
        database: &Database,
        jobs: Vec<NewJob>,
    ) -> Result<Vec<Enqueued>, BackplaneError> {
        if jobs.len() > FEW {
            return enqueue(database, jobs).await;
        }
        let (answer, answered) = oneshot::channel();
        if let Some(turn) = self.stand_in_line(Caller { jobs, answer })? {
            tokio::spawn(turn.serve(database.clone()));
        }
        // Whoever serves ends without an answer only when the process does, or by a mistake of ours.
        answered.await.unwrap_or_else(|_| Err(sent_away().into()))
    }

    /// Gives a turn to the caller when there is one.
    fn stand_in_line(&self, caller: Caller) -> Result<Option<Turn>, StoreError> {
        let mut line = self.line();
        if line.waiting.len() >= LONGEST_LINE {
            return Err(sent_away());
        }
        line.waiting.push_back(caller);
        if line.turns == TURNS {
            return Ok(None);
        }
        line.turns += 1;
        drop(line);
        Ok(Some(Turn { intake: self.clone(), is_over: false }))
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Serves those who wait until nobody does. What panics takes its own callers with it, who hear it from their broken channels, but
    /// not those behind them.
    async fn serve(mut self, database: Database) {
        while let Some(callers) = self.next() {
            if AssertUnwindSafe(take_in_together(&database, callers)).catch_unwind().await.is_err() {
                tracing::error!("taking jobs in broke: the next ones in line are served");
            }
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
            Err(BackplaneError::Store(error)) if !error.is_of_what_was_written() => {
                let error = Arc::new(error);
                for Caller { answer, .. } in callers {
                    let _ = answer.send(Err(StoreError::Shared(Arc::clone(&error)).into()));
                }
                return;
            }
            Err(error) => tracing::debug!(%error, "jobs were not taken in together: one caller after the other"),
        }
    }
    // Who has given up meanwhile keeps nobody waiting.
    for Caller { jobs, answer } in callers.into_iter().filter(|caller| !caller.answer.is_closed()) {
        let _ = answer.send(enqueue(database, jobs).await);
    }
}

/// What is said to those whom nobody serves.
const fn sent_away() -> StoreError {
    StoreError::Contended { what: "the line of new jobs" }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answer = oneshot::Receiver<Result<Vec<Enqueued>, BackplaneError>>;

    fn caller() -> (Caller, Answer) {
        let (answer, answered) = oneshot::channel();
        (Caller { jobs: Vec::new(), answer }, answered)
    }

    #[test]
    fn a_line_that_is_too_long_sends_the_next_one_away() {
        let intake = Intake::default();
        let (callers, _answers): (Vec<Caller>, Vec<Answer>) = (0..LONGEST_LINE).map(|_| caller()).unzip();
        let turns: Vec<Turn> =
            callers.into_iter().filter_map(|caller| intake.stand_in_line(caller).expect("room")).collect();

        assert!(matches!(intake.stand_in_line(caller().0), Err(StoreError::Contended { .. })));
        assert_eq!(turns.len(), TURNS);
    }

    #[tokio::test]
    async fn who_still_waits_when_the_last_one_who_serves_is_gone_is_sent_away() {
        let intake = Intake::default();
        let turns = [0, 1].map(|_| intake.stand_in_line(caller().0).expect("room").expect("a turn"));
        let (waiting, mut answered) = caller();
        assert!(intake.stand_in_line(waiting).expect("room").is_none());

        let [first, last] = turns;
        drop(first);
        assert!(answered.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty));
        drop(last);

        assert!(answered.await.is_err());
        assert!(intake.stand_in_line(caller().0).expect("room").is_some());
    }
}
