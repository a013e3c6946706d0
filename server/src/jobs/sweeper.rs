//! Removes uploaded files that belong to no import.
//!
//! A file is kept before its row is committed. Between the two a process may die, and then nobody would ever read the file, nor
//! remove it. The age keeps away from files whose row is still to come; should one come later all the same, whoever records it finds
//! the file gone while it holds the writer, and records nothing: here a file is judged and removed while the writer is held.

use std::{pin::pin, time::Duration};

use app::domain::ImportId;
use futures::TryStreamExt;

use super::{JobError, context::Parts};
use crate::store::imports;

/// How long a file lies untouched before it is asked whose it is. No upload is silent for that long between its file and its row.
pub const AGE: Duration = Duration::from_hours(1);
/// Files that are judged, and at most removed, in one step.
const STEP: usize = 1_000;
/// Files that are removed while the writer is held: few, for others wait for it.
const AT_ONCE: usize = 20;

/// Looks through all files once and returns how many were removed.
///
/// # Errors
/// The storage or the store failed; the next round looks again.
pub async fn sweep(parts: &Parts, age: Duration) -> Result<usize, JobError> {
    let mut removed = 0;
    let mut groups = pin!(parts.files.kept_for(age, STEP));
    while let Some(group) = groups.try_next().await? {
        removed += remove_orphans(parts, &group).await?;
    }
    loop {
        let halves = parts.files.remove_halves(age, STEP).await?;
        removed += halves;
        if halves < STEP {
            break;
        }
    }
    if removed > 0 {
        tracing::warn!(removed, "removed uploaded files that belonged to no import");
    }
    Ok(removed)
}

/// Removes those files of a group that have no row.
async fn remove_orphans(parts: &Parts, group: &[ImportId]) -> Result<usize, JobError> {
    let mut removed = 0;
    // Asked of a reader first: nearly always there are none, and the writer is left alone.
    let orphans = imports::unknown(&parts.database, group).await?;
    for orphans in orphans.chunks(AT_ONCE) {
        let mut transaction = parts.database.begin_in_background().await?;
        for import_id in imports::unknown_within(&mut transaction, orphans).await? {
            parts.files.remove_of(import_id).await?;
            removed += 1;
        }
    }
    Ok(removed)
}
