//! Many rows handed to one statement, as a table that stands before it.
//!
//! A statement that writes thousands of rows is written once, as one that reads them from a table: `insert into … select … from told`.
//! SQLite is given `with told (…) as (values (…), (…))`, in pieces, for it takes a bounded number of values. Postgres is given one array a column.

use std::{borrow::Cow, fmt::Write as _};

use super::{Dialect, batch::Fed, statement::Statement, value::Value};

/// Rows of one statement in SQLite: long enough to forget its cost, far under the 32,766 values that it takes.
const ROWS_PER_STATEMENT: usize = 500;

/// Rows from which on it is worth while to look for columns in which all are alike. Few rows are alike by chance, and would make statements
/// that differ each time.
const MANY_ROWS: usize = 64;

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

    /// The table, for a statement that reads it. What the statement needs besides the rows is a column, too.
    pub(crate) fn fed_to(self, statement: impl Into<Cow<'static, str>>) -> Fed<N> {
        Fed { rows: self, statement: statement.into() }
    }

    /// Whether there are none: then there is nothing to do.
    pub(super) const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The statement, with the table before it: one for all rows, or several.
    pub(super) fn before(self, statement: &str, dialect: Dialect) -> Vec<Statement> {
        if self.values.is_empty() {
            return Vec::new();
        }
        match dialect {
            Dialect::Sqlite => self.in_pieces(statement),
            Dialect::Postgres => {
                let (table, values) = self.by_column(1);
                vec![Statement { sql: format!("with {table} {statement}").into(), values }]
            }
        }
    }

    fn head(&self) -> String {
        format!("{} ({}) as (", self.name, self.columns.join(", "))
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
            statements.push(Statement { sql: format!("with {head}values {table}) {statement}").into(), values });
        }
        statements
    }

    /// With an array for each column, the first of them bound at a place. Where many rows have the same in a column, as jobs that are taken in
    /// together have their queue, it is given once; not so the first column, by which a statement may count its rows.
    pub(super) fn by_column(self, first_place: usize) -> (String, Vec<Value>) {
        let mut text = self.head();
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
        let (mut selected, mut arrays, mut names) =
            (Vec::with_capacity(N), Vec::with_capacity(N), Vec::with_capacity(N));
        for (at, column) in columns.iter_mut().enumerate() {
            let place = first_place + at;
            let array = array_type(column);
            if let Some(value) = common_to_all(column).filter(|_| at > 0 && count >= MANY_ROWS) {
                selected.push(format!("${place}::{}", array.trim_end_matches("[]")));
                *column = value;
            } else {
                selected.push(format!("c{place}"));
                arrays.push(format!("${place}::{array}"));
                names.push(format!("c{place}"));
            }
        }
        // Writing to a string can't fail.
        let _ = if names.len() == N {
            write!(text, "select * from unnest({}))", arrays.join(", "))
        } else {
            let (selected, arrays, names) = (selected.join(", "), arrays.join(", "), names.join(", "));
            write!(text, "select {selected} from unnest({arrays}) as given ({names}))")
        };
        (text, columns)
    }
}

/// The value that all rows have in a column, if they have.
fn common_to_all(column: &Value) -> Option<Value> {
    fn first<T: PartialEq + Clone>(values: &[T]) -> Option<T> {
        let (first, others) = values.split_first()?;
        others.iter().all(|other| other == first).then(|| first.clone())
    }
    match column {
        Value::Flags(values) => first(values).map(Value::Flag),
        Value::Integers(values) => first(values).map(Value::Integer),
        Value::Texts(values) => first(values).map(Value::Text),
        Value::Uuids(values) => first(values).map(Value::Uuid),
        Value::Flag(_) | Value::Integer(_) | Value::Text(_) | Value::Uuid(_) => None,
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
    fn postgres_is_given_once_what_many_rows_have_in_common() {
        let rows = (0..64).map(|id: i64| [id.into(), "same".into()]).collect();
        let statements = Rows::new("told", ["id", "channel"], rows).before(INSERT, Dialect::Postgres);

        assert_eq!(
            statements[0].sql,
            "with told (id, channel) as (select c1, $2::text from unnest($1::bigint[]) as given (c1)) \
             insert into log select channel, id from told"
        );
        assert_eq!(statements[0].values[1], "same".into());
    }

    #[test]
    fn no_rows_are_no_statement() {
        assert!(told(0).before(INSERT, Dialect::Sqlite).is_empty());
        assert!(told(0).before(INSERT, Dialect::Postgres).is_empty());
    }
}
