//! Customers: listed, shown, and given as a file.

use std::sync::Arc;

use app::{
    api::{ApiError, backend::Backend},
    domain::{Customer, CustomerId, CustomerQuery, Listing},
};
use axum::{Json, body::Body, extract::State, response::Response};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    attachment,
    error::{Asked, Id, Problem, refusal},
    refusal::{Reading, Refusal},
};
use crate::{export, jobs::context::Parts, store::customers};

/// Which customers, and in which order.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Only those whose name, e-mail, company, phone or city contains this text, without case.
    q: Option<String>,
    /// A column: `name`, `email`, `company`, `totalSpendCents`, `visits`, `lastVisitAt` or `createdAt`; with `-` before it the largest comes
    /// first.
    #[param(default = "-createdAt", example = "name")]
    sort: Option<String>,
    /// The `next` of the page before.
    before: Option<String>,
    /// Customers on the page.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
}

/// Lists customers.
#[utoipa::path(
    get,
    path = "/api/v1/customers",
    operation_id = "listCustomers",
    tag = "customers",
    params(Page),
    responses(
        (status = 200, description = "A page of customers.", body = Listing<Customer>),
        Refusal<400>,
        Refusal<422>,
        Reading
    )
)]
pub(super) async fn list(
    State(backend): State<Arc<dyn Backend>>,
    Asked(page): Asked<Page>,
) -> Result<Json<Listing<Customer>>, Problem> {
    let limit = page.limit.unwrap_or(50);
    if !(1..=500).contains(&limit) {
        return Err(ApiError::invalid("limit", "Ask for 1 to 500 customers.").into());
    }
    let sort =
        page.sort.as_deref().map(str::parse).transpose().map_err(|problem| ApiError::invalid("sort", problem))?;
    let query = CustomerQuery { text: page.q, sort: sort.unwrap_or_default(), before: page.before, limit };
    Ok(Json(backend.customers(query).await?.data.listing))
}

/// Shows a customer.
#[utoipa::path(
    get,
    path = "/api/v1/customers/{customerId}",
    operation_id = "showCustomer",
    tag = "customers",
    params(("customerId" = CustomerId, Path, description = "The customer's id.")),
    responses((status = 200, description = "The customer.", body = Customer), Refusal<404>, Reading)
)]
pub(super) async fn show(
    State(parts): State<Parts>,
    Id(customer_id): Id<CustomerId>,
) -> Result<Json<Customer>, Problem> {
    let customer = customers::find(&parts.database, customer_id).await.map_err(refusal)?;
    Ok(Json(customer.ok_or_else(|| ApiError::not_found("customer"))?))
}

/// Gives all customers as a file.
///
/// Oldest first, with the fields of the API as columns, so that it can be imported as it is; `id`, `createdAt` and `updatedAt` are left
/// alone then. A cell that a spreadsheet would run as a formula has an apostrophe before it; the column `_escaped` tells an import to take it
/// off.
#[utoipa::path(
    get,
    path = "/api/v1/customers/export.csv",
    operation_id = "exportCustomers",
    tag = "customers",
    responses(
        (status = 200, description = "All customers. A body that breaks off is not the whole.", body = String, content_type = "text/csv",
            example = "id,name,email,phone,company,city,country,totalSpendCents,visits,lastVisitAt,createdAt,updatedAt,_escaped\n\
                0190d6c8-7c4b-7000-8000-000000000001,Ann,ann@example.org,'+43 1,,Wien,AT,1250,3,,2026-11-21T05:30:00Z,2026-11-21T05:30:00Z,\n"),
        Reading
    )
)]
pub(super) async fn export(State(parts): State<Parts>) -> Result<Response, Problem> {
    let rows = export::customers(parts.database).await.map_err(refusal)?;
    let name = Timestamp::now().strftime("customers-%Y-%m-%d").to_string();
    Ok(attachment::csv(&name, Body::from_stream(rows)))
}
