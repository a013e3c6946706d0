//! Who did what, as pages ask for it. For admins.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments, whose fields can't be documented"
)]

use leptos::prelude::*;

use super::ApiError;
use crate::domain::{AuditPage, AuditQuery, Snapshot};

/// Entries that match a query; `before` is the `next` of the page before. In the browser: a request.
///
/// # Errors
/// [`ApiError::BadRequest`] for a `before` that the server never gave; [`ApiError::Forbidden`] for others than admins.
#[server(prefix = "/api/page", endpoint = "audit", input = leptos::server_fn::codec::Json)]
pub async fn list_audit(query: AuditQuery, before: Option<String>) -> Result<Snapshot<AuditPage>, ApiError> {
    super::backend::needs(crate::domain::Role::Admin)?;
    super::backend::backend()?.audit(query, before).await
}
