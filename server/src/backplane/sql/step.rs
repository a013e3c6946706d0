//! A transaction that changes jobs, with all that has to be true along with it.
//!
//! Its parts are written in one order by everybody: jobs, then keys, then limits, then what nobody else writes, the counters last. So
//! two transactions never wait for each other.

use std::collections::BTreeSet;

use app::{
    domain::JobState,
    events::{Event, JobStatus},
};
use jiff::Timestamp;

use super::{attempts::Attempts, keys, row::JobRow, tally::Tally};
use crate::store::{Batch, Database, Fed, StoreError, Transaction, outbox};

/// A step of one job, or of many.
pub(super) struct Step {
    pub(super) transaction: Transaction,
    pub(super) tally: Tally,
    pub(super) attempts: Attempts,
    events: Vec<Event>,
    keys: BTreeSet<String>,
}

impl Step {
    /// Begins.
    pub(super) async fn begin(database: &Database) -> Result<Self, StoreError> {
        Ok(Self {
            transaction: database.begin().await?,
            tally: Tally::default(),
            attempts: Attempts::default(),
            events: Vec::new(),
            keys: BTreeSet::new(),
        })
    }

    /// The engine's clock.
    pub(super) const fn now(&self) -> Timestamp {
        self.transaction.now()
    }

    /// The same in milliseconds.
    pub(super) fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// Notes that a job went from one state into another.
    pub(super) fn moved(&mut self, job: &JobRow, from: JobState, to: JobState) {
        self.tally.left(&job.queue_name, from);
        self.tally.came(&job.queue_name, to);
        self.touch(job.concurrency_key.as_ref());
    }

    /// Notes that something happened to a concurrency key.
    pub(super) fn touch(&mut self, key: Option<&String>) {
        if let Some(key) = key
            && !self.keys.contains(key)
        {
            self.keys.insert(key.clone());
        }
    }

    /// Tells an event.
    pub(super) fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Tells that a job is as its row says.
    pub(super) fn tell_of(&mut self, job: &JobRow, status: JobStatus) -> Result<(), StoreError> {
        self.events.push(Event::JobUpdate(job.update(status)?));
        Ok(())
    }

    /// Passes keys on, so that what comes next in this step sees their next jobs.
    pub(super) async fn settle(&mut self) -> Result<(), StoreError> {
        keys::settle(&mut self.transaction, &std::mem::take(&mut self.keys)).await
    }

    async fn write(mut self) -> Result<Transaction, StoreError> {
        self.settle().await?;
        self.attempts.write(&mut self.transaction).await?;
        let (mut transaction, events_and_counters) = self.events_and_counters()?;
        transaction.execute_batch(events_and_counters).await?;
        Ok(transaction)
    }

    fn events_and_counters(self) -> Result<(Transaction, Batch), StoreError> {
        let (now, dialect) = (self.now(), self.transaction.dialect());
        let events = outbox::appending(self.events, now)?;
        let counters = self.tally.writing(now.as_millisecond(), dialect);
        Ok((self.transaction, Batch::new(dialect).and(events).and(counters)))
    }

    /// Makes all of it true, on the disk, together with rows that a statement inserts: with all of them, or nothing is. Says which.
    pub(super) async fn insert_and_commit<const N: usize>(
        self,
        insert: Fed<N>,
        rows: usize,
    ) -> Result<bool, StoreError> {
        let (mut transaction, events_and_counters) = self.events_and_counters()?;
        let inserted = transaction.execute_batch(events_and_counters.and(insert)).await?;
        let are_all = usize::try_from(inserted).is_ok_and(|inserted| inserted == rows);
        if are_all {
            transaction.commit().await?;
        } else {
            transaction.roll_back().await?;
        }
        Ok(are_all)
    }

    /// Makes all of it true, on the disk.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.write().await?.commit().await
    }

    /// The same for what would simply be done again after a power cut.
    pub(super) async fn commit_lazily(self) -> Result<(), StoreError> {
        self.write().await?.commit_lazily().await
    }

    /// Leaves no trace.
    pub(super) async fn roll_back(self) -> Result<(), StoreError> {
        self.transaction.roll_back().await
    }
}
