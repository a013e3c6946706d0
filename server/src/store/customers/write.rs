//! Customers written in bulk, by imports.
//!
//! An import looks the customers of a chunk up, merges, and writes. In SQLite it holds the only writer meanwhile. In Postgres another
//! import may come between; locking what was found would not do, for who waits for one e-mail while holding others may wait in a circle. So
//! nothing is held until the writing, which takes its rows in the order of their e-mails, and takes only what is still as it was found.

use std::{collections::HashMap, vec};

use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};
use uuid::Uuid;

use super::{CustomerRow, columns};
use crate::store::{Dialect, Rows, StoreError, Transaction, Value, sql, texts};

/// Which version of each known customer was found, where another writer may come between; else empty.
#[derive(Debug, Default)]
pub struct Versions(HashMap<Uuid, i64>);

/// What became of customers that were to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// They stand.
    Whole,
    /// Another import came between the looking up and the writing. The transaction is of no more use: roll it back, and begin anew.
    Overtaken,
}

#[derive(sqlx::FromRow)]
struct VersionedRow {
    #[sqlx(flatten)]
    customer: CustomerRow,
    version: i64,
}

/// The customers that have one of these e-mails, in lower case.
///
/// # Errors
/// The database refused.
pub async fn find_by_email_keys(
    transaction: &mut Transaction,
    keys: &[&str],
) -> Result<(Vec<CustomerRow>, Versions), StoreError> {
    let is_asked = transaction.dialect().is_among("email_key", 1);
    let keys = texts(keys.iter().copied());
    match transaction.dialect() {
        Dialect::Sqlite => {
            let select = sql(format!(concat!("select ", columns!(), " from customers where {}"), is_asked)).bind(keys);
            Ok((transaction.fetch_all(select).await?, Versions::default()))
        }
        Dialect::Postgres => {
            // Postgres numbers the versions of a row by who wrote them.
            let version = "xmin::text::bigint as version";
            let select = format!(concat!("select ", columns!(), ", {} from customers where {}"), version, is_asked);
            let rows: Vec<VersionedRow> = transaction.fetch_all(sql(select).bind(keys)).await?;
            let versions = rows.iter().map(|row| (row.customer.customer_id, row.version)).collect();
            Ok((rows.into_iter().map(|row| row.customer).collect(), Versions(versions)))
        }
    }
}

/// Writes customers whole: new e-mails are inserted, known ones take all values but id and birth. No e-mail may stand in `rows` twice.
///
/// # Errors
/// The database refused.
pub async fn write(
    transaction: &mut Transaction,
    rows: Vec<CustomerRow>,
    versions: &Versions,
) -> Result<Written, StoreError> {
    if let Some(connection) = transaction.sqlite() {
        write_to_sqlite(connection, rows).await?;
        return Ok(Written::Whole);
    }
    write_to_postgres(transaction, rows, versions).await
}

/// The columns that are written, each table's own order.
const COLUMNS: [&str; 14] = [
    "customer_id",
    "email_key",
    "email",
    "name",
    "phone",
    "company",
    "city",
    "country",
    "total_spend_cents",
    "visits",
    "last_visit_at",
    "search_text",
    "created_at",
    "updated_at",
];

/// What a known customer takes over.
const TAKE_OVER: &str =
    "email = excluded.email, name = excluded.name, phone = excluded.phone, company = excluded.company,
    city = excluded.city, country = excluded.country, total_spend_cents = excluded.total_spend_cents,
    visits = excluded.visits, last_visit_at = excluded.last_visit_at, search_text = excluded.search_text,
    updated_at = excluded.updated_at";

/// Rows of one statement: long enough to forget its cost, far under the 32,766 values that SQLite takes.
const ROWS_PER_STATEMENT: usize = 500;

async fn write_to_sqlite(connection: &mut SqliteConnection, rows: Vec<CustomerRow>) -> Result<(), StoreError> {
    let mut rows = rows.into_iter();
    let mut upsert = next_upsert(&mut rows);
    while let Some(statement) = upsert {
        // SQLite works on a thread of its own: meanwhile the next statement is made here.
        let (written, following) = tokio::join!(statement.execute(&mut *connection), async { next_upsert(&mut rows) });
        written?;
        upsert = following;
    }
    Ok(())
}

/// The statement for the next rows; `None` when there are no more. It takes the rows' texts over instead of copying them.
fn next_upsert(rows: &mut vec::IntoIter<CustomerRow>) -> Option<Query<'static, Sqlite, SqliteArguments>> {
    let count = rows.len().min(ROWS_PER_STATEMENT);
    if count == 0 {
        return None;
    }
    let query = sqlx::query(AssertSqlSafe(upsert_statement(count)));
    Some(rows.take(count).fold(query, |query, row| {
        let search_text = row.search_text();
        query
            .bind(row.customer_id)
            .bind(row.email_key)
            .bind(row.email)
            .bind(row.name)
            .bind(row.phone)
            .bind(row.company)
            .bind(row.city)
            .bind(row.country)
            .bind(row.total_spend_cents)
            .bind(row.visits)
            .bind(row.last_visit_at)
            .bind(search_text)
            .bind(row.created_at)
            .bind(row.updated_at)
    }))
}

fn upsert_statement(rows: usize) -> String {
    let row = format!("({})", ["?"; COLUMNS.len()].join(", "));
    format!(
        "insert into customers ({}) values {} on conflict (email_key) do update set {TAKE_OVER}",
        COLUMNS.join(", "),
        vec![row.as_str(); rows].join(", "),
    )
}

/// Writes all or finds out that something is not as it was found. `seen` carries the version to the row that is compared with it.
async fn write_to_postgres(
    transaction: &mut Transaction,
    rows: Vec<CustomerRow>,
    versions: &Versions,
) -> Result<Written, StoreError> {
    let all = rows.len();
    let rows: Vec<_> = rows.into_iter().map(|row| versioned(row, versions)).collect();
    let known = rows.iter().filter(|row| row[0] != Value::Integer(None)).count();
    let columns: [&str; 15] = std::array::from_fn(|at| if at == 0 { "seen" } else { COLUMNS[at - 1] });
    let names = columns.join(", ");
    let upsert = format!(
        ", written as (
             insert into customers ({names}) select {names} from changed order by email_key
             on conflict (email_key) do update set {TAKE_OVER} where customers.xmin::text::bigint = excluded.seen
             returning xmax::text = '0' as is_new
         )
         select count(*), count(*) filter (where is_new) from written"
    );
    let counts: Vec<(i64, i64)> = transaction.fetch_all_with(Rows::new("changed", columns, rows), &upsert).await?;
    let expected = (signed(all), signed(all - known));
    Ok(if counts.iter().all(|counts| *counts == expected) { Written::Whole } else { Written::Overtaken })
}

fn versioned(row: CustomerRow, versions: &Versions) -> [Value; 15] {
    let search_text = row.search_text();
    [
        versions.0.get(&row.customer_id).copied().into(),
        row.customer_id.into(),
        row.email_key.into(),
        row.email.into(),
        row.name.into(),
        row.phone.into(),
        row.company.into(),
        row.city.into(),
        row.country.into(),
        row.total_spend_cents.into(),
        row.visits.into(),
        row.last_visit_at.into(),
        search_text.into(),
        row.created_at.into(),
        row.updated_at.into(),
    ]
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
