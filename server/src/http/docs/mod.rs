//! `/docs`: the API for people, drawn by Swagger UI from `/openapi.json`. All of it is carried inside the program: it works where
//! there is no internet.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::headers;

/// Names without a hash: asked for again after an hour.
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// `GET /docs`
pub(super) async fn page() -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, headers::OF_DOCS)], Html(include_str!("page.html")))
}

/// `GET /docs/{file}`: what the page asks for, and nothing else of the library.
pub(super) async fn file(Path(name): Path<String>) -> Response {
    match name.as_str() {
        "start.js" => answer("text/javascript; charset=utf-8", Body::from(include_str!("start.js"))),
        "swagger-ui.css" => of_library("text/css; charset=utf-8", &name),
        "swagger-ui-bundle.js" => of_library("text/javascript; charset=utf-8", &name),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A file of Swagger UI, as it was compressed when the program was built: there is no browser that can't read it.
fn of_library(kind: &'static str, name: &str) -> Response {
    let Ok(Some(SwaggerFile { bytes, gzpipped, .. })) = utoipa_swagger_ui::serve(name, Arc::new(Config::default()))
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = answer(kind, Body::from(bytes.into_owned()));
    if gzpipped {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn answer(kind: &'static str, body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, FOR_AN_HOUR);
    response
}
