//! Live streams, as pages ask for them.

use leptos::prelude::*;

use super::ApiError;
use crate::domain::{Snapshot, StreamStats};

/// The streams of the node that answers, the furthest behind of them where they are many. In the browser: a request.
///
/// # Errors
/// [`ApiError::Forbidden`] for viewers; [`ApiError::Unreachable`] in the browser, when no server answers.
#[server(prefix = "/api/page", endpoint = "streams")]
pub async fn load_streams() -> Result<Snapshot<StreamStats>, ApiError> {
    super::backend::needs(crate::domain::Role::Operator)?;
    super::backend::backend()?.streams().await
}
