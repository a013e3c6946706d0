//! What the server answers: one file a subject, and the router that lists them all.

/// The browser bundle and the static files, carried inside the program.
pub mod assets;
/// Requests that a page of another site sent.
pub mod cross_site;
/// Customers.
pub mod customers;
/// How a refusal looks.
pub mod error;
/// Whether the server lives and is ready.
pub mod health;
/// Imports.
pub mod imports;
/// How a file comes in.
pub mod intake;
/// Takes connections in.
pub mod listener;
/// The pages.
pub mod pages;
/// Jobs that other programs hand in.
pub mod queue;
/// The live stream.
pub mod sse;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use tower_http::trace::{DefaultOnFailure, TraceLayer};

use crate::AppState;

/// Everything that the server answers.
pub fn router(state: AppState) -> Router {
    let uploads = Router::new()
        .route("/api/v1/customers/import", post(imports::upload))
        .route("/customers/import", post(imports::upload_form))
        // Bounded while it streams, by `Limits::upload_bytes`; the default limit is for bodies that are held in memory.
        .layer(DefaultBodyLimit::disable());
    let jobs = Router::new()
        .route("/api/v1/queue/add", post(queue::add))
        .route("/api/v1/queue/add-bulk", post(queue::add_bulk))
        // Ten thousand orders of a kilobyte and a half.
        .layer(DefaultBodyLimit::max(16 * 1024 * 1024));
    Router::new()
        .route("/api/v1/imports", get(imports::list))
        .route("/api/v1/imports/{id}", get(imports::show))
        .route("/api/v1/imports/{id}/errors", get(imports::errors))
        .route("/api/v1/imports/{id}/errors.csv", get(imports::errors_csv))
        .route("/api/v1/customers", get(customers::list))
        .route("/api/v1/customers/{id}", get(customers::show))
        .route("/api/v1/sse/connect", get(sse::connect))
        .route("/api/v1/sse/{connection_id}/topics", post(sse::change_topics))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/pkg/{file}", get(assets::bundle_file))
        .merge(uploads)
        .merge(jobs)
        .merge(pages::routes(&state))
        .fallback(pages::file_or_not_found)
        .layer(middleware::from_fn(cross_site::refuse))
        .layer(TraceLayer::new_for_http().on_failure(DefaultOnFailure::new().level(tracing::Level::WARN)))
        .with_state(state)
}
