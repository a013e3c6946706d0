//! Customers: listed and shown.

use std::sync::Arc;

use app::{
    api::{ApiError, backend::Backend},
    domain::{Customer, CustomerId, CustomerQuery, Listing},
};
use axum::{Json, extract::State};
use serde::Deserialize;

use super::error::{Asked, Id, Problem, refusal};
use crate::{jobs::context::Parts, store::customers};

/// Which customers, and in which order.
#[derive(Deserialize)]
pub(super) struct Page {
    q: Option<String>,
    sort: Option<String>,
    before: Option<String>,
    limit: Option<u32>,
}

/// `GET /api/v1/customers?q=&sort=&before=&limit=`
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

/// `GET /api/v1/customers/{id}`
pub(super) async fn show(
    State(parts): State<Parts>,
    Id(customer_id): Id<CustomerId>,
) -> Result<Json<Customer>, Problem> {
    let customer = customers::find(&parts.database, customer_id).await.map_err(refusal)?;
    Ok(Json(customer.ok_or_else(|| ApiError::not_found("customer"))?))
}
