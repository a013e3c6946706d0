//! The import: a kept file becomes customers, exactly once.
//!
//! Two passes. The *check* reads the whole file without writing anything; a file that can't be read is refused there, with a
//! sentence that says what to change, and no customer was touched. The second pass reads in chunks; the rows of a chunk, their
//! errors, the counts and the place behind them are **one transaction**, fenced by the attempt. A successor of a killed worker
//! finds the place and goes on there. Reading runs on a thread of its own, one chunk ahead of the writing.

/// The apostrophe before a cell that a spreadsheet would run.
mod apostrophe;
/// What it is when it is no text.
mod binary;
/// The cells of a record.
mod cells;
/// The pass before the first write.
mod check;
/// Moments.
mod date;
/// Its bytes as UTF-8, strictly.
mod decoded;
/// What parts its cells.
mod delimiter;
/// What its beginning tells of it.
mod detect;
/// E-mail addresses.
mod email;
/// What its bytes mean.
mod encoding;
/// What the parser of records is fed.
mod feed;
/// Why a file is refused.
mod file_error;
/// How it is to be read.
mod format;
/// A header line, or already the first customer.
mod header;
/// Which column feeds which field.
mod mapping;
/// What a chunk of rows does to the customers that are known.
mod merge;
/// Numbers.
mod number;
/// Rows, chunk by chunk, from any place on.
mod reader;
/// Its records, one after the other.
mod records;
/// What is written is read.
#[cfg(test)]
mod round_trip;
/// A record as a customer, or what is wrong with it.
mod row;
/// The names that columns have.
mod synonyms;
/// One transaction a chunk.
mod writer;

use std::{io::Read, sync::Arc};

use app::{
    domain::{ImportId, ImportMode, RowCounts},
    events::{Event, ImportUpdate},
};
use jiff::Timestamp;
use tokio::{runtime::Handle, sync::mpsc};

pub(crate) use apostrophe::{MARK_COLUMN, guarded};
pub use check::{Checked, check};
pub use file_error::{FileError, ReadError};
pub use format::FileFormat;
pub use reader::{Chunk, RowReader};
pub use records::Position;

use crate::{
    files::Files,
    jobs::{JobContext, JobError},
    store::{
        StoreError,
        import_attempts::{self, TakenOver},
        imports, outbox,
    },
};

/// Rows of a chunk: enough to forget the cost of a transaction, few enough that an upload never waits long for the writer, and that
/// a watcher sees the import move.
const ROWS_PER_CHUNK: usize = 5_000;
/// Chunks that are read ahead.
const CHUNKS_AHEAD: usize = 1;

/// Does an import, or what is left of it, and returns its final counts.
///
/// # Errors
/// The fate of the attempt. A file that can't be read is no error of the job: the import ends as failed, and says why.
pub async fn run(import_id: ImportId, context: &JobContext) -> Result<RowCounts, JobError> {
    let Some(taken) = take_over(import_id, context).await? else {
        return final_counts(import_id, context).await;
    };
    let mode: ImportMode =
        taken.mode.parse().map_err(|problem| JobError::fail(format!("import {import_id}: {problem}")))?;
    let format = match &taken.format {
        Some(json) => stored(import_id, "format", json)?,
        None => match checked(import_id, context, &taken).await? {
            Some(format) => format,
            None => return final_counts(import_id, context).await,
        },
    };
    let position =
        taken.position.as_deref().map(|json| stored(import_id, "position", json)).transpose()?.unwrap_or_default();

    let mut chunks = read_ahead(context.parts.files.clone(), taken.storage_path, format, position);
    let mut writer = writer::Writer::new(import_id, mode, context);
    let mut is_complete = false;
    while let Some(chunk) = chunks.recv().await {
        context.check()?;
        let chunk = chunk.map_err(|error| unreadable(import_id, &error))?;
        is_complete = chunk.is_last;
        writer.write(chunk).await?;
    }
    if !is_complete {
        return Err(JobError::retry(format!("reading the file of import {import_id} broke off")));
    }
    final_counts(import_id, context).await
}

/// Makes this attempt the only one that may write. `None` when the import is over already.
async fn take_over(import_id: ImportId, context: &JobContext) -> Result<Option<TakenOver>, JobError> {
    // A worker that was frozen since its claim finds out here, before it takes anything from its successor.
    context.report(crate::backplane::Progress::default()).await?;
    let now = Timestamp::now();
    let mut transaction = context.parts.database.begin().await?;
    let taken = import_attempts::take_over(&mut transaction, import_id, &context.lease.token, now).await?;
    if taken.is_some() {
        tell(&mut transaction, import_id, now).await?;
    }
    transaction.commit().await?;
    Ok(taken)
}

/// The pass before the first write. `None` when the file can't be read: the import is failed then.
async fn checked(import_id: ImportId, context: &JobContext, work: &TakenOver) -> Result<Option<FileFormat>, JobError> {
    let (files, path, runtime) = (context.parts.files.clone(), work.storage_path.clone(), Handle::current());
    let check = tokio::task::spawn_blocking(move || check(|| files.open_blocking(&runtime, &path)));
    let token = &context.lease.token;
    match check.await.map_err(JobError::retry)? {
        Ok(Checked { format, rows }) => {
            let json = serde_json::to_string(&format).map_err(JobError::fail)?;
            let mut transaction = context.parts.database.begin().await?;
            if !import_attempts::save_format(&mut transaction, import_id, token, &json, rows).await? {
                return Err(JobError::LeaseLost);
            }
            tell(&mut transaction, import_id, Timestamp::now()).await?;
            transaction.commit().await?;
            Ok(Some(format))
        }
        Err(ReadError::File(refusal)) => {
            let now = Timestamp::now();
            let mut transaction = context.parts.database.begin().await?;
            let sentence = refusal.to_string();
            if !import_attempts::fail(&mut transaction, import_id, Some(token), refusal.code(), &sentence, now).await? {
                return Err(JobError::LeaseLost);
            }
            tell(&mut transaction, import_id, now).await?;
            transaction.commit().await?;
            tracing::info!(%import_id, code = refusal.code(), "a file could not be read");
            Ok(None)
        }
        Err(ReadError::Io(error)) => {
            Err(JobError::retry(format!("the file of import {import_id} can't be read: {error}")))
        }
    }
}

/// Reads on a thread that may block, a little ahead of who writes. Ends after the last chunk, an error, or when nobody listens any more.
fn read_ahead(
    files: Files,
    path: String,
    format: FileFormat,
    from: Position,
) -> mpsc::Receiver<Result<Chunk, ReadError>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let opened = files
            .open_blocking(&runtime, &path)
            .map_err(ReadError::Io)
            .and_then(|file| RowReader::open(file, &format, from));
        match opened {
            Ok(reader) => send_chunks(reader, &sender),
            // Nobody listens any more when the attempt has ended: then there is nobody to tell.
            Err(error) => drop(sender.blocking_send(Err(error))),
        }
    });
    receiver
}

fn send_chunks(mut reader: RowReader<impl Read>, sender: &mpsc::Sender<Result<Chunk, ReadError>>) {
    loop {
        let chunk = reader.read_chunk(ROWS_PER_CHUNK);
        let is_last = chunk.as_ref().map_or(true, |chunk| chunk.is_last);
        if sender.blocking_send(chunk).is_err() || is_last {
            return;
        }
    }
}

/// Writes the event of an import's present state into the transaction that made it.
pub(crate) async fn tell(
    transaction: &mut crate::store::Transaction,
    import_id: ImportId,
    now: Timestamp,
) -> Result<Option<Arc<app::domain::ImportSummary>>, StoreError> {
    let Some(import) = imports::find_within(transaction, import_id).await? else {
        return Ok(None);
    };
    outbox::append(transaction, Event::ImportUpdate(ImportUpdate::from(&import)), now).await?;
    Ok(Some(Arc::new(import)))
}

async fn final_counts(import_id: ImportId, context: &JobContext) -> Result<RowCounts, JobError> {
    let import = imports::find(&context.parts.database, import_id).await?;
    import.map(|import| import.rows).ok_or_else(|| JobError::fail(format!("there is no import {import_id}")))
}

fn stored<T: serde::de::DeserializeOwned>(import_id: ImportId, column: &str, json: &str) -> Result<T, JobError> {
    serde_json::from_str(json)
        .map_err(|problem| JobError::fail(format!("table imports, column {column}, row {import_id}: {problem}")))
}

/// A kept file that passed the check does not change; whatever can't be read now is the storage's doing.
fn unreadable(import_id: ImportId, error: &ReadError) -> JobError {
    JobError::retry(format!("the file of import {import_id} can't be read: {error}"))
}
