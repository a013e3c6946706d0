//! SQLite, inside the process.
//!
//! It has one writer at a time. Giving it one connection turns that into a fair queue inside the process,
//! instead of `database is locked` after a busy wait; between processes `busy_timeout` does the waiting. Readers have
//! connections of their own and, in WAL mode, never wait for the writer.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Notify;

use super::{StoreError, doorbell::Doorbell, durability::Durability};

/// Bytes of a page of a new database. An import with e-mails in random order changes nearly every page of their index with each chunk:
/// pages twice as large as SQLite's own choice are half as many writes.
const PAGE_BYTES: u32 = 8_192;
/// Pages in the write-ahead log before it is folded back into the file: 128 MiB. The longer the log, the fewer of the changes that
/// follow each other on one page reach the file; and whoever folds it back waits for the disk.
const WAL_PAGES: &str = "16000";
/// Page cache of the writer, in KiB (negative by SQLite's convention). It bounds the memory of an import of any size.
const WRITER_CACHE: &str = "-24576";
/// Rows that SQLite's thread may be ahead of whoever takes them: an import looks thousands of customers up at once, and two threads
/// that wait for each other at every row take twice the time.
const WRITER_ROWS: usize = 1_000;
/// Page cache of each reader, in KiB.
const READER_CACHE: &str = "-4096";
/// Reading connections: enough to keep two cores busy while one of them waits for the disk.
const READERS: u32 = 4;
/// A transaction that may write from its first statement on, and never has to upgrade.
const BEGIN: &str = "begin immediate";
/// The longest that the background lets others pass.
const COURTESY: Duration = Duration::from_millis(200);

/// The connections to a file.
#[derive(Clone)]
pub(super) struct Sqlite {
    pub(super) writer: SqlitePool,
    pub(super) reader: SqlitePool,
    pub(super) path: PathBuf,
    pub(super) doorbell: Doorbell,
    durability: Arc<Durability>,
    line: Arc<Line>,
}

/// Who waits for the writer. Long transactions of the background let those pass that a person waits for.
#[derive(Default)]
struct Line {
    people: AtomicUsize,
    emptied: Notify,
}

/// A place in the line. It is given up even when whoever waits is gone before the writer comes.
struct Place<'a>(&'a Line);

impl<'a> Place<'a> {
    fn in_line(line: &'a Line) -> Self {
        line.people.fetch_add(1, Ordering::SeqCst);
        Self(line)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.0.people.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.emptied.notify_waiters();
        }
    }
}

impl Sqlite {
    /// Opens the file of a URL, making it and its folder where they are missing.
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .page_size(PAGE_BYTES)
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .busy_timeout(Duration::from_secs(10));
        let path = options.get_filename().to_owned();
        make_folder_of(&path)?;

        let writing = options
            .clone()
            .synchronous(SqliteSynchronous::Normal)
            .row_buffer_size(WRITER_ROWS)
            .pragma("cache_size", WRITER_CACHE)
            .pragma("wal_autocheckpoint", WAL_PAGES);
        let reading = options.pragma("cache_size", READER_CACHE).pragma("query_only", "on");
        // There is no server that may have gone meanwhile: to ask a connection first would be one errand to its thread more each time.
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(writing)
            .await?;
        let reader =
            SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false).connect_with(reading).await?;
        let (doorbell, durability) = (Doorbell::beside(&path), Arc::new(Durability::of(&path)));
        Ok(Self { doorbell, durability, line: Arc::default(), writer, reader, path })
    }

    /// The writer, for a person who waits.
    pub(super) async fn begin(&self) -> Result<SqliteTransaction, StoreError> {
        let _place = Place::in_line(&self.line);
        self.take_writer().await
    }

    /// The writer, for the background.
    pub(super) async fn begin_in_background(&self) -> Result<SqliteTransaction, StoreError> {
        let emptied = self.line.emptied.notified();
        if self.line.people.load(Ordering::SeqCst) > 0 {
            // Whether they have passed or the courtesy is used up: now it is this one's turn.
            let _ = tokio::time::timeout(COURTESY, emptied).await;
        }
        self.take_writer().await
    }

    async fn take_writer(&self) -> Result<SqliteTransaction, StoreError> {
        let inner = match self.writer.begin_with(BEGIN).await {
            // SQLite itself took a transaction back, because the disk was full or failed, and the connection waits for an end that can't
            // come any more.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.writer.acquire().await?.close().await?;
                self.writer.begin_with(BEGIN).await?
            }
            begun => begun?,
        };
        Ok(SqliteTransaction { inner, doorbell: self.doorbell.clone(), durability: Arc::clone(&self.durability) })
    }
}

/// A transaction that holds the writer.
pub(super) struct SqliteTransaction {
    pub(super) inner: sqlx::Transaction<'static, sqlx::Sqlite>,
    doorbell: Doorbell,
    durability: Arc<Durability>,
}

impl SqliteTransaction {
    /// Commits without waiting for the disk, and wakes other processes; what is returned waits for the disk.
    pub(super) async fn commit(self) -> Result<Arc<Durability>, StoreError> {
        self.inner.commit().await?;
        self.doorbell.ring();
        Ok(self.durability)
    }

    /// Commits without waiting for the disk, and wakes nobody.
    pub(super) async fn commit_quietly(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }
}

fn make_folder_of(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder { path: folder.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_transaction_that_sqlite_takes_back_by_itself_does_not_spoil_the_next_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("db").display());
        let database = Sqlite::open(&url).await.expect("opened");
        let mut spoiled = database.begin().await.expect("begun");
        // As after a write that the disk refused: there is no transaction any more.
        sqlx::query("rollback").execute(&mut *spoiled.inner).await.expect("taken back");
        drop(spoiled);

        let next = database.begin().await.expect("begun");

        next.commit().await.expect("committed");
    }

    #[tokio::test]
    async fn who_gives_up_waiting_for_the_writer_gives_up_the_place_in_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("db").display());
        let database = Sqlite::open(&url).await.expect("opened");
        let writing = database.begin().await.expect("begun");

        assert!(database.begin().now_or_never().is_none());

        assert_eq!(database.line.people.load(Ordering::SeqCst), 0);
        drop(writing);
        database.begin_in_background().await.expect("begun");
    }
}
