//! How a refusal looks: `application/problem+json` (RFC 9457) with a stable `code`.

use app::api::ApiError;
use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

pub(super) use crate::failure::refusal;

/// A refusal on its way to the client.
#[derive(Debug)]
pub struct Problem(pub ApiError);

/// The code of a refusal, on an answer that is one: for the audit log.
#[derive(Clone, Copy)]
pub(super) struct Code(pub(super) &'static str);

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

/// A refusal: the members of RFC 9457 that are used, and two of our own.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody<'a> {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, and what to change, for people.
    detail: String,
    /// The same for programs: a name that stays as it is.
    code: &'static str,
    /// The field or parameter that is wrong, by its path, such as `opts.priority` or `[3].data.ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let field = match &error {
            ApiError::Invalid { field, .. } => Some(field.as_str()),
            _ => None,
        };
        // RFC 9110, section 15.5.6: a 405 says what is allowed.
        let allowed = match &error {
            ApiError::MethodNotAllowed { allowed } => HeaderValue::from_str(allowed).ok(),
            _ => None,
        };
        let body = ProblemBody {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: error.to_string(),
            code: error.code(),
            field,
        };
        let mut response = (status, Json(body)).into_response();
        response.extensions_mut().insert(Code(error.code()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let pause = match (&error, status) {
            (ApiError::TooManyAttempts { seconds } | ApiError::TooManyRequests { seconds }, _) => Some(*seconds),
            (ApiError::TooManyUploads { .. }, _) => Some(5),
            (_, StatusCode::SERVICE_UNAVAILABLE) => Some(2),
            (_, StatusCode::TOO_MANY_REQUESTS) => Some(30),
            _ => None,
        };
        if let Some(pause) = pause {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(pause));
        }
        if let Some(allowed) = allowed {
            headers.insert(header::ALLOW, allowed);
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110, section 11.6.1: a 401 says how to prove oneself.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Signalbox\""));
        }
        response
    }
}

/// A character that no text in a database can hold, as it stands in an address.
const NUL: &str = "%00";

/// The id in the path; what is none names nothing.
pub(super) struct Id<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for Id<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        match path {
            Ok(Path(id)) if !parts.uri.path().contains(NUL) => Ok(Self(id)),
            _ => Err(ApiError::not_found("thing").into()),
        }
    }
}

/// The query of an address; what can't be read is told in our own words. A parameter without a value counts as absent.
pub(super) struct Asked<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for Asked<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::of(&parts.uri)
    }
}

impl<T: DeserializeOwned> Asked<T> {
    /// What stands in an address.
    pub(super) fn of(uri: &Uri) -> Result<Self, Problem> {
        let has_value = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
        if uri.query().is_some_and(|query| query.contains(NUL)) {
            return Err(ApiError::BadRequest { message: "Leave the NUL character out of the query.".to_owned() }.into());
        }
        let pairs: Vec<&str> = uri.query().unwrap_or_default().split('&').filter(has_value).collect();
        let unreadable = |problem: String| ApiError::BadRequest { message: problem };
        let address = Uri::try_from(format!("/?{}", pairs.join("&")));
        let address = address.map_err(|problem| unreadable(problem.to_string()))?;
        let Query(asked) = Query::try_from_uri(&address).map_err(|problem| unreadable(problem.body_text()))?;
        Ok(Self(asked))
    }
}

/// The JSON body of a request; a field that is wrong is named by its path.
pub(super) struct Sent<T>(pub(super) T);

impl<T, S> FromRequest<S> for Sent<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(ApiError::NotJson.into());
        }
        Ok(Self(read(&body(request, state).await?)?))
    }
}

/// The same for a body that may be left out; then it is the default.
pub(super) struct SentIfAny<T>(pub(super) T);

impl<T, S> FromRequest<S> for SentIfAny<T>
where
    T: DeserializeOwned + Default,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let says_json = is_json(request.headers());
        let body = body(request, state).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        if says_json { Ok(Self(read(&body)?)) } else { Err(ApiError::NotJson.into()) }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|problem| match problem.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge,
        _ => ApiError::BadRequest { message: problem.body_text() },
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let sent = serde_path_to_error::deserialize(&mut json).map_err(|problem| {
        let (path, inner) = (problem.path().to_string(), problem.into_inner());
        if inner.is_data() {
            ApiError::invalid(if path == "." { "" } else { &path }, inner)
        } else {
            ApiError::BadRequest { message: format!("The body is no JSON: {inner}.") }
        }
    })?;
    json.end().map_err(|problem| ApiError::BadRequest { message: format!("The body is no JSON: {problem}.") })?;
    Ok(sent)
}
