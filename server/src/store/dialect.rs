//! The few expressions in which the engines differ. A query that both understand is written once; where it can't be, what differs
//! stands here or is chosen by a `match` next to the query.

/// Which engine is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite: one writer at a time, in this process's memory or on this machine's disk.
    Sqlite,
    /// Postgres: many writers, on any machine.
    Postgres,
}

impl Dialect {
    /// Whether a column holds one of the texts or numbers bound at a place.
    pub(crate) fn is_among(self, column: &str, place: usize) -> String {
        match self {
            Self::Sqlite => format!("{column} in (select value from json_each(${place}))"),
            Self::Postgres => format!("{column} = any(${place})"),
        }
    }

    /// The ids bound at a place, as a table whose only column is `id`.
    pub(crate) fn ids(self, place: usize) -> String {
        match self {
            Self::Sqlite => format!("(select unhex(value) as id from json_each(${place}))"),
            Self::Postgres => format!("(select unnest(${place}) as id)"),
        }
    }

    /// The texts bound at a place, as a table whose only column is `name`.
    pub(crate) fn names(self, place: usize) -> String {
        match self {
            Self::Sqlite => format!("(select value as name from json_each(${place}))"),
            Self::Postgres => format!("(select unnest(${place}) as name)"),
        }
    }

    /// At the end of a `select`: takes the rows, and passes over those that another transaction has taken. SQLite's only writer has
    /// them all.
    pub(crate) const fn take_free(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "for update skip locked",
        }
    }

    /// At the end of a `select`: takes a table's rows, waiting for other transactions that have them. Whoever takes several rows orders
    /// them, so that two can't wait for each other.
    pub(crate) fn take(self, table: &str) -> String {
        match self {
            Self::Sqlite => String::new(),
            Self::Postgres => format!("for update of {table}"),
        }
    }

    /// The engine's clock when the statement began, in milliseconds since 1970. Postgres looks nothing up in an index by a clock that goes on
    /// within a statement.
    pub(crate) const fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "cast(unixepoch('subsec') * 1000 as integer)",
            Self::Postgres => "(extract(epoch from statement_timestamp()) * 1000)::bigint",
        }
    }

    /// A text as it is compared without regard to the case of ASCII letters.
    pub(crate) fn folded(self, text: &str) -> String {
        match self {
            Self::Sqlite => format!("{text} collate nocase"),
            Self::Postgres => format!("lower({text} collate \"C\")"),
        }
    }

    /// Where in a text another one stands, counted from 1; 0 when it doesn't.
    pub(crate) fn place_of(self, needle: &str, text: &str) -> String {
        match self {
            Self::Sqlite => format!("instr({text}, {needle})"),
            Self::Postgres => format!("strpos({text}, {needle})"),
        }
    }
}
