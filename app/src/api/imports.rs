//! Imports, as pages ask for them.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments, whose fields can't be documented"
)]

use leptos::prelude::*;

use super::ApiError;
use crate::domain::{ImportId, ImportRowError, ImportSummary, Listing, Snapshot};

/// Imports, newest first; `before` is the `next` of the page before. In the browser: a request.
///
/// # Errors
/// [`ApiError::BadRequest`] for a `before` that the server never gave.
#[server(prefix = "/api/page", endpoint = "imports")]
pub async fn list_imports(before: Option<String>) -> Result<Snapshot<Listing<ImportSummary>>, ApiError> {
    super::backend::backend()?.imports(before).await
}

/// One import. In the browser: a request.
///
/// # Errors
/// [`ApiError::NotFound`] when there is no such import.
#[server(prefix = "/api/page", endpoint = "import")]
pub async fn load_import(import_id: ImportId) -> Result<Snapshot<ImportSummary>, ApiError> {
    super::backend::backend()?.import(import_id).await
}

/// A page of an import's error list; `after` is the `next` of the page before. In the browser: a request.
///
/// # Errors
/// [`ApiError::BadRequest`] for an `after` that the server never gave.
#[server(prefix = "/api/page", endpoint = "import-errors")]
pub async fn list_import_errors(
    import_id: ImportId,
    after: Option<String>,
) -> Result<Listing<ImportRowError>, ApiError> {
    super::backend::backend()?.import_errors(import_id, after).await
}
