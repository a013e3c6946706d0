//! People who may sign in, as pages ask for them. For admins.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments, whose fields can't be documented"
)]

use leptos::prelude::*;

use super::ApiError;
use crate::domain::{Snapshot, UserDetail, UserId, UserOverview};

/// All users. In the browser: a request.
///
/// # Errors
/// [`ApiError::Forbidden`] for others than admins.
#[server(prefix = "/api/page", endpoint = "users")]
pub async fn list_users() -> Result<Snapshot<Vec<UserOverview>>, ApiError> {
    super::backend::needs(crate::domain::Role::Admin)?;
    super::backend::backend()?.users().await
}

/// One user with his sessions. In the browser: a request.
///
/// # Errors
/// [`ApiError::NotFound`] when there is none; [`ApiError::Forbidden`] for others than admins.
#[server(prefix = "/api/page", endpoint = "user")]
pub async fn load_user(user_id: UserId) -> Result<Snapshot<UserDetail>, ApiError> {
    super::backend::needs(crate::domain::Role::Admin)?;
    super::backend::backend()?.user(user_id, super::backend::session()).await
}
