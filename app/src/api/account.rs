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
    std::future::ready(super::backend::me()).await
}

/// For whom this page was drawn, without asking: the server knows since its door, and writes it into the page for the browser. So both
/// draw the same, and nothing waits for it.
pub fn drawn_for() -> Option<Me> {
    SharedValue::new(|| super::backend::me().ok()).into_inner()
}
