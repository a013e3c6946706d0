//! Statements that read from tables of rows, in as few ways to the engine as it takes.
//!
//! A way to Postgres and back costs as much as the work of a small statement. What belongs together, as jobs, their events and their
//! counters do, is handed over as one statement: all but the last stand before it, and are carried out whether or not it reads from them.

use std::borrow::Cow;

use super::{Dialect, rows::Rows, statement::Statement, value::Value};

/// A statement, and the table that it reads from.
pub(crate) struct Fed<const N: usize> {
    pub(super) rows: Rows<N>,
    pub(super) statement: Cow<'static, str>,
}

/// Statements that are carried out together, in any order.
pub(crate) struct Batch {
    dialect: Dialect,
    /// Those of SQLite, one after the other, and from which on they belong to the last one.
    pieces: Vec<Statement>,
    last: usize,
    /// The tables of Postgres, what reads from them, and all that is bound.
    tables: Vec<String>,
    statements: Vec<Cow<'static, str>>,
    values: Vec<Value>,
}

impl Batch {
    /// None yet.
    pub(crate) const fn new(dialect: Dialect) -> Self {
        Self { dialect, pieces: Vec::new(), last: 0, tables: Vec::new(), statements: Vec::new(), values: Vec::new() }
    }

    /// One more, unless it has no rows to read.
    pub(crate) fn and<const N: usize>(mut self, fed: Fed<N>) -> Self {
        if fed.rows.is_empty() {
            return self;
        }
        match self.dialect {
            Dialect::Sqlite => {
                self.last = self.pieces.len();
                self.pieces.append(&mut fed.rows.before(&fed.statement, self.dialect));
            }
            Dialect::Postgres => {
                let (table, mut values) = fed.rows.by_column(1 + self.values.len());
                self.tables.push(table);
                self.statements.push(fed.statement);
                self.values.append(&mut values);
            }
        }
        self
    }

    /// What the engine is told, and from which on the rows that are changed are those of the last one.
    pub(super) fn statements(mut self) -> (Vec<Statement>, usize) {
        let Some(last) = self.statements.pop() else { return (self.pieces, self.last) };
        let along = self.statements.iter().enumerate().map(|(at, statement)| format!("along_{at} as ({statement})"));
        let before: Vec<String> = self.tables.into_iter().chain(along).collect();
        let sql = format!("with {} {last}", before.join(", "));
        (vec![Statement { sql: sql.into(), values: self.values }], 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(name: &'static str, rows: i64, statement: &'static str) -> Fed<2> {
        Rows::new(name, ["channel", "id"], (0..rows).map(|id| ["c".into(), id.into()]).collect()).fed_to(statement)
    }

    fn batch(dialect: Dialect) -> Batch {
        let log = fed("told", 501, "insert into log select id from told");
        let none = fed("none", 0, "insert into nothing select id from none");
        let counts = fed("change", 501, "insert into counts select id from change");
        Batch::new(dialect).and(log).and(none).and(counts)
    }

    #[test]
    fn postgres_is_told_once() {
        let (statements, last) = batch(Dialect::Postgres).statements();

        assert_eq!(statements.len(), 1);
        assert_eq!(
            statements[0].sql,
            "with told (channel, id) as (select * from unnest($1::text[], $2::bigint[])), \
             change (channel, id) as (select * from unnest($3::text[], $4::bigint[])), \
             along_0 as (insert into log select id from told) insert into counts select id from change"
        );
        assert_eq!((statements[0].values.len(), last), (4, 0));
    }

    #[test]
    fn sqlite_is_told_one_after_the_other_and_counts_the_rows_of_the_last() {
        let (statements, last) = batch(Dialect::Sqlite).statements();

        assert_eq!((statements.len(), last), (4, 2));
        assert!(statements[last].sql.ends_with("insert into counts select id from change"));
    }

    #[test]
    fn nothing_to_do_is_no_statement() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert!(
                Batch::new(dialect)
                    .and(fed("none", 0, "insert into nothing select id from none"))
                    .statements()
                    .0
                    .is_empty()
            );
        }
    }
}
