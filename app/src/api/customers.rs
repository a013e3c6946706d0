//! Customers, as pages ask for them.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments, whose fields can't be documented"
)]

use leptos::prelude::*;

use super::ApiError;
use crate::domain::{CustomerPage, CustomerQuery, Snapshot};

/// Customers that match a query. In the browser: a request.
///
/// # Errors
/// [`ApiError::BadRequest`] for a `before` that the server never gave for this order.
#[server(prefix = "/api/page", endpoint = "customers", input = leptos::server_fn::codec::Json)]
pub async fn list_customers(query: CustomerQuery) -> Result<Snapshot<CustomerPage>, ApiError> {
    super::backend::backend()?.customers(query).await
}
