//! Customers: found by e-mail, written in bulk, listed in any order.

use std::{fmt::Write as _, vec};

use app::domain::{Customer, CustomerId, CustomerPage, CustomerQuery, CustomerSort, Listing, SortOrder};
use sqlx::{AssertSqlSafe, Sqlite, query::Query, sqlite::SqliteArguments};
use uuid::Uuid;

use super::{Database, StoreError, Transaction, moment, optional_moment};

/// All columns of a [`CustomerRow`].
macro_rules! select_customers {
    () => {
        "select customer_id, email_key, email, name, phone, company, city, country, total_spend_cents, visits,
                last_visit_at, created_at, updated_at
         from customers"
    };
}

/// A customer as its row holds it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CustomerRow {
    /// `UUIDv7`.
    pub customer_id: Uuid,
    /// The e-mail in lower case.
    pub email_key: String,
    /// The e-mail as written.
    pub email: String,
    /// Empty when unknown.
    pub name: String,
    /// Telephone.
    pub phone: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Cents.
    pub total_spend_cents: i64,
    /// Count.
    pub visits: i64,
    /// Milliseconds since 1970.
    pub last_visit_at: Option<i64>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

impl CustomerRow {
    /// What the search looks into.
    fn search_text(&self) -> String {
        let optional = [&self.company, &self.phone, &self.city];
        let mut text = String::with_capacity(96);
        for part in [&self.name, &self.email].into_iter().chain(optional.into_iter().flatten()) {
            text.push_str(part);
            text.push('\n');
        }
        text.to_lowercase()
    }
}

impl TryFrom<CustomerRow> for Customer {
    type Error = StoreError;

    fn try_from(row: CustomerRow) -> Result<Self, StoreError> {
        let id = row.customer_id;
        Ok(Self {
            id: CustomerId(id),
            created_at: moment("customers", "created_at", &id, row.created_at)?,
            updated_at: moment("customers", "updated_at", &id, row.updated_at)?,
            last_visit_at: optional_moment("customers", "last_visit_at", &id, row.last_visit_at)?,
            name: row.name,
            email: row.email,
            phone: row.phone,
            company: row.company,
            city: row.city,
            country: row.country,
            total_spend_cents: row.total_spend_cents,
            visits: row.visits,
        })
    }
}

/// The customers that have one of these e-mails, in lower case.
///
/// # Errors
/// The database refused.
pub async fn find_by_email_keys(transaction: &mut Transaction, keys: &[&str]) -> Result<Vec<CustomerRow>, StoreError> {
    let keys = keys.iter().copied().collect::<serde_json::Value>().to_string();
    let rows = sqlx::query_as(concat!(select_customers!(), " where email_key in (select value from json_each($1))"))
        .bind(keys)
        .fetch_all(transaction.connection())
        .await?;
    Ok(rows)
}

/// Rows of one statement: long enough to forget its cost, far under the 32,766 values that SQLite takes.
const ROWS_PER_STATEMENT: usize = 500;
const COLUMNS: usize = 14;

/// Writes customers whole: new e-mails are inserted, known ones take all values but id and birth. No e-mail may stand in `rows` twice.
///
/// # Errors
/// The database refused.
pub async fn write(transaction: &mut Transaction, rows: Vec<CustomerRow>) -> Result<(), StoreError> {
    let mut rows = rows.into_iter();
    let mut upsert = next_upsert(&mut rows);
    while let Some(statement) = upsert {
        // SQLite works on a thread of its own: meanwhile the next statement is made here.
        let (written, following) =
            tokio::join!(statement.execute(transaction.connection()), async { next_upsert(&mut rows) });
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
    let mut statement = String::from(
        "insert into customers (customer_id, email_key, email, name, phone, company, city, country, total_spend_cents, visits,
                                last_visit_at, search_text, created_at, updated_at)
         values ",
    );
    for row in 0..rows {
        statement.push_str(if row == 0 { "(?" } else { ", (?" });
        for _ in 1..COLUMNS {
            statement.push_str(", ?");
        }
        statement.push(')');
    }
    statement.push_str(
        " on conflict (email_key) do update set
            email = excluded.email, name = excluded.name, phone = excluded.phone, company = excluded.company,
            city = excluded.city, country = excluded.country, total_spend_cents = excluded.total_spend_cents,
            visits = excluded.visits, last_visit_at = excluded.last_visit_at, search_text = excluded.search_text,
            updated_at = excluded.updated_at",
    );
    statement
}

/// Notes that there are so many customers more.
///
/// # Errors
/// The database refused.
pub async fn add_to_total(transaction: &mut Transaction, inserted: u64) -> Result<(), StoreError> {
    sqlx::query("update customer_totals set customers = customers + $1")
        .bind(i64::try_from(inserted).unwrap_or(i64::MAX))
        .execute(transaction.connection())
        .await?;
    Ok(())
}

/// One customer; `None` when there is none with this id.
///
/// # Errors
/// The database refused, or the row is broken.
pub async fn find(database: &Database, customer_id: CustomerId) -> Result<Option<Customer>, StoreError> {
    let row: Option<CustomerRow> = sqlx::query_as(concat!(select_customers!(), " where customer_id = $1"))
        .bind(customer_id.0)
        .fetch_optional(database.reader())
        .await?;
    row.map(Customer::try_from).transpose()
}

/// The place after the last customer of a page: the sorted column's value and, among equals, the id.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CustomerPlace {
    /// The value of a column of text.
    text: Option<String>,
    /// The value of a column of numbers.
    number: Option<i64>,
    /// The id.
    id: Uuid,
}

impl CustomerPlace {
    /// As it is sent: opaque to clients.
    pub fn encode(&self) -> String {
        serde_json::to_vec(self).map(hex::encode).unwrap_or_default()
    }

    /// Reads what [`CustomerPlace::encode`] wrote; `None` for anything else.
    pub fn decode(text: &str) -> Option<Self> {
        serde_json::from_slice(&hex::decode(text).ok()?).ok()
    }

    fn of(row: &CustomerRow, column: CustomerSort) -> Self {
        let (text, number) = match column {
            CustomerSort::Name => (Some(row.name.clone()), None),
            CustomerSort::Email => (Some(row.email_key.clone()), None),
            CustomerSort::Company => (Some(row.company.clone().unwrap_or_default()), None),
            CustomerSort::TotalSpendCents => (None, Some(row.total_spend_cents)),
            CustomerSort::Visits => (None, Some(row.visits)),
            CustomerSort::LastVisitAt => (None, Some(row.last_visit_at.unwrap_or(i64::MIN))),
            CustomerSort::CreatedAt => (None, None),
        };
        Self { text, number, id: row.customer_id }
    }
}

/// The expression that a column is ordered by; ids grow with time, so the newest need no other order.
const fn order_expression(column: CustomerSort) -> &'static str {
    match column {
        CustomerSort::Name => "name collate nocase",
        CustomerSort::Email => "email_key",
        CustomerSort::Company => "coalesce(company, '') collate nocase",
        CustomerSort::TotalSpendCents => "total_spend_cents",
        CustomerSort::Visits => "visits",
        CustomerSort::LastVisitAt => "coalesce(last_visit_at, -9223372036854775808)",
        CustomerSort::CreatedAt => "customer_id",
    }
}

/// One page of customers, and how many there are in all.
///
/// # Errors
/// The database refused, or a row is broken.
pub async fn list(
    database: &Database,
    query: &CustomerQuery,
    after: Option<&CustomerPlace>,
) -> Result<CustomerPage, StoreError> {
    let limit = query.limit.clamp(1, 500);
    let mut rows: Vec<CustomerRow> = {
        let statement = list_statement(query, after.is_some());
        let needle = query.text.as_deref().unwrap_or_default().to_lowercase();
        let mut select = sqlx::query_as(AssertSqlSafe(statement)).bind(needle).bind(i64::from(limit) + 1);
        if let Some(place) = after {
            select = match (&place.text, place.number) {
                (Some(text), _) => select.bind(text),
                (None, number) => select.bind(number),
            };
            select = select.bind(place.id);
        }
        select.fetch_all(database.reader()).await?
    };
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| CustomerPlace::of(row, query.sort.column).encode());
    let total: i64 = sqlx::query_scalar("select customers from customer_totals").fetch_one(database.reader()).await?;
    Ok(CustomerPage {
        listing: Listing { items: rows.into_iter().map(Customer::try_from).collect::<Result<_, _>>()?, next },
        total: u64::try_from(total).unwrap_or_default(),
    })
}

/// `$1` what to look for, `$2` the limit, `$3` and `$4` the place.
fn list_statement(query: &CustomerQuery, has_place: bool) -> String {
    let column = query.sort.column;
    let expression = order_expression(column);
    let (direction, beyond) = match query.sort.order {
        SortOrder::Ascending => ("asc", ">"),
        SortOrder::Descending => ("desc", "<"),
    };
    let mut statement = String::from(concat!(select_customers!(), " where ($1 = '' or instr(search_text, $1) > 0)"));
    // Writing to a string can't fail.
    let _ = match (has_place, column) {
        (false, _) => Ok(()),
        (true, CustomerSort::CreatedAt) => write!(statement, " and $3 is null and customer_id {beyond} $4"),
        (true, _) => write!(statement, " and ({expression}, customer_id) {beyond} ($3, $4)"),
    };
    let _ = write!(statement, " order by {expression} {direction}");
    if column != CustomerSort::CreatedAt {
        let _ = write!(statement, ", customer_id {direction}");
    }
    statement.push_str(" limit $2");
    statement
}
