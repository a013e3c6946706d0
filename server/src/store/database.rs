//! The connections to the database, and transactions that wake whoever waits for news.
//!
//! SQLite has one writer at a time. Giving it one connection turns that into a fair queue inside the process,
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
    Sqlite, SqliteConnection, SqlitePool,
    sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{Notify, watch};

use super::{StoreError, durability::Durability};

/// Migrations are part of the program, so that one file is all that an installation needs.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/sqlite");

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

/// The database of an installation.
#[derive(Clone)]
pub struct Database {
    writer: SqlitePool,
    reader: SqlitePool,
    path: PathBuf,
    commits: watch::Sender<u64>,
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

/// The longest that the background lets others pass.
const COURTESY: Duration = Duration::from_millis(200);

impl Database {
    /// Opens the database of a `sqlite://` URL, making its folder and file where they are missing. The schema is left as it is.
    ///
    /// # Errors
    /// The URL is none, the folder can't be made, or the file can't be opened.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
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
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(writing)
            .await?;
        let reader = SqlitePoolOptions::new().max_connections(READERS).connect_with(reading).await?;
        Ok(Self {
            durability: Arc::new(Durability::of(&path)),
            line: Arc::default(),
            commits: watch::Sender::new(0),
            writer,
            reader,
            path,
        })
    }

    /// Brings the schema to the version of this program.
    ///
    /// # Errors
    /// A migration failed, or the schema is of a newer program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        MIGRATIONS.run(&self.writer).await?;
        Ok(())
    }

    /// How many migrations this program has, and how many of them the database lacks.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn missing_migrations(&self) -> Result<(usize, usize), StoreError> {
        let known = MIGRATIONS.iter().count();
        let is_new: i64 = sqlx::query_scalar("select count(*) from sqlite_master where name = '_sqlx_migrations'")
            .fetch_one(&self.reader)
            .await?;
        if is_new == 0 {
            return Ok((known, known));
        }
        let applied: i64 =
            sqlx::query_scalar("select count(*) from _sqlx_migrations where success").fetch_one(&self.reader).await?;
        Ok((known, known.saturating_sub(usize::try_from(applied).unwrap_or(0))))
    }

    /// The version of the engine.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn engine_version(&self) -> Result<String, StoreError> {
        Ok(sqlx::query_scalar("select sqlite_version()").fetch_one(&self.reader).await?)
    }

    /// Looks through the whole file for damage. Takes seconds on a large one.
    ///
    /// # Errors
    /// The database can't be read. Damage is not an error: it is the answer, one line each; none when all is well.
    pub async fn integrity_problems(&self) -> Result<Vec<String>, StoreError> {
        let lines: Vec<String> = sqlx::query_scalar("pragma quick_check(20)").fetch_all(&self.reader).await?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    /// A transaction that may write, from its first statement on: it never has to upgrade, so it can't deadlock.
    ///
    /// # Errors
    /// The writer is busy for too long, or the database can't be reached.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        let _place = Place::in_line(&self.line);
        self.take_writer().await
    }

    /// The same for long work that nobody waits for: it lets the others pass first, though not for ever.
    ///
    /// # Errors
    /// The writer is busy for too long, or the database can't be reached.
    pub async fn begin_in_background(&self) -> Result<Transaction, StoreError> {
        let emptied = self.line.emptied.notified();
        if self.line.people.load(Ordering::SeqCst) > 0 {
            // Whether they have passed or the courtesy is used up: now it is this one's turn.
            let _ = tokio::time::timeout(COURTESY, emptied).await;
        }
        self.take_writer().await
    }

    async fn take_writer(&self) -> Result<Transaction, StoreError> {
        Ok(Transaction {
            inner: self.writer.begin_with("begin immediate").await?,
            commits: self.commits.clone(),
            durability: Arc::clone(&self.durability),
        })
    }

    /// For reading.
    pub(crate) const fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// Changes with every commit of this process.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Says that another process committed something.
    pub(crate) fn note_foreign_commit(&self) {
        self.commits.send_modify(|count| *count += 1);
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes all connections; the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// A transaction. Dropped without a commit it leaves no trace.
pub struct Transaction {
    inner: sqlx::Transaction<'static, Sqlite>,
    commits: watch::Sender<u64>,
    durability: Arc<Durability>,
}

impl Transaction {
    /// Makes all of it true at once, on the disk, and wakes whoever waits for news.
    ///
    /// # Errors
    /// The database refused: nothing of it is true then. Or the disk failed: it is true, but may not outlive a power cut.
    pub async fn commit(self) -> Result<(), StoreError> {
        let durability = Arc::clone(&self.durability);
        self.commit_lazily().await?;
        durability.reached().await.map_err(StoreError::Sync)
    }

    /// The same without waiting for the disk: it outlives a killed process, but a power cut may take it back. For what would
    /// simply be done again then, such as a chunk of an import, whose rows and place go back together.
    ///
    /// # Errors
    /// The database refused; nothing of it is true then.
    pub async fn commit_lazily(self) -> Result<(), StoreError> {
        self.inner.commit().await?;
        self.commits.send_modify(|count| *count += 1);
        Ok(())
    }

    /// The connection that the statements of this transaction run on.
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.inner
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
    async fn who_gives_up_waiting_for_the_writer_gives_up_the_place_in_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("db").display());
        let database = Database::open(&url).await.expect("opened");
        let writing = database.begin().await.expect("begun");

        assert!(database.begin().now_or_never().is_none());

        assert_eq!(database.line.people.load(Ordering::SeqCst), 0);
        drop(writing);
        database.begin_in_background().await.expect("begun");
    }
}
