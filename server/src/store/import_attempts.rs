//! Attempts at an import: one at a time may write, and what it writes is fenced by its token.
//!
//! Each function that moves an import on returns whether the attempt still may. The newest attempt is the one that may: whoever was
//! frozen meanwhile finds its token gone, and changes nothing.

use app::domain::{ImportId, RowCounts};
use jiff::Timestamp;

use super::{StoreError, Transaction, imports::signed, sql};

/// What an attempt finds when it takes an import over.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TakenOver {
    /// Where the file lies.
    pub storage_path: String,
    /// How long it is.
    pub size_bytes: i64,
    /// How known and unknown e-mails are treated.
    pub mode: String,
    /// What the check found out, as JSON; `None` before it.
    pub format: Option<String>,
    /// The place after the last row dealt with, as JSON.
    pub position: Option<String>,
}

/// Makes an attempt the only one that may write, and the import running. `None` when there is nothing left to do.
///
/// # Errors
/// The database refused.
pub async fn take_over(
    transaction: &mut Transaction,
    import_id: ImportId,
    token: &str,
    now: Timestamp,
) -> Result<Option<TakenOver>, StoreError> {
    let found = transaction.fetch_optional(sql(
        "update imports set attempt_token = $1, attempt = attempt + 1, status = 'running', started_at = coalesce(started_at, $2)
         where import_id = $3 and status in ('queued', 'running')
         returning storage_path, size_bytes, mode, format, position",
    )
    .bind(token)
    .bind(now.as_millisecond())
    .bind(import_id.0)).await?;
    Ok(found)
}

/// Keeps what the check found out. Returns whether the attempt may still write.
///
/// # Errors
/// The database refused.
pub async fn save_format(
    transaction: &mut Transaction,
    import_id: ImportId,
    token: &str,
    format: &str,
    rows_total: u64,
) -> Result<bool, StoreError> {
    let saved = transaction
        .execute(
            sql("update imports set format = $1, rows_total = $2 where import_id = $3 and attempt_token = $4")
                .bind(format)
                .bind(signed(rows_total))
                .bind(import_id.0)
                .bind(token),
        )
        .await?;
    Ok(saved == 1)
}

/// What one chunk adds to its import.
#[derive(Clone, Debug, Default)]
pub struct Advance {
    /// What became of the rows of the chunk.
    pub rows: RowCounts,
    /// The place after it, as JSON.
    pub position: String,
    /// Bytes of the file dealt with up to there.
    pub bytes_read: u64,
    /// The present rate.
    pub rows_per_second: Option<u64>,
}

/// Moves an import on by a chunk. Returns whether the attempt may still write.
///
/// # Errors
/// The database refused.
pub async fn advance(
    transaction: &mut Transaction,
    import_id: ImportId,
    token: &str,
    chunk: &Advance,
) -> Result<bool, StoreError> {
    let moved = transaction.execute(sql(
        "update imports
         set rows_read = rows_read + $1, rows_inserted = rows_inserted + $2, rows_updated = rows_updated + $3,
             rows_unchanged = rows_unchanged + $4, rows_skipped = rows_skipped + $5, rows_failed = rows_failed + $6,
             position = $7, bytes_read = case when bytes_read > $8 then bytes_read else $8 end, rows_per_second = coalesce($9, rows_per_second)
         where import_id = $10 and attempt_token = $11 and status = 'running'",
    )
    .bind(signed(chunk.rows.read))
    .bind(signed(chunk.rows.inserted))
    .bind(signed(chunk.rows.updated))
    .bind(signed(chunk.rows.unchanged))
    .bind(signed(chunk.rows.skipped))
    .bind(signed(chunk.rows.failed))
    .bind(&chunk.position)
    .bind(signed(chunk.bytes_read))
    .bind(chunk.rows_per_second.map(signed))
    .bind(import_id.0)
    .bind(token)).await?;
    Ok(moved == 1)
}

/// Ends an import whose rows are all dealt with. Returns whether the attempt may still write.
///
/// # Errors
/// The database refused.
pub async fn complete(
    transaction: &mut Transaction,
    import_id: ImportId,
    token: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ended = transaction.execute(sql(
        "update imports set status = 'completed', finished_at = $1, bytes_read = size_bytes, attempt_token = null
         where import_id = $2 and attempt_token = $3 and status = 'running'",
    )
    .bind(now.as_millisecond())
    .bind(import_id.0)
    .bind(token)).await?;
    Ok(ended == 1)
}

/// Ends an import that can't be done; `token` is the attempt's, or `None` for one that no attempt holds. Returns whether it was ended.
///
/// # Errors
/// The database refused.
pub async fn fail(
    transaction: &mut Transaction,
    import_id: ImportId,
    token: Option<&str>,
    code: &str,
    error: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ended = transaction.execute(sql(
        "update imports set status = 'failed', error_code = $1, error = $2, finished_at = $3, attempt_token = null
         where import_id = $4 and ($5 is null or attempt_token = $5) and status in ('queued', 'running')",
    )
    .bind(code)
    .bind(error)
    .bind(now.as_millisecond())
    .bind(import_id.0)
    .bind(token)).await?;
    Ok(ended == 1)
}
