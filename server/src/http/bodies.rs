//! How large a body may be.
//!
//! Every route has a bound, and whatever is larger is refused as a problem like any other. Files are the exception: they are bounded while
//! they stream, by `Limits::upload_bytes`, and never held in memory.

use app::api::ApiError;
use axum::{
    Form,
    body::{Body, to_bytes},
    extract::{FromRequest, Request, rejection::FormRejection},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;

use super::error::Problem;

/// What is held of a body, where nothing else is said.
pub(super) const MOST_BYTES: usize = 2 * 1024 * 1024;
/// What is held of a body with orders: ten thousand of a kilobyte and a half.
pub(super) const MOST_BYTES_OF_ORDERS: usize = 16 * 1024 * 1024;
/// What is held of a body of somebody whom we don't know yet.
pub(super) const MOST_BYTES_OF_FORMS: usize = 16 * 1024;
/// What is held of what a page asks.
pub(super) const MOST_BYTES_OF_QUESTIONS: usize = 64 * 1024;

/// Holds what a page asks before its function is reached, which would say in its own way that it is too large.
pub(super) async fn hold_question(request: Request, next: Next) -> Response {
    if *request.method() == Method::GET {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, MOST_BYTES_OF_QUESTIONS).await {
        Ok(question) => next.run(Request::from_parts(parts, Body::from(question))).await,
        Err(error) => Problem(unread(&error)).into_response(),
    }
}

/// Why a body could not be held: it is too large, or did not come.
fn unread(error: &axum::Error) -> ApiError {
    use std::error::Error as _;
    if error.source().is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>()) {
        return ApiError::BodyTooLarge;
    }
    ApiError::BadRequest { message: "The body broke off.".to_owned() }
}

/// A form, as a browser sends it without a script.
pub(super) struct Filled<T>(pub(super) T);

impl<T, S> FromRequest<S> for Filled<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let form: Result<Form<T>, FormRejection> = Form::from_request(request, state).await;
        match form {
            Ok(Form(filled)) => Ok(Self(filled)),
            Err(problem) if problem.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(ApiError::BodyTooLarge.into()),
            // What was sent is not repeated: it may hold a password.
            Err(_) => {
                Err(ApiError::BadRequest { message: "This is not the form that belongs here.".to_owned() }.into())
            }
        }
    }
}
