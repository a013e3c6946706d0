//! Customers: listed and shown.

use std::sync::Arc;

use app::{
    api::{ApiError, backend::Backend},
    domain::{Customer, CustomerId, CustomerQuery, Listing},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    error::{Asked, Id, Problem, refusal},
    refusal::{Reading, Refusal},
};
use crate::{jobs::context::Parts, store::customers};

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
