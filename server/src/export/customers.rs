//! All customers as a file, oldest first.
//!
//! Its columns have the names of the API, so that an import maps them by itself. Of those an import leaves `id`, `createdAt` and
//! `updatedAt` alone: they are the installation's own. A customer that changes meanwhile stands there as before or as after, once.

use app::domain::{Customer, CustomerId};
use bytes::Bytes;
use futures::Stream;

use super::table::Table;
use crate::{
    import::MARK_COLUMN,
    store::{Database, StoreError, customers},
};

/// Customers that are read at once.
const CUSTOMERS_AT_ONCE: u32 = 500;
/// The titles.
const COLUMNS: [&str; 13] = [
    "id",
    "name",
    "email",
    "phone",
    "company",
    "city",
    "country",
    "totalSpendCents",
    "visits",
    "lastVisitAt",
    "createdAt",
    "updatedAt",
    MARK_COLUMN,
];

/// The file in pieces. The first page is read before it begins, so that a database that is away can still be told as a refusal.
///
/// # Errors
/// The database refused, or a row is broken. Later on, the same ends the stream.
pub async fn customers(
    database: Database,
) -> Result<impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static, StoreError> {
    let mut page = customers::page_after(&database, None, CUSTOMERS_AT_ONCE).await?;
    Ok(async_stream::try_stream! {
        let mut table = begun();
        loop {
            for customer in &page {
                table.row(cells(customer));
            }
            yield table.take();
            let Some(last) = last_of(&page) else { break };
            page = customers::page_after(&database, Some(last), CUSTOMERS_AT_ONCE).await?;
            if page.is_empty() {
                break;
            }
        }
    })
}

/// The customer that the next page begins behind; `None` if there is none.
fn last_of(page: &[Customer]) -> Option<CustomerId> {
    let is_full = page.len() == CUSTOMERS_AT_ONCE as usize;
    page.last().filter(|_| is_full).map(|customer| customer.id)
}

/// A file with its titles.
pub(super) fn begun() -> Table {
    let mut table = Table::new(b',');
    table.row(COLUMNS);
    table
}

/// A customer, below the titles.
pub(super) fn cells(customer: &Customer) -> [String; COLUMNS.len()] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        customer.id.to_string(),
        customer.name.clone(),
        customer.email.clone(),
        text(&customer.phone),
        text(&customer.company),
        text(&customer.city),
        text(&customer.country),
        customer.total_spend_cents.to_string(),
        customer.visits.to_string(),
        customer.last_visit_at.map(|moment| moment.to_string()).unwrap_or_default(),
        customer.created_at.to_string(),
        customer.updated_at.to_string(),
        String::new(),
    ]
}
