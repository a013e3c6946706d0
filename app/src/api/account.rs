//! Oneself, as pages ask.

use leptos::prelude::*;

use super::ApiError;
use crate::domain::{Me, Snapshot, UserDetail};

/// Who asks. In the browser: a request.
///
/// # Errors
/// [`ApiError::SignInRequired`] for whom we don't know.
#[server(prefix = "/api/page", endpoint = "me")]
pub async fn load_me() -> Result<Me, ApiError> {
    std::future::ready(super::backend::me()).await
}

/// The user who asks, with his sessions. In the browser: a request.
///
/// # Errors
/// [`ApiError::NotFound`] for a token, which is no user.
#[server(prefix = "/api/page", endpoint = "account")]
pub async fn load_account() -> Result<Snapshot<UserDetail>, ApiError> {
    let user_id = super::backend::me()?.user_id.ok_or_else(|| ApiError::not_found("user"))?;
    super::backend::backend()?.user(user_id, super::backend::session()).await
}

/// For whom this page was drawn, without asking: the server knows since its door, and writes it into the page for the browser. So both
/// draw the same, and nothing waits for it.
pub fn drawn_for() -> Option<Me> {
    SharedValue::new(|| super::backend::me().ok()).into_inner()
}
