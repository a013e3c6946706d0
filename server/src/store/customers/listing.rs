//! Customers in any order, in pages.

use std::fmt::Write as _;

use app::domain::{Customer, CustomerId, CustomerPage, CustomerQuery, CustomerSort, Listing, SortOrder};
use uuid::Uuid;

use super::{CustomerRow, columns};
use crate::store::{Database, Dialect, Statement, StoreError, Value, sql};

/// What stands for no moment: before all of them, and a number that both engines read as one.
const NEVER: i64 = i64::MIN + 1;

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
            CustomerSort::LastVisitAt => (None, Some(row.last_visit_at.unwrap_or(NEVER))),
            CustomerSort::CreatedAt => (None, None),
        };
        Self { text, number, id: row.customer_id }
    }
}

/// The expression that a column is ordered by.
fn order_expression(column: CustomerSort, dialect: Dialect) -> String {
    match column {
        CustomerSort::Name => dialect.folded("name"),
        CustomerSort::Email => "email_key".to_owned(),
        CustomerSort::Company => dialect.folded("coalesce(company, '')"),
        CustomerSort::TotalSpendCents => "total_spend_cents".to_owned(),
        CustomerSort::Visits => "visits".to_owned(),
        CustomerSort::LastVisitAt => format!("coalesce(last_visit_at, {NEVER})"),
        // Ids grow with time, so the newest need no other order.
        CustomerSort::CreatedAt => "customer_id".to_owned(),
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
    let mut rows: Vec<CustomerRow> = database.fetch_all(page(query, limit, after, database.dialect())).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| CustomerPlace::of(row, query.sort.column).encode());
    let total: i64 = database.scalar(sql("select customers from customer_totals")).await?;
    Ok(CustomerPage {
        listing: Listing { items: rows.into_iter().map(Customer::try_from).collect::<Result<_, _>>()?, next },
        total: u64::try_from(total).unwrap_or_default(),
    })
}

/// Asks for a page, and for one customer more than it holds: `$1` is what to look for, `$2` the limit, the rest the place.
fn page(query: &CustomerQuery, limit: u32, after: Option<&CustomerPlace>, dialect: Dialect) -> Statement {
    let column = query.sort.column;
    let expression = order_expression(column, dialect);
    let (direction, beyond) = match query.sort.order {
        SortOrder::Ascending => ("asc", ">"),
        SortOrder::Descending => ("desc", "<"),
    };
    let found = dialect.place_of("$1", "search_text");
    let mut text =
        format!(concat!("select ", columns!(), " from customers where ($1 = '' or {found} > 0)"), found = found);
    let mut bound: Vec<Value> = Vec::new();
    if let Some(place) = after {
        let value = match column {
            CustomerSort::Name | CustomerSort::Company => dialect.folded("$4"),
            _ => "$4".to_owned(),
        };
        // Writing to a string can't fail.
        let _ = match column {
            CustomerSort::CreatedAt => write!(text, " and customer_id {beyond} $3"),
            _ => write!(text, " and ({expression}, customer_id) {beyond} ({value}, $3)"),
        };
        bound.push(place.id.into());
        match column {
            CustomerSort::Name | CustomerSort::Email | CustomerSort::Company => {
                bound.push(place.text.as_deref().unwrap_or_default().into());
            }
            CustomerSort::CreatedAt => {}
            _ => bound.push(place.number.unwrap_or(NEVER).into()),
        }
    }
    let _ = write!(text, " order by {expression} {direction}");
    if column != CustomerSort::CreatedAt {
        let _ = write!(text, ", customer_id {direction}");
    }
    text.push_str(" limit $2");
    let needle = query.text.as_deref().unwrap_or_default().to_lowercase();
    bound.into_iter().fold(sql(text).bind(needle).bind(i64::from(limit) + 1), Statement::bind)
}

/// Customers behind one, oldest first; from the first one on if there is none before.
///
/// # Errors
/// The database refused, or a row is broken.
pub async fn page_after(
    database: &Database,
    after: Option<CustomerId>,
    limit: u32,
) -> Result<Vec<Customer>, StoreError> {
    let text = concat!("select ", columns!(), " from customers where customer_id > $1 order by customer_id limit $2");
    let after = after.map_or(Uuid::nil(), |customer_id| customer_id.0);
    let rows: Vec<CustomerRow> = database.fetch_all(sql(text).bind(after).bind(i64::from(limit))).await?;
    rows.into_iter().map(Customer::try_from).collect()
}
