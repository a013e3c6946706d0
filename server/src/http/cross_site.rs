//! Requests that a page of another site sent.
//!
//! A browser says on each request where it comes from, in `Sec-Fetch-Site`, and a page can't change that. Programs send no such
//! header, and are let through: they have no cookies of somebody else to abuse.

use app::api::ApiError;
use axum::{
    extract::Request,
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::Problem;

/// Refuses what would change something on the word of another site.
pub(super) async fn refuse(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let site = request.headers().get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if changes && site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Problem(ApiError::CrossSite).into_response();
    }
    next.run(request).await
}
