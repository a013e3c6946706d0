//! The database of an installation, whichever engine holds it, and transactions that wake whoever waits for news.
//!
//! What is asked of it is a `Statement`, the same for both engines. How each is tuned stands in `sqlite` and `postgres`.

use std::{path::Path, time::Duration};

use tokio::sync::watch;

use super::{
    Commits, Dialect, Record, StoreError, Transaction, data_version,
    operations::Operations,
    postgres::{Postgres, READERS},
    sqlite::Sqlite,
    statement::{Source, Statement, sql},
};

/// Migrations are part of the program, so that one file is all that an installation needs.
static SQLITE_MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES_MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/postgres");

/// Asks a reader. After a restart of Postgres each connection finds out by itself that it was cut, and a question may be asked again.
macro_rules! ask {
    ($database:ident, $statement:ident, $method:ident) => {{
        if $database.dialect() == Dialect::Postgres {
            for _ in 0..READERS {
                match $database.source().$method($statement.clone()).await {
                    Err(error) if error.is_cut_line() => {}
                    answer => return answer,
                }
            }
        }
        $database.source().$method($statement).await
    }};
}

/// The database of an installation.
#[derive(Clone)]
pub struct Database {
    engine: Engine,
    commits: watch::Sender<Commits>,
    operations: Operations,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Database {
    /// Opens the database of a `sqlite://` or `postgres://` URL. An SQLite file and its folder are made where they are missing; a
    /// Postgres database has to be there. The schema is left as it is.
    ///
    /// # Errors
    /// The URL is none, the folder can't be made, the file can't be opened, or the server can't be reached.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let engine = if is_postgres(url) {
            Engine::Postgres(Postgres::open(url).await?)
        } else {
            Engine::Sqlite(Sqlite::open(url).await?)
        };
        Ok(Self { engine, commits: watch::Sender::default(), operations: Operations::default() })
    }

    /// Brings the schema to the version of this program.
    ///
    /// # Errors
    /// A migration failed, or the schema is of a newer program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => SQLITE_MIGRATIONS.run(&sqlite.writer).await?,
            Engine::Postgres(postgres) => POSTGRES_MIGRATIONS.run(&postgres.writer).await?,
        }
        Ok(())
    }

    /// How many migrations this program has, and how many of them the database lacks.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn missing_migrations(&self) -> Result<(usize, usize), StoreError> {
        let (known, is_there) = match self.dialect() {
            Dialect::Sqlite => (
                SQLITE_MIGRATIONS.iter().count(),
                "select exists (select 1 from sqlite_master where name = '_sqlx_migrations')",
            ),
            Dialect::Postgres => {
                (POSTGRES_MIGRATIONS.iter().count(), "select to_regclass('_sqlx_migrations') is not null")
            }
        };
        if !self.scalar::<bool>(sql(is_there)).await? {
            return Ok((known, known));
        }
        let applied: i64 = self.scalar(sql("select count(*) from _sqlx_migrations where success")).await?;
        Ok((known, known.saturating_sub(usize::try_from(applied).unwrap_or(0))))
    }

    /// The engine's name as people write it.
    pub const fn engine_name(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "SQLite",
            Engine::Postgres(_) => "Postgres",
        }
    }

    /// The version of the engine.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn engine_version(&self) -> Result<String, StoreError> {
        self.scalar(sql(match self.dialect() {
            Dialect::Sqlite => "select sqlite_version()",
            Dialect::Postgres => "select current_setting('server_version')",
        }))
        .await
    }

    /// How far apart the clocks of the engine and of this machine are, at most. SQLite has no clock of its own.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn clock_skew(&self) -> Result<Duration, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(Duration::ZERO);
        }
        let before = jiff::Timestamp::now().as_millisecond();
        let there: i64 = self.scalar(sql(format!("select {}", self.dialect().now()))).await?;
        let after = jiff::Timestamp::now().as_millisecond();
        let apart = (before - there).max(there - after).max(0);
        Ok(Duration::from_millis(apart.unsigned_abs()))
    }

    /// Looks through the whole file for damage; takes seconds on a large one. Postgres looks after its files itself.
    ///
    /// # Errors
    /// The database can't be read. Damage is not an error: it is the answer, one line each; none when all is well.
    pub async fn integrity_problems(&self) -> Result<Vec<String>, StoreError> {
        if self.dialect() == Dialect::Postgres {
            return Ok(Vec::new());
        }
        let lines: Vec<(String,)> = self.fetch_all(sql("pragma quick_check(20)")).await?;
        Ok(lines.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect())
    }

    /// A transaction that may write. In SQLite it holds the writer from its first statement on, so it never has to upgrade.
    ///
    /// # Errors
    /// The writer is busy for too long, or the database can't be reached.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                Ok(Transaction::on_sqlite(sqlite.begin().await?, self.commits.clone(), self.operations.clone()))
            }
            Engine::Postgres(postgres) => self.begin_on(postgres).await,
        }
    }

    /// The same for long work that nobody waits for: where there is one writer, it lets the others pass first, though not for ever.
    ///
    /// # Errors
    /// The writer is busy for too long, or the database can't be reached.
    pub async fn begin_in_background(&self) -> Result<Transaction, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                let begun = sqlite.begin_in_background().await?;
                Ok(Transaction::on_sqlite(begun, self.commits.clone(), self.operations.clone()))
            }
            Engine::Postgres(postgres) => self.begin_on(postgres).await,
        }
    }

    async fn begin_on(&self, postgres: &Postgres) -> Result<Transaction, StoreError> {
        let begun = postgres.begin().await?;
        Ok(Transaction::on_postgres(begun, postgres.news.clone(), self.commits.clone(), self.operations.clone()))
    }

    /// Returns when what could be seen before this call outlives a killed Postgres, lazy commits of all processes included. SQLite is
    /// part of this process: what was seen there is not taken back when it ends.
    ///
    /// # Errors
    /// The database can't be reached: what was seen may be taken back.
    pub(crate) async fn sync(&self) -> Result<(), StoreError> {
        let Engine::Postgres(postgres) = &self.engine else { return Ok(()) };
        for _ in 0..READERS {
            self.operations.note();
            match postgres.sync().await {
                Err(error) if error.is_cut_line() => {}
                answer => return answer,
            }
        }
        postgres.sync().await
    }

    /// Changes with every commit of this process, and whenever another one may have committed something, while
    /// `watch_other_processes` runs.
    pub fn commits(&self) -> watch::Receiver<Commits> {
        self.commits.subscribe()
    }

    /// Notices the commits of other processes, until the database is closed.
    pub(crate) async fn watch_other_processes(self) {
        let on_news = || self.commits.send_modify(|commits| commits.elsewhere += 1);
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                let watching = data_version::watch(&sqlite.reader, &sqlite.doorbell, &self.operations, on_news);
                // It holds a connection, and who closes the database waits for each.
                let _ = sqlite.reader.close_event().do_until(watching).await;
            }
            Engine::Postgres(postgres) => postgres.news.listen(on_news).await,
        }
    }

    /// The file, where the database is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.engine {
            Engine::Sqlite(sqlite) => Some(&sqlite.path),
            Engine::Postgres(_) => None,
        }
    }

    /// Closes all connections. SQLite folds its write-ahead log into the file; with Postgres, other processes are told of the last
    /// commits first. A process that ends without it leaves them to find out by themselves, seconds later.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite.reader.close().await;
                sqlite.writer.close().await;
            }
            Engine::Postgres(postgres) => postgres.close().await,
        }
    }

    /// What the engine is told where they differ.
    pub(crate) const fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Statements that this process has sent so far, beginnings and ends of transactions among them.
    pub(crate) fn operations(&self) -> u64 {
        self.operations.count()
    }

    fn source(&self) -> Source<'_> {
        self.operations.note();
        match &self.engine {
            Engine::Sqlite(sqlite) => Source::SqliteReader(&sqlite.reader),
            Engine::Postgres(postgres) => Source::PostgresReader(&postgres.reader),
        }
    }

    /// All rows, from a reader.
    pub(crate) async fn fetch_all<T: Record>(&self, statement: Statement) -> Result<Vec<T>, StoreError> {
        ask!(self, statement, fetch_all)
    }

    /// The first row, from a reader.
    pub(crate) async fn fetch_optional<T: Record>(&self, statement: Statement) -> Result<Option<T>, StoreError> {
        ask!(self, statement, fetch_optional)
    }

    /// The only row, from a reader.
    pub(crate) async fn fetch_one<T: Record>(&self, statement: Statement) -> Result<T, StoreError> {
        ask!(self, statement, fetch_one)
    }

    /// The only value, from a reader.
    pub(crate) async fn scalar<T>(&self, statement: Statement) -> Result<T, StoreError>
    where
        (T,): Record,
    {
        Ok(self.fetch_one::<(T,)>(statement).await?.0)
    }
}

/// Whether a URL names a Postgres server.
fn is_postgres(url: &str) -> bool {
    ["postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme))
}
