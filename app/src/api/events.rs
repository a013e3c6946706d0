//! The event log, as pages ask for it.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments, whose fields can't be documented"
)]

use leptos::prelude::*;

use super::ApiError;
use crate::{
    domain::{EventPage, EventQuery, Snapshot},
    live::FilmReel,
};

/// Events that match a query, newest first. In the browser: a request.
///
/// # Errors
/// [`ApiError::Invalid`] for a topic or a type that there can't be, [`ApiError::BadRequest`] for a `before` that is no place in this log.
#[server(prefix = "/api/page", endpoint = "events", input = leptos::server_fn::codec::Json)]
pub async fn list_events(query: EventQuery) -> Result<Snapshot<EventPage>, ApiError> {
    super::backend::backend()?.events(query).await
}

/// What was told of queues and workers lately. In the browser: a request.
///
/// # Errors
/// [`ApiError::Unavailable`] while the log can't be read.
#[server(prefix = "/api/page", endpoint = "film")]
pub async fn load_film() -> Result<Snapshot<FilmReel>, ApiError> {
    super::backend::backend()?.film().await
}
