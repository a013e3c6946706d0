//! Domain data in SQL: one file an entity, one function a question.
//!
//! Nothing here decides anything: what a chunk of rows means is settled by the importer, what a page may see by HTTP.

/// Customers.
pub mod customers;
/// The connections, and transactions that wake whoever waits for news.
pub mod database;
/// Commits that outlive a power cut.
mod durability;
/// Attempts at an import.
pub mod import_attempts;
/// The rows that an import could not take.
pub mod import_errors;
/// Imports: taken in and shown.
pub mod imports;
/// Events written by the transaction that makes them true.
pub mod outbox;

pub use database::{Database, Transaction};

/// A question that the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or can't be reached.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the schema could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// What was committed could not be brought to the disk.
    #[error("the disk failed: {0}")]
    Sync(std::io::Error),
    /// The folder of the database can't be made or written.
    #[error("the folder {path} can't be used: {source}")]
    Folder {
        /// The folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A row that nobody of ours wrote.
    #[error("table {table}, column {column}, row {id}: {problem}")]
    BrokenRow {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        id: String,
        /// What is wrong with the value.
        problem: String,
    },
}

/// Milliseconds of a column as a moment.
fn moment(
    table: &'static str,
    column: &'static str,
    id: &impl ToString,
    ms: i64,
) -> Result<jiff::Timestamp, StoreError> {
    jiff::Timestamp::from_millisecond(ms).map_err(|problem| StoreError::BrokenRow {
        table,
        column,
        id: id.to_string(),
        problem: problem.to_string(),
    })
}

/// A column that may be null, as a moment.
fn optional_moment(
    table: &'static str,
    column: &'static str,
    id: &impl ToString,
    ms: Option<i64>,
) -> Result<Option<jiff::Timestamp>, StoreError> {
    ms.map(|ms| moment(table, column, id, ms)).transpose()
}
