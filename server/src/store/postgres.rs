//! Postgres, on this machine or another.
//!
//! Writers work side by side, so each of them takes the rows it needs and nobody holds the whole. Connections are made anew when the
//! server has been away.
//!
//! Commits that would simply be made again don't wait for the disk. Others see them at once all the same, and a server that is killed a
//! moment later takes them back and gives their numbers to somebody else. So whoever passes on what it saw, as readers of the event
//! log do, first asks whether there is anything that is not on the disk yet, and if so makes the server bring it there.

use std::{str::FromStr, time::Duration};

use futures::{FutureExt, TryStreamExt, future::BoxFuture};
use jiff::Timestamp;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, PgPool, Row,
    pool::{PoolConnection, PoolConnectionMetadata},
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{StoreError, moment, news::News};

/// Writing connections. They wait for the disk together, so they are more than cores.
const WRITERS: u32 = 8;
/// Reading connections.
pub(super) const READERS: u32 = 8;
/// A connection that was idle for longer is asked whether it still lives before it is used.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// The longest wait for a connection: as long as a server takes that is started again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Compiling a plan takes longer than anything that is asked here, and a plan that goes by keys whatever it costs looks costly.
const NOT_COMPILED: [(&str, &str); 1] = [("jit", "off")];
/// Whatever writes finds its rows by keys. The planner knows a table as it was at its last look, and would now and then read all of
/// one that was empty then and has a million rows now.
const BY_KEYS: [(&str, &str); 3] = [("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off")];
/// A process that is frozen in the middle of a transaction would hold rows that others wait for, and the end of the log.
const NO_FROZEN_WRITERS: [(&str, &str); 1] = [("idle_in_transaction_session_timeout", "10s")];
/// Readers ask all kinds of questions: each is planned for what the table is now.
const PLANNED_ANEW: [(&str, &str); 1] = [("plan_cache_mode", "force_custom_plan")];

/// Begins, and says when, by the server's clock.
const BEGIN: &str = "begin; select (extract(epoch from clock_timestamp()) * 1000)::bigint";
const COMMIT: &str = "commit";
/// Commits without waiting for the disk.
const COMMIT_LAZILY: &str = "set local synchronous_commit to off; commit";

/// Asks, as a column, whether there may be a commit that is seen already but is not on the disk yet. A server that follows another one
/// has only what that one has on its disk.
pub(crate) const IS_UNSYNCED: &str =
    "case when pg_is_in_recovery() then false else pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn() end";
/// A transaction of its own that brings the server's log to the disk up to itself. One that did nothing but take a number would not be
/// waited for: it has to write something, and a message that nobody reads is the least.
const SYNC: &str = "set local synchronous_commit to on; select pg_logical_emit_message(true, 'signalbox', '')";

/// The connections to a server.
#[derive(Clone)]
pub(super) struct Postgres {
    pub(super) writer: PgPool,
    pub(super) reader: PgPool,
    pub(super) news: News,
}

impl Postgres {
    /// Connects to the database of a URL.
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("signalbox").options(NOT_COMPILED);
        let writing = options.clone().options(BY_KEYS).options(NO_FROZEN_WRITERS);
        Ok(Self {
            writer: pool(WRITERS).connect_with(writing).await?,
            reader: pool(READERS).connect_lazy_with(options.clone().options(PLANNED_ANEW)),
            news: News::over(pool(2).connect_lazy_with(options)),
        })
    }

    /// Begins a transaction. A connection that turns out to be dead is given up for another one.
    pub(super) async fn begin(&self) -> Result<PostgresTransaction, StoreError> {
        for _ in 0..WRITERS {
            if let Ok(transaction) = PostgresTransaction::begin_on(self.writer.acquire().await?).await {
                return Ok(transaction);
            }
        }
        PostgresTransaction::begin_on(self.writer.acquire().await?).await
    }

    /// Returns when everything that could be seen before this call is on the disk.
    pub(super) async fn sync(&self) -> Result<(), StoreError> {
        sqlx::raw_sql(SYNC).execute(&self.reader).await?;
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.news.close().await;
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Connections that are looked at before use when they were idle.
fn pool(size: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(is_alive)
}

fn is_alive(connection: &mut PgConnection, meta: PoolConnectionMetadata) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
    async move { Ok(meta.idle_for < TRUSTED_FOR || connection.ping().await.is_ok()) }.boxed()
}

/// A transaction on a connection of its own. Begun and committed by hand, which saves two ways to the server each time.
pub(super) struct PostgresTransaction {
    pub(super) connection: PoolConnection<sqlx::Postgres>,
    is_over: bool,
    /// When it began, by the server's clock.
    pub(super) began_at: Timestamp,
}

impl PostgresTransaction {
    async fn begin_on(connection: PoolConnection<sqlx::Postgres>) -> Result<Self, StoreError> {
        // Made before the transaction begins, so that one that is given up half-way is closed, too.
        let mut transaction = Self { connection, is_over: false, began_at: Timestamp::UNIX_EPOCH };
        let begun = sqlx::raw_sql(BEGIN).fetch_one(&mut *transaction.connection).await?;
        transaction.began_at = moment("the clock", "now", &"", begun.try_get(0)?)?;
        Ok(transaction)
    }

    pub(super) async fn commit(self, news: &News) -> Result<(), StoreError> {
        self.commit_and_tell(COMMIT, news).await
    }

    pub(super) async fn commit_lazily(self, news: &News) -> Result<(), StoreError> {
        self.commit_and_tell(COMMIT_LAZILY, news).await
    }

    pub(super) async fn commit_quietly(self) -> Result<(), StoreError> {
        self.end(COMMIT_LAZILY).await
    }

    pub(super) async fn roll_back(self) -> Result<(), StoreError> {
        self.end("rollback").await
    }

    async fn end(mut self, statement: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(statement).execute(&mut *self.connection).await?;
        self.is_over = true;
        Ok(())
    }

    /// Commits, and tells others in the same way to the server, or after it where they were told a moment ago. What was committed stays
    /// committed if they can't be told.
    async fn commit_and_tell(mut self, commit: &'static str, news: &News) -> Result<(), StoreError> {
        let Some(word) = news.word() else {
            self.end(commit).await?;
            news.tell();
            return Ok(());
        };
        let commands_of_commit = commit.split(';').count();
        let mut done = 0;
        let both = sqlx::raw_sql(AssertSqlSafe(format!("{commit}; {}", word.sql)));
        let mut answers = both.fetch_many(&mut *self.connection);
        let told = loop {
            match answers.try_next().await {
                Ok(Some(answer)) => done += usize::from(answer.is_left()),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(answers);
        word.was_sent(told.is_ok());
        self.is_over = told.is_ok();
        match told {
            Err(error) if done < commands_of_commit => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "other processes could not be told of a commit at once; trying again");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

impl Drop for PostgresTransaction {
    /// A transaction that was given up ends with its connection: nobody waits here for an answer of the server.
    fn drop(&mut self) {
        if !self.is_over {
            self.connection.close_on_drop();
        }
    }
}
