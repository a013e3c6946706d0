//! Customers: found by e-mail, written in bulk, listed in any order.

/// In any order, in pages.
mod listing;
/// In bulk.
mod write;

use app::domain::{Customer, CustomerId};
use uuid::Uuid;

use super::{Database, StoreError, Transaction, moment, optional_moment, sql};

pub use listing::{CustomerPlace, list, page_after};
pub use write::{Versions, Written, find_by_email_keys, write};

/// All columns of a [`CustomerRow`].
macro_rules! columns {
    () => {
        "customer_id, email_key, email, name, phone, company, city, country, total_spend_cents, visits, last_visit_at,
         created_at, updated_at"
    };
}
use columns;

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

/// Notes that there are so many customers more.
///
/// # Errors
/// The database refused.
pub async fn add_to_total(transaction: &mut Transaction, inserted: u64) -> Result<(), StoreError> {
    // The row is one for all imports: who adds nothing keeps away from it.
    if inserted > 0 {
        let more = i64::try_from(inserted).unwrap_or(i64::MAX);
        transaction.execute(sql("update customer_totals set customers = customers + $1").bind(more)).await?;
    }
    Ok(())
}

/// One customer; `None` when there is none with this id.
///
/// # Errors
/// The database refused, or the row is broken.
pub async fn find(database: &Database, customer_id: CustomerId) -> Result<Option<Customer>, StoreError> {
    let select = sql(concat!("select ", columns!(), " from customers where customer_id = $1")).bind(customer_id.0);
    let row: Option<CustomerRow> = database.fetch_optional(select).await?;
    row.map(Customer::try_from).transpose()
}
