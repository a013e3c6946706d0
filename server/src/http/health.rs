//! Whether the server lives and is ready, for whoever restarts or balances it.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{hub::Hub, jobs::context::Parts};

/// How the server is.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// In one word.
    status: &'static str,
}

/// Says that the process answers.
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "isLive",
    tag = "health",
    security(()),
    responses((status = 200, description = "It answers.", body = Health, example = json!({"status": "ok"})))
)]
pub(super) async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Says whether the server can do its work.
///
/// It can when the event log, and so the database or Redis, can be read, and it was not asked to stop.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "isReady",
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "It can.", body = Health, example = json!({"status": "ready"})),
        (status = 503, description = "It can't.", body = Health, example = json!({"status": "unavailable"}))
    )
)]
pub(super) async fn ready(State(parts): State<Parts>, State(hub): State<Arc<Hub>>) -> (StatusCode, Json<Health>) {
    if hub.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "stopping" }));
    }
    match parts.backplane.head().await {
        Ok(_) => (StatusCode::OK, Json(Health { status: "ready" })),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "unavailable" }))
        }
    }
}
