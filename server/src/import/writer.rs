//! One transaction a chunk: rows, per-row errors, counts, the place behind them, and the event that tells it.

use std::time::{Duration, Instant};

use app::{
    domain::{ImportId, ImportMode, ImportSummary, RowCounts},
    events::{CustomersChanged, Event, ImportUpdate},
};
use jiff::Timestamp;

use super::{Chunk, merge};
use crate::{
    backplane::Progress,
    jobs::{JobContext, JobError},
    store::{
        StoreError, Transaction,
        customers::{self, Written},
        import_attempts::{self, Advance},
        import_errors::{self, NewImportError},
        imports, outbox,
    },
};

/// The shortest time between two events of an import.
const EVENT_PACE: Duration = Duration::from_millis(100);
/// The shortest time between two reports of the job.
const REPORT_PACE: Duration = Duration::from_millis(500);

/// Writes the chunks of one attempt.
pub(super) struct Writer<'a> {
    import_id: ImportId,
    mode: ImportMode,
    context: &'a JobContext,
    began: Instant,
    rows_of_attempt: u64,
    last_event: Option<Instant>,
    last_report: Instant,
}

impl<'a> Writer<'a> {
    pub(super) fn new(import_id: ImportId, mode: ImportMode, context: &'a JobContext) -> Self {
        let now = Instant::now();
        Self { import_id, mode, context, began: now, rows_of_attempt: 0, last_event: None, last_report: now }
    }

    /// Writes a chunk; with the last one, the import is completed in the same transaction.
    pub(super) async fn write(&mut self, mut chunk: Chunk) -> Result<(), JobError> {
        let now = Timestamp::now();
        let is_last = chunk.is_last;
        self.rows_of_attempt += chunk.read;
        let mut transaction = self.context.parts.database.begin_in_background().await?;
        // Whoever came between has got further, so this does not go on for ever.
        while self.advance(&mut transaction, &mut chunk, now).await? == Written::Overtaken {
            transaction.roll_back().await?;
            transaction = self.context.parts.database.begin_in_background().await?;
        }
        if is_last {
            let token = &self.context.lease.token;
            if !import_attempts::complete(&mut transaction, self.import_id, token, now).await? {
                return Err(JobError::LeaseLost);
            }
        }
        let import = self.tell(&mut transaction, is_last, now).await?;
        if is_last {
            transaction.commit().await?;
        } else {
            transaction.commit_lazily().await?;
        }
        if let Some(import) = import.filter(|_| !is_last) {
            self.report(&import).await?;
        }
        Ok(())
    }

    /// Moves the import on and brings the rows in, unless another attempt has taken it over. That is asked first of all that is
    /// written, so that an attempt that comes too late is told so, and not of a row that is there already. When another import came
    /// between, the chunk is as it was.
    async fn advance(
        &self,
        transaction: &mut Transaction,
        chunk: &mut Chunk,
        now: Timestamp,
    ) -> Result<Written, JobError> {
        let position = serde_json::to_string(&chunk.end).map_err(JobError::fail)?;
        let keys: Vec<&str> = chunk.rows.iter().map(|row| row.email_key.as_str()).collect();
        let (known, versions) = customers::find_by_email_keys(transaction, &keys).await?;
        // Copied only where they may be needed again.
        let rows = if transaction.is_alone() { std::mem::take(&mut chunk.rows) } else { chunk.rows.clone() };
        let merged = merge::merge(rows, known, self.mode, now);

        let advance = Advance {
            rows: RowCounts { read: chunk.read, failed: chunk.failed, ..merged.counts },
            position,
            bytes_read: chunk.end.source_byte,
            rows_per_second: self.rate(),
        };
        if !import_attempts::advance(transaction, self.import_id, &self.context.lease.token, &advance).await? {
            return Err(JobError::LeaseLost);
        }
        let errors: Vec<_> = chunk
            .problems
            .iter()
            .map(|problem| NewImportError { error: &problem.error, record: problem.record.as_deref() })
            .collect();
        import_errors::insert(transaction, self.import_id, &errors).await?;
        if customers::write(transaction, merged.changed, &versions).await? == Written::Overtaken {
            return Ok(Written::Overtaken);
        }
        customers::add_to_total(transaction, merged.counts.inserted).await?;
        Ok(Written::Whole)
    }

    /// Tells of the import at most ten times a second, and always of its end.
    async fn tell(
        &mut self,
        transaction: &mut Transaction,
        is_last: bool,
        now: Timestamp,
    ) -> Result<Option<ImportSummary>, StoreError> {
        let is_due = self.last_event.is_none_or(|last| last.elapsed() >= EVENT_PACE);
        if !is_last && !is_due {
            return Ok(None);
        }
        self.last_event = Some(Instant::now());
        let Some(import) = imports::find_within(transaction, self.import_id).await? else {
            return Ok(None);
        };
        outbox::append(transaction, Event::ImportUpdate(ImportUpdate::from(&import)), now).await?;
        if is_last {
            self.tell_of_customers(transaction, &import.rows, now).await?;
        }
        Ok(Some(import))
    }

    async fn tell_of_customers(
        &self,
        transaction: &mut Transaction,
        rows: &RowCounts,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = |count| CustomersChanged { import_id: self.import_id, count };
        let events = [
            (rows.inserted, Event::CustomersCreated as fn(CustomersChanged) -> Event),
            (rows.updated, Event::CustomersUpdated),
            (rows.failed, Event::CustomersRefused),
        ];
        for (count, event) in events {
            if count > 0 {
                outbox::append(transaction, event(changed(count)), now).await?;
            }
        }
        Ok(())
    }

    /// Notes the job's progress now and then; the import's own events are the finer ones.
    async fn report(&mut self, import: &ImportSummary) -> Result<(), JobError> {
        if self.last_report.elapsed() < REPORT_PACE {
            return Ok(());
        }
        self.last_report = Instant::now();
        let done = import.rows.read * 100 / import.rows.total.unwrap_or(import.rows.read).max(1);
        let progress = Progress {
            percent: u8::try_from(done.min(100)).unwrap_or(100),
            stage: Some("importing".to_owned()),
            message: None,
        };
        self.context.report(progress).await
    }

    /// Rows a second of this attempt: a pause before it, when no worker lived, says nothing of the speed.
    fn rate(&self) -> Option<u64> {
        let elapsed_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        (elapsed_us > 0).then(|| self.rows_of_attempt.saturating_mul(1_000_000) / elapsed_us)
    }
}
