//! Oneself, as pages ask.

use leptos::prelude::*;

use super::ApiError;
use crate::domain::Me;

/// Who asks. In the browser: a request.
///
/// # Errors
/// [`ApiError::SignInRequired`] for whom we don't know.
#[server(prefix = "/api/page", endpoint = "me")]
pub async fn load_me() -> Result<Me, ApiError> {
    super::backend::me()
}
