//! Domain data in SQL: one file an entity, one function a question.
//!
//! Nothing here decides anything: what a chunk of rows means is settled by the importer, what a page may see by HTTP.

/// Tokens of programs.
pub mod api_tokens;
/// Who did what.
pub mod audit;
/// Statements that are carried out together.
mod batch;
/// Customers.
pub mod customers;
/// Commits of other processes, in SQLite.
mod data_version;
/// The database, whichever engine holds it.
pub mod database;
/// Browsers in which somebody has signed in before.
pub mod devices;
/// Where the engines differ.
mod dialect;
/// What wakes other processes after a commit, in SQLite.
mod doorbell;
/// Commits that outlive a power cut.
mod durability;
/// Attempts at an import.
pub mod import_attempts;
/// The rows that an import could not take.
pub mod import_errors;
/// Imports: taken in and shown.
pub mod imports;
/// Commits of other processes, in Postgres.
mod news;
/// What a process has asked of its database.
mod operations;
/// Events written by the transaction that makes them true.
pub mod outbox;
/// The connections to Postgres.
mod postgres;
/// Many rows for one statement.
mod rows;
/// Browsers in which somebody is signed in.
pub mod sessions;
/// The link with which the first admin is made.
pub mod setup_link;
/// The connections to SQLite.
mod sqlite;
/// A statement, run on either engine.
mod statement;
/// Transactions, which wake whoever waits for news.
pub mod transaction;
/// URLs as they may be shown.
pub mod url;
/// People who may sign in.
pub mod users;
/// What is bound to a statement.
mod value;

use std::sync::Arc;

pub(crate) use batch::{Batch, Fed};
pub use database::Database;
pub(crate) use dialect::Dialect;
pub(crate) use postgres::IS_UNSYNCED;
pub(crate) use rows::Rows;
pub(crate) use statement::{Record, Statement, sql};
pub use transaction::{Commits, Transaction};
pub(crate) use value::{Value, texts, uuids};

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
    /// Others were quicker, again and again.
    #[error("{what} was fought over for too long")]
    Contended {
        /// What.
        what: &'static str,
    },
    /// What failed for others as well, who shared it.
    #[error(transparent)]
    Shared(Arc<Self>),
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

impl StoreError {
    /// Whether there is no room for more: nothing of what was to be written is kept, and what was kept before still is.
    pub fn is_full(&self) -> bool {
        // SQLITE_FULL, and Postgres' disk_full.
        self.has_code(|code| code == "13" || code == "53100")
    }

    /// Whether the database takes no changes: a file or a disk that must not be written, a Postgres that follows another one.
    pub fn is_read_only(&self) -> bool {
        // SQLITE_READONLY in all its kinds, and Postgres' read_only_sql_transaction.
        let is_sqlites = |code: &str| code.parse().is_ok_and(|code: u32| code & 0xff == 8);
        self.has_code(|code| code == "25006" || (code.len() < 5 && is_sqlites(code)))
    }

    /// Whether it may be what was written that was refused, so that something else may be taken. Not so while the database is away,
    /// busy, full or broken: then it refuses everybody.
    pub(crate) fn is_of_what_was_written(&self) -> bool {
        match self {
            Self::Shared(error) => error.is_of_what_was_written(),
            Self::Contended { .. } | Self::BrokenRow { .. } | Self::Database(sqlx::Error::Encode(_)) => true,
            Self::Database(sqlx::Error::Database(error)) => error.code().is_some_and(|code| is_refusal_of_rows(&code)),
            _ => false,
        }
    }

    fn has_code(&self, is_meant: impl FnOnce(&str) -> bool) -> bool {
        match self {
            Self::Shared(error) => error.has_code(is_meant),
            Self::Database(sqlx::Error::Database(error)) => error.code().is_some_and(|code| is_meant(&code)),
            _ => false,
        }
    }

    /// Whether it was the connection that broke, so that nobody knows whether anything was done.
    fn is_cut_line(&self) -> bool {
        match self {
            Self::Shared(error) => error.is_cut_line(),
            Self::Database(sqlx::Error::Io(_)) => true,
            // Class 57: the server is stopping or starting. Class 08: the connection failed.
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
            }
            _ => false,
        }
    }
}

/// Whether a database says by this code that it was asked for something that can't be done, and not that it can do nothing now.
fn is_refusal_of_rows(code: &str) -> bool {
    if code.len() < 5 {
        // SQLite: an error in what was asked, something too big, a constraint, a mismatch.
        return code.parse().is_ok_and(|code: u32| [1, 18, 19, 20].contains(&(code & 0xff)));
    }
    // Postgres, in classes: the connection, a transaction that must not write, what is used up, operators, the machine, broken files.
    !["08", "25", "53", "57", "58", "XX"].iter().any(|class| code.starts_with(class))
}

/// Milliseconds of a column as a moment.
pub(crate) fn moment(
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
pub(crate) fn optional_moment(
    table: &'static str,
    column: &'static str,
    id: &impl ToString,
    ms: Option<i64>,
) -> Result<Option<jiff::Timestamp>, StoreError> {
    ms.map(|ms| moment(table, column, id, ms)).transpose()
}
