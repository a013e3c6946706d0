//! Imports: taken in, worked on by one attempt at a time, shown.

use app::domain::{
    ByteCounts, ImportId, ImportMode, ImportStatus, ImportSummary, JobId, Listing, RowCounts, import::UnknownName,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Database, Dialect, Statement, StoreError, Transaction, moment, optional_moment, sql, uuids};

/// A file that came in.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// The import.
    pub import_id: ImportId,
    /// The job that does it; enqueued after the row is committed.
    pub job_id: JobId,
    /// The key with which its sender may repeat the request.
    pub idempotency_key: Option<String>,
    /// The file's name where it came from.
    pub file_name: Option<String>,
    /// Where it lies.
    pub storage_path: String,
    /// How long it is.
    pub size_bytes: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
    /// How known and unknown e-mails are treated.
    pub mode: ImportMode,
}

/// The import that a key belongs to already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The import.
    pub import_id: ImportId,
    /// Its job.
    pub job_id: JobId,
    /// Its file's SHA-256, in hexadecimal.
    pub sha256: String,
    /// How it treats known and unknown e-mails.
    pub mode: ImportMode,
}

/// Takes an import in; answers with the earlier one when its key was used before.
///
/// # Errors
/// The database refused.
pub async fn insert(
    transaction: &mut Transaction,
    import: &NewImport,
    now: Timestamp,
) -> Result<Option<Kept>, StoreError> {
    let inserted = transaction.execute(sql(
        "insert into imports (import_id, job_id, idempotency_key, file_name, storage_path, size_bytes, sha256, mode,
                              status, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9)
         on conflict (idempotency_key) do nothing",
    )
    .bind(import.import_id.0)
    .bind(import.job_id.as_str())
    .bind(&import.idempotency_key)
    .bind(&import.file_name)
    .bind(&import.storage_path)
    .bind(signed(import.size_bytes))
    .bind(&import.sha256)
    .bind(import.mode.as_str())
    .bind(now.as_millisecond())).await?;
    if inserted == 1 {
        return Ok(None);
    }
    let (id, job_id, sha256, mode): (Uuid, String, String, String) = transaction
        .fetch_one(
            sql("select import_id, job_id, sha256, mode from imports where idempotency_key = $1")
                .bind(&import.idempotency_key),
        )
        .await?;
    let mode = mode.parse().map_err(|problem| broken(id, "mode", &problem))?;
    Ok(Some(Kept { import_id: ImportId(id), job_id: JobId(job_id), sha256, mode }))
}

fn broken(import_id: Uuid, column: &'static str, problem: &UnknownName) -> StoreError {
    StoreError::BrokenRow { table: "imports", column, id: import_id.to_string(), problem: problem.to_string() }
}

/// Notes which job does an import.
///
/// # Errors
/// The database refused.
pub async fn set_job(transaction: &mut Transaction, import_id: ImportId, job_id: &JobId) -> Result<(), StoreError> {
    transaction
        .execute(sql("update imports set job_id = $1 where import_id = $2").bind(job_id.as_str()).bind(import_id.0))
        .await?;
    Ok(())
}

/// All columns of an [`ImportRow`].
macro_rules! select_imports {
    () => {
        "select import_id, job_id, file_name, size_bytes, mode, status, error, rows_read, rows_inserted, rows_updated,
                rows_unchanged, rows_skipped, rows_failed, rows_total, bytes_read, rows_per_second, created_at,
                started_at, finished_at
         from imports"
    };
}

#[derive(sqlx::FromRow)]
struct ImportRow {
    import_id: Uuid,
    job_id: String,
    file_name: Option<String>,
    size_bytes: i64,
    mode: String,
    status: String,
    error: Option<String>,
    rows_read: i64,
    rows_inserted: i64,
    rows_updated: i64,
    rows_unchanged: i64,
    rows_skipped: i64,
    rows_failed: i64,
    rows_total: Option<i64>,
    bytes_read: i64,
    rows_per_second: Option<i64>,
    created_at: i64,
    started_at: Option<i64>,
    finished_at: Option<i64>,
}

impl TryFrom<ImportRow> for ImportSummary {
    type Error = StoreError;

    fn try_from(row: ImportRow) -> Result<Self, StoreError> {
        let id = row.import_id;
        let status: ImportStatus = row.status.parse().map_err(|problem| broken(id, "status", &problem))?;
        let rows = RowCounts {
            read: unsigned(row.rows_read),
            inserted: unsigned(row.rows_inserted),
            updated: unsigned(row.rows_updated),
            unchanged: unsigned(row.rows_unchanged),
            skipped: unsigned(row.rows_skipped),
            failed: unsigned(row.rows_failed),
            total: row.rows_total.map(unsigned),
        };
        let rows_per_second = row.rows_per_second.map(unsigned);
        Ok(Self {
            import_id: ImportId(id),
            job_id: JobId(row.job_id),
            file_name: row.file_name,
            status,
            mode: row.mode.parse().map_err(|problem| broken(id, "mode", &problem))?,
            eta_seconds: eta_seconds(status, &rows, rows_per_second),
            rows,
            bytes: ByteCounts { read: unsigned(row.bytes_read), total: unsigned(row.size_bytes) },
            rows_per_second,
            error: row.error,
            created_at: moment("imports", "created_at", &id, row.created_at)?,
            started_at: optional_moment("imports", "started_at", &id, row.started_at)?,
            finished_at: optional_moment("imports", "finished_at", &id, row.finished_at)?,
        })
    }
}

/// Seconds left, rounded up, at the present rate.
fn eta_seconds(status: ImportStatus, rows: &RowCounts, rows_per_second: Option<u64>) -> Option<u64> {
    let left = rows.total?.saturating_sub(rows.read);
    let rate = rows_per_second.filter(|rate| *rate > 0)?;
    (status == ImportStatus::Running).then(|| left.div_ceil(rate))
}

/// One import; `None` when there is none with this id.
///
/// # Errors
/// The database refused, or the row is broken.
pub async fn find(database: &Database, import_id: ImportId) -> Result<Option<ImportSummary>, StoreError> {
    let row: Option<ImportRow> =
        database.fetch_optional(sql(concat!(select_imports!(), " where import_id = $1")).bind(import_id.0)).await?;
    row.map(ImportSummary::try_from).transpose()
}

/// The same, as the transaction sees it.
///
/// # Errors
/// The database refused, or the row is broken.
pub async fn find_within(
    transaction: &mut Transaction,
    import_id: ImportId,
) -> Result<Option<ImportSummary>, StoreError> {
    let row: Option<ImportRow> =
        transaction.fetch_optional(sql(concat!(select_imports!(), " where import_id = $1")).bind(import_id.0)).await?;
    row.map(ImportSummary::try_from).transpose()
}

/// A page of imports, newest first, older than `before`.
///
/// # Errors
/// The database refused, or a row is broken.
pub async fn list(
    database: &Database,
    before: Option<ImportId>,
    limit: u32,
) -> Result<Listing<ImportSummary>, StoreError> {
    let before = before.map_or(Uuid::max(), |id| id.0);
    let mut rows: Vec<ImportRow> = database
        .fetch_all(
            sql(concat!(select_imports!(), " where import_id < $1 order by import_id desc limit $2"))
                .bind(before)
                .bind(i64::from(limit) + 1),
        )
        .await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| row.import_id.to_string());
    Ok(Listing { items: rows.into_iter().map(ImportSummary::try_from).collect::<Result<_, _>>()?, next })
}

/// Imports that still have work to come, and their jobs: what the reconciler looks through.
///
/// # Errors
/// The database refused.
pub async fn unfinished(database: &Database) -> Result<Vec<(ImportId, JobId)>, StoreError> {
    let rows: Vec<(Uuid, String)> = database
        .fetch_all(sql(
            "select import_id, job_id from imports where status in ('queued', 'running') order by import_id limit 1000",
        ))
        .await?;
    Ok(rows.into_iter().map(|(id, job)| (ImportId(id), JobId(job))).collect())
}

/// Those of the imports that have no row.
///
/// # Errors
/// The database refused.
pub async fn unknown(database: &Database, import_ids: &[ImportId]) -> Result<Vec<ImportId>, StoreError> {
    let rows: Vec<(Uuid,)> = database.fetch_all(without_row(import_ids, database.dialect())).await?;
    Ok(rows.into_iter().map(|(id,)| ImportId(id)).collect())
}

/// The same, as the transaction sees it, and while no other transaction records a file: see [`hold_files`].
///
/// # Errors
/// The database refused.
pub async fn unknown_within(
    transaction: &mut Transaction,
    import_ids: &[ImportId],
) -> Result<Vec<ImportId>, StoreError> {
    if transaction.dialect() == Dialect::Postgres {
        transaction.execute(sql("select pg_advisory_xact_lock($1)").bind(FILES)).await?;
    }
    let rows: Vec<(Uuid,)> = transaction.fetch_all(without_row(import_ids, transaction.dialect())).await?;
    Ok(rows.into_iter().map(|(id,)| ImportId(id)).collect())
}

fn without_row(import_ids: &[ImportId], dialect: Dialect) -> Statement {
    let asked = dialect.ids(1);
    sql(format!("select id from {asked} asked where not exists (select 1 from imports where import_id = asked.id)"))
        .bind(uuids(import_ids.iter().map(|id| id.0)))
}

/// The number of the lock that stands for all kept files.
const FILES: i64 = 0x5349_474e_414c_0001;

/// Keeps kept files in their places until the transaction ends: none is judged to belong to nothing meanwhile. SQLite's only
/// writer does so anyway.
///
/// # Errors
/// The database refused.
pub async fn hold_files(transaction: &mut Transaction) -> Result<(), StoreError> {
    if transaction.dialect() == Dialect::Postgres {
        transaction.execute(sql("select pg_advisory_xact_lock_shared($1)").bind(FILES)).await?;
    }
    Ok(())
}

/// A count as a column holds it.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A column's count; the schema lets none be negative.
fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
