//! A statement with what is bound to it, run on either engine.
//!
//! Placeholders are `$1`, `$2` … on both, so a query function is written once. `sqlx::Any` was considered: it knows no ids, and no
//! engine could be tuned behind it.

use std::borrow::Cow;

use sqlx::{
    AssertSqlSafe, FromRow, PgConnection, PgPool, SqliteConnection, SqlitePool, postgres::PgRow, sqlite::SqliteRow,
};

use super::{
    StoreError,
    value::{Value, postgres_arguments, sqlite_arguments},
};

/// What a row becomes, whichever engine it comes from: anything that derives `FromRow`, and tuples.
pub(crate) trait Record: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> {}

impl<T> Record for T where T: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> {}

/// A statement and its values, in the order of the placeholders.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Vec<Value>,
}

/// A statement. Its text is ours: whatever comes from outside is bound.
pub(crate) fn sql(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement { sql: text.into(), values: Vec::new() }
}

impl Statement {
    /// Binds the next value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }
}

/// What a statement runs on.
pub(super) enum Source<'a> {
    SqliteReader(&'a SqlitePool),
    SqliteWriter(&'a mut SqliteConnection),
    PostgresReader(&'a PgPool),
    PostgresWriter(&'a mut PgConnection),
}

/// Runs a statement on whatever it is that it runs on.
macro_rules! run {
    ($source:ident, $statement:ident, $query:path, $method:ident) => {{
        let text = AssertSqlSafe($statement.sql);
        match $source {
            Source::SqliteReader(pool) => $query(text, sqlite_arguments($statement.values)?).$method(pool).await,
            Source::SqliteWriter(writer) => $query(text, sqlite_arguments($statement.values)?).$method(writer).await,
            Source::PostgresReader(pool) => $query(text, postgres_arguments($statement.values)?).$method(pool).await,
            Source::PostgresWriter(writer) => {
                $query(text, postgres_arguments($statement.values)?).$method(writer).await
            }
        }
    }};
}

impl Source<'_> {
    pub(super) async fn fetch_all<T: Record>(self, statement: Statement) -> Result<Vec<T>, StoreError> {
        Ok(run!(self, statement, sqlx::query_as_with::<_, T, _>, fetch_all)?)
    }

    pub(super) async fn fetch_optional<T: Record>(self, statement: Statement) -> Result<Option<T>, StoreError> {
        Ok(run!(self, statement, sqlx::query_as_with::<_, T, _>, fetch_optional)?)
    }

    pub(super) async fn fetch_one<T: Record>(self, statement: Statement) -> Result<T, StoreError> {
        Ok(run!(self, statement, sqlx::query_as_with::<_, T, _>, fetch_one)?)
    }

    /// Returns how many rows were changed.
    pub(super) async fn execute(self, statement: Statement) -> Result<u64, StoreError> {
        let text = AssertSqlSafe(statement.sql);
        Ok(match self {
            Self::SqliteReader(pool) => {
                sqlx::query_with(text, sqlite_arguments(statement.values)?).execute(pool).await?.rows_affected()
            }
            Self::SqliteWriter(writer) => {
                sqlx::query_with(text, sqlite_arguments(statement.values)?).execute(writer).await?.rows_affected()
            }
            Self::PostgresReader(pool) => {
                sqlx::query_with(text, postgres_arguments(statement.values)?).execute(pool).await?.rows_affected()
            }
            Self::PostgresWriter(writer) => {
                sqlx::query_with(text, postgres_arguments(statement.values)?).execute(writer).await?.rows_affected()
            }
        })
    }
}
