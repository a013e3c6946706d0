//! Gives work that lost its job a new one.
//!
//! Domain work is written to SQL first and enqueued afterwards. Between the two a process may die, and an engine may come back from
//! an old copy: then there is an import that nobody would ever do.

use app::{
    domain::{ImportId, JobId, JobState},
    events::{Event, ImportUpdate},
};
use jiff::Timestamp;

use super::{BulkImportCustomers, Job, JobError, context::Parts};
use crate::store::{StoreError, import_attempts, imports, outbox};

const GIVEN_UP: &str = "The import was given up after too many failed attempts; the server's log tells why. \
    Rows that were imported before stay. Upload the file again to go on: known rows are recognised.";
const CALLED_OFF: &str = "The import was called off. Rows that were imported before stay. \
    Upload the file again to go on: known rows are recognised.";

/// Looks through all unfinished imports once.
///
/// # Errors
/// The store or the engine failed; the next round looks again.
pub async fn reconcile(parts: &Parts) -> Result<(), JobError> {
    for (import_id, job_id) in imports::unfinished(&parts.database).await? {
        match parts.backplane.job_state(&job_id).await? {
            Some(state) if state.is_live() => {}
            Some(JobState::Failed) => end(parts, import_id, "given_up", GIVEN_UP).await?,
            Some(JobState::Cancelled) => end(parts, import_id, "cancelled", CALLED_OFF).await?,
            // A job that completed leaves a finished import: the two were seen in different moments.
            Some(_) if is_finished(parts, import_id).await? => {}
            Some(_) | None => replace(parts, import_id, &job_id).await?,
        }
    }
    Ok(())
}

/// Enqueues the job of an import under the id that its row has. Where the import has a live job already, that one's id is noted and
/// returned instead.
///
/// # Errors
/// The store or the engine failed.
pub async fn enqueue(parts: &Parts, import_id: ImportId, job_id: &JobId) -> Result<JobId, JobError> {
    let alive = hand_in(parts, import_id, job_id).await?;
    if alive != *job_id {
        set_job(parts, import_id, &alive).await?;
    }
    Ok(alive)
}

/// Enqueues a job of an import, unless it has a live one; returns the one that lives then.
async fn hand_in(parts: &Parts, import_id: ImportId, job_id: &JobId) -> Result<JobId, JobError> {
    let job = BulkImportCustomers { import_id }.into_new_job(job_id.clone()).map_err(JobError::fail)?;
    let enqueued = parts.backplane.enqueue(vec![job]).await?;
    let enqueued = enqueued.into_iter().next().ok_or_else(|| JobError::retry("the engine took no job in"))?;
    Ok(enqueued.job_id)
}

/// Gives an import a new job, and notes its id afterwards: whoever takes the import in may have enqueued its own job meanwhile, and then that
/// one stays noted. A death between the two is healed by the next round, which finds the job by its unique key.
async fn replace(parts: &Parts, import_id: ImportId, noted: &JobId) -> Result<(), JobError> {
    let job_id = hand_in(parts, import_id, &JobId(uuid::Uuid::now_v7().to_string())).await?;
    if job_id != *noted {
        set_job(parts, import_id, &job_id).await?;
        tracing::warn!(%import_id, %job_id, "gave an import a new job: it had none");
    }
    Ok(())
}

async fn set_job(parts: &Parts, import_id: ImportId, job_id: &JobId) -> Result<(), StoreError> {
    let mut transaction = parts.database.begin().await?;
    imports::set_job(&mut transaction, import_id, job_id).await?;
    transaction.commit().await
}

/// Ends an import whose job has ended without it: whoever waits for it learns so, and why.
async fn end(parts: &Parts, import_id: ImportId, code: &str, error: &str) -> Result<(), StoreError> {
    let now = Timestamp::now();
    let mut transaction = parts.database.begin().await?;
    if import_attempts::fail(&mut transaction, import_id, None, code, error, now).await?
        && let Some(import) = imports::find_within(&mut transaction, import_id).await?
    {
        outbox::append(&mut transaction, Event::ImportUpdate(ImportUpdate::from(&import)), now).await?;
    }
    transaction.commit().await
}

async fn is_finished(parts: &Parts, import_id: ImportId) -> Result<bool, StoreError> {
    let import = imports::find(&parts.database, import_id).await?;
    Ok(import.is_none_or(|import| import.status.is_final()))
}
