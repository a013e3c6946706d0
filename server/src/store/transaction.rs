//! Transactions, which wake whoever waits for news.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use tokio::sync::watch;

use super::{
    Batch, Dialect, Fed, Record, StoreError,
    news::News,
    operations::Operations,
    postgres::PostgresTransaction,
    rows::Rows,
    sqlite::SqliteTransaction,
    statement::{Source, Statement},
};

/// Commits that were noticed, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commits {
    /// Those of this process.
    pub here: u64,
    /// Those of other processes, several of them as one where they came close together.
    pub elsewhere: u64,
}

/// A transaction. Dropped without a commit it leaves no trace.
pub struct Transaction {
    inner: Inner,
    now: Timestamp,
    commits: watch::Sender<Commits>,
    operations: Operations,
}

enum Inner {
    Sqlite(SqliteTransaction),
    Postgres(PostgresTransaction, News),
}

impl Transaction {
    /// One that holds SQLite's writer. SQLite has no clock but the machine's.
    pub(super) fn on_sqlite(begun: SqliteTransaction, commits: watch::Sender<Commits>, operations: Operations) -> Self {
        operations.note();
        Self { inner: Inner::Sqlite(begun), now: Timestamp::now(), commits, operations }
    }

    /// One of Postgres; `news` tells other processes of its commit.
    pub(super) fn on_postgres(
        begun: PostgresTransaction,
        news: News,
        commits: watch::Sender<Commits>,
        operations: Operations,
    ) -> Self {
        operations.note();
        Self { now: begun.began_at, inner: Inner::Postgres(begun, news), commits, operations }
    }

    /// When it began, by the engine's clock: leases, delays and ages are judged by it, whatever the clocks of processes say.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Makes all of it true at once, on the disk, and wakes whoever waits for news.
    ///
    /// # Errors
    /// The database refused: nothing of it is true then. Or the disk or the line failed: it may be true, but nobody knows.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.operations.note();
        match self.inner {
            Inner::Sqlite(sqlite) => {
                let durability = sqlite.commit().await?;
                wake(&self.commits);
                durability.reached().await.map_err(StoreError::Sync)?;
            }
            Inner::Postgres(postgres, news) => {
                postgres.commit(&news).await?;
                wake(&self.commits);
            }
        }
        Ok(())
    }

    /// The same without waiting for the disk: it outlives a killed process of ours, but a power cut may take it back, and in Postgres a
    /// killed server. For what would simply be done again then, such as a claim, or a chunk of an import, whose rows and place go back
    /// together. What is committed later in the usual way brings it to the disk as well, so an attempt never outlives its claim.
    ///
    /// Others see it at once. Whoever passes on events that may be taken back calls `Database::sync` before.
    ///
    /// # Errors
    /// The database refused; nothing of it is true then.
    pub async fn commit_lazily(self) -> Result<(), StoreError> {
        self.operations.note();
        match self.inner {
            Inner::Sqlite(sqlite) => {
                sqlite.commit().await?;
                wake(&self.commits);
            }
            Inner::Postgres(postgres, news) => {
                postgres.commit_lazily(&news).await?;
                wake(&self.commits);
            }
        }
        Ok(())
    }

    /// The same for what nobody waits for, such as a sign of life: nobody is woken.
    ///
    /// # Errors
    /// The database refused; nothing of it is true then.
    pub(crate) async fn commit_quietly(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Sqlite(sqlite) => sqlite.commit_quietly().await,
            Inner::Postgres(postgres, _) => postgres.commit_quietly().await,
        }
    }

    /// Leaves no trace, and gives the connection back. Dropping does the same at the cost of a new connection to Postgres.
    ///
    /// # Errors
    /// The database can't be reached; there is no trace then, either.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Sqlite(sqlite) => Ok(sqlite.inner.rollback().await?),
            Inner::Postgres(postgres, _) => postgres.roll_back().await,
        }
    }

    /// What the engine is told where they differ.
    pub(crate) const fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(..) => Dialect::Postgres,
        }
    }

    /// Whether nobody else can write until it ends.
    pub const fn is_alone(&self) -> bool {
        matches!(self.inner, Inner::Sqlite(_))
    }

    /// SQLite's own connection, for what is written apart for it; `None` in Postgres.
    pub(super) fn sqlite(&mut self) -> Option<&mut SqliteConnection> {
        match &mut self.inner {
            Inner::Sqlite(sqlite) => Some(&mut sqlite.inner),
            Inner::Postgres(..) => None,
        }
    }

    fn source(&mut self) -> Source<'_> {
        self.operations.note();
        match &mut self.inner {
            Inner::Sqlite(sqlite) => Source::SqliteWriter(&mut sqlite.inner),
            Inner::Postgres(postgres, _) => Source::PostgresWriter(&mut postgres.connection),
        }
    }

    /// All rows.
    pub(crate) async fn fetch_all<T: Record>(&mut self, statement: Statement) -> Result<Vec<T>, StoreError> {
        self.source().fetch_all(statement).await
    }

    /// The first row.
    pub(crate) async fn fetch_optional<T: Record>(&mut self, statement: Statement) -> Result<Option<T>, StoreError> {
        self.source().fetch_optional(statement).await
    }

    /// The only row.
    pub(crate) async fn fetch_one<T: Record>(&mut self, statement: Statement) -> Result<T, StoreError> {
        self.source().fetch_one(statement).await
    }

    /// Changes rows; returns how many.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64, StoreError> {
        self.source().execute(statement).await
    }

    /// The same for a statement that reads from a table of rows.
    pub(crate) async fn execute_with<const N: usize>(&mut self, fed: Fed<N>) -> Result<u64, StoreError> {
        self.execute_batch(Batch::new(self.dialect()).and(fed)).await
    }

    /// The same for several of them; returns how many rows the last one changed.
    pub(crate) async fn execute_batch(&mut self, batch: Batch) -> Result<u64, StoreError> {
        let (statements, last) = batch.statements();
        let mut changed = 0;
        for (at, statement) in statements.into_iter().enumerate() {
            let rows = self.source().execute(statement).await?;
            changed += if at < last { 0 } else { rows };
        }
        Ok(changed)
    }

    /// All rows that a statement gives back which reads from a table of rows.
    pub(crate) async fn fetch_all_with<T: Record, const N: usize>(
        &mut self,
        rows: Rows<N>,
        statement: &str,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        for statement in rows.before(statement, self.dialect()) {
            found.append(&mut self.source().fetch_all(statement).await?);
        }
        Ok(found)
    }
}

/// Wakes whoever waits in this process.
fn wake(commits: &watch::Sender<Commits>) {
    commits.send_modify(|commits| commits.here += 1);
}
