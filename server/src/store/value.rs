//! What is bound to a statement, in a form that both engines take.

use sqlx::{Arguments, error::BoxDynError, postgres::PgArguments, sqlite::SqliteArguments};
use uuid::Uuid;

/// A value for a placeholder. Each carries its type even when it is null: Postgres wants to know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A truth.
    Flag(Option<bool>),
    /// A number.
    Integer(Option<i64>),
    /// A text.
    Text(Option<String>),
    /// An id: bytes in SQLite, a `uuid` in Postgres.
    Uuid(Option<Uuid>),
    /// Truths, for [`super::Dialect::is_among`] and [`super::Rows`]: an array in Postgres, JSON in SQLite. The same goes for the rest.
    Flags(Vec<Option<bool>>),
    /// Numbers.
    Integers(Vec<Option<i64>>),
    /// Texts.
    Texts(Vec<Option<String>>),
    /// Ids; in SQLite the JSON holds them in hexadecimal.
    Uuids(Vec<Option<Uuid>>),
}

impl Value {
    /// Adds itself to what is bound in SQLite.
    fn add_to_sqlite(self, arguments: &mut SqliteArguments) -> Result<(), BoxDynError> {
        let json = |values: serde_json::Value| values.to_string();
        match self {
            Self::Flag(value) => arguments.add(value),
            Self::Integer(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Uuid(value) => arguments.add(value),
            Self::Flags(values) => arguments.add(json(values.into())),
            Self::Integers(values) => arguments.add(json(values.into())),
            Self::Texts(values) => arguments.add(json(values.into())),
            Self::Uuids(values) => {
                let hex: Vec<_> = values.into_iter().map(|id| id.map(|id| id.simple().to_string())).collect();
                arguments.add(json(hex.into()))
            }
        }
    }

    /// Adds itself to what is bound in Postgres.
    fn add_to_postgres(self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        match self {
            Self::Flag(value) => arguments.add(value),
            Self::Integer(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value.map(without_nul)),
            Self::Uuid(value) => arguments.add(value),
            Self::Flags(values) => arguments.add(values),
            Self::Integers(values) => arguments.add(values),
            Self::Texts(values) => {
                arguments.add(values.into_iter().map(|text| text.map(without_nul)).collect::<Vec<_>>())
            }
            Self::Uuids(values) => arguments.add(values),
        }
    }
}

/// Postgres' texts know no NUL. Nothing that is meant to be read has one, and what came from elsewhere shall not fail for it.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// All that is bound to a statement in SQLite.
pub(super) fn sqlite_arguments(values: Vec<Value>) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        value.add_to_sqlite(&mut arguments).map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// All that is bound to a statement in Postgres.
pub(super) fn postgres_arguments(values: Vec<Value>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        value.add_to_postgres(&mut arguments).map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// Lets a Rust type be bound, alone and as an `Option`.
macro_rules! bindable {
    ($($type:ty => $variant:ident($value:ident) $convert:expr),+ $(,)?) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                Self::$variant(Some($convert))
            }
        }

        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map(|$value| $convert))
            }
        })+
    };
}

bindable! {
    bool => Flag(value) value,
    i64 => Integer(value) value,
    String => Text(value) value,
    &str => Text(value) value.to_owned(),
    &String => Text(value) value.clone(),
    Uuid => Uuid(value) value,
}

impl From<&Option<String>> for Value {
    fn from(value: &Option<String>) -> Self {
        Self::Text(value.clone())
    }
}

/// Texts to look for.
pub(crate) fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> Value {
    Value::Texts(values.into_iter().map(|text| Some(text.to_owned())).collect())
}

/// Ids to look for.
pub(crate) fn uuids(values: impl IntoIterator<Item = Uuid>) -> Value {
    Value::Uuids(values.into_iter().map(Some).collect())
}
