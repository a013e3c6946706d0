//! Whether the server lives and is ready, for whoever restarts or balances it.

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde_json::json;

use crate::jobs::context::Parts;

/// 200 as long as the process answers at all.
pub(super) async fn live() -> impl IntoResponse {
    Json(json!({ "status": "ok" }))
}

/// 200 when the event log, and so the database, can be read; else 503.
pub(super) async fn ready(State(parts): State<Parts>) -> impl IntoResponse {
    match parts.backplane.head().await {
        Ok(_) => (StatusCode::OK, Json(json!({ "status": "ready" }))),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "unavailable" })))
        }
    }
}
