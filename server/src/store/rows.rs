//! Many rows handed to one statement, as a table that stands before it.
//!
//! A statement that writes thousands of rows is written once, as one that reads them from a table: `insert into … select … from told`.
//! SQLite is given `with told (…) as (values (…), (…))`, in pieces, for it takes a bounded number of values. Postgres is given one array a column.

use std::fmt::Write as _;

use super::{Dialect, statement::Statement, value::Value};

/// Rows of one statement in SQLite: long enough to forget its cost, far under the 32,766 values that it takes.
const ROWS_PER_STATEMENT: usize = 500;

/// A table of values: its name, its columns, and its rows.
pub(crate) struct Rows<const N: usize> {
    name: &'static str,
    columns: [&'static str; N],
    values: Vec<[Value; N]>,
}

impl<const N: usize> Rows<N> {
    /// A table. In one column all values are of one type.
    pub(crate) const fn new(name: &'static str, columns: [&'static str; N], values: Vec<[Value; N]>) -> Self {
        Self { name, columns, values }
    }

    /// The statement, with the table before it: one for all rows, or several. What it needs besides the rows is a column, too.
    pub(super) fn before(self, statement: &str, dialect: Dialect) -> Vec<Statement> {
        if self.values.is_empty() {
            return Vec::new();
        }
        match dialect {
            Dialect::Sqlite => self.in_pieces(statement),
            Dialect::Postgres => vec![self.by_column(statement)],
        }
    }

    fn head(&self) -> String {
        format!("with {} ({}) as (", self.name, self.columns.join(", "))
    }

    /// With placeholders that have no names: SQLite looks names up one by one.
    fn in_pieces(self, statement: &str) -> Vec<Statement> {
        let head = self.head();
        let row = format!("({})", ["?"; N].join(", "));
        let mut rows = self.values.into_iter();
        let mut statements = Vec::with_capacity(rows.len().div_ceil(ROWS_PER_STATEMENT));
        while rows.len() > 0 {
            let count = rows.len().min(ROWS_PER_STATEMENT);
            let table = vec![row.as_str(); count].join(", ");
            let values = rows.by_ref().take(count).flatten().collect();
            statements.push(Statement { sql: format!("{head}values {table}) {statement}").into(), values });
        }
        statements
    }

    fn by_column(self, statement: &str) -> Statement {
        let mut text = self.head();
        text.push_str("select * from unnest(");
        let mut columns: Vec<Value> = Vec::with_capacity(N);
        let count = self.values.len();
        for row in self.values {
            if columns.is_empty() {
                columns.extend(row.iter().map(|value| column_of(value, count)));
            }
            for (column, value) in columns.iter_mut().zip(row) {
                push(column, value);
            }
        }
        for (at, column) in columns.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            // Writing to a string can't fail.
            let _ = write!(text, "{comma}${}::{}", at + 1, array_type(column));
        }
        text.push_str(")) ");
        text.push_str(statement);
        Statement { sql: text.into(), values: columns }
    }
}

/// An empty column for values of a type.
fn column_of(value: &Value, count: usize) -> Value {
    match value {
        Value::Flag(_) | Value::Flags(_) => Value::Flags(Vec::with_capacity(count)),
        Value::Integer(_) | Value::Integers(_) => Value::Integers(Vec::with_capacity(count)),
        Value::Text(_) | Value::Texts(_) => Value::Texts(Vec::with_capacity(count)),
        Value::Uuid(_) | Value::Uuids(_) => Value::Uuids(Vec::with_capacity(count)),
    }
}

/// Appends a value to its column.
fn push(column: &mut Value, value: Value) {
    match (column, value) {
        (Value::Flags(column), Value::Flag(value)) => column.push(value),
        (Value::Integers(column), Value::Integer(value)) => column.push(value),
        (Value::Texts(column), Value::Text(value)) => column.push(value),
        (Value::Uuids(column), Value::Uuid(value)) => column.push(value),
        (column, value) => debug_assert!(false, "{value:?} in a column of {column:?}"),
    }
}

const fn array_type(column: &Value) -> &'static str {
    match column {
        Value::Flag(_) | Value::Flags(_) => "boolean[]",
        Value::Integer(_) | Value::Integers(_) => "bigint[]",
        Value::Text(_) | Value::Texts(_) => "text[]",
        Value::Uuid(_) | Value::Uuids(_) => "uuid[]",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSERT: &str = "insert into log select channel, id from told";

    fn told(rows: i64) -> Rows<2> {
        Rows::new("told", ["channel", "id"], (0..rows).map(|id| [Value::from("c"), Value::from(id)]).collect())
    }

    #[test]
    fn sqlite_is_given_rows_of_values_in_pieces() {
        let statements = told(501).before(INSERT, Dialect::Sqlite);

        assert_eq!(statements.len(), 2);
        assert_eq!(
            statements[1].sql,
            "with told (channel, id) as (values (?, ?)) insert into log select channel, id from told"
        );
        assert_eq!(statements[1].values, ["c".into(), 500_i64.into()]);
        assert_eq!(statements[0].values.len(), 1_000);
    }

    #[test]
    fn postgres_is_given_an_array_for_each_column() {
        let statements = told(501).before(INSERT, Dialect::Postgres);

        assert_eq!(statements.len(), 1);
        assert_eq!(
            statements[0].sql,
            "with told (channel, id) as (select * from unnest($1::text[], $2::bigint[])) \
             insert into log select channel, id from told"
        );
        assert_eq!(statements[0].values.len(), 2);
    }

    #[test]
    fn no_rows_are_no_statement() {
        assert!(told(0).before(INSERT, Dialect::Sqlite).is_empty());
        assert!(told(0).before(INSERT, Dialect::Postgres).is_empty());
    }
}
