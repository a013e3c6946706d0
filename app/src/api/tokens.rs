//! Tokens of programs, as pages ask for them. For admins.

use leptos::prelude::*;

use super::ApiError;
use crate::domain::{ApiToken, Snapshot};

/// All tokens, without their texts. In the browser: a request.
///
/// # Errors
/// [`ApiError::Forbidden`] for others than admins.
#[server(prefix = "/api/page", endpoint = "tokens")]
pub async fn list_tokens() -> Result<Snapshot<Vec<ApiToken>>, ApiError> {
    super::backend::needs(crate::domain::Role::Admin)?;
    super::backend::backend()?.tokens().await
}
