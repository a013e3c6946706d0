//! `/openapi.json`: the API as an OpenAPI document, for programs that write clients. It is put together from the handlers, each of which
//! says what it takes and gives: a route of the API can't be there without standing in it.

use axum::{
    body::Bytes,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::error::ProblemBody;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Signalbox",
        description = "A control room for background work: jobs, queues, workers and schedules, imports of customers, and a live stream \
            of all that happens.\n\nJSON is in `camelCase`; times are RFC 3339 in UTC. Lists answer `{items, next}`: `next` is what to pass \
            on for the page behind it, and `null` at the end. A refusal is `application/problem+json` (RFC 9457) with a `code` that \
            stays as it is.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(ProblemBody)),
    modifiers(&Proofs),
    security(("token" = []), ("session" = [])),
    tags(
        (name = "jobs", description = "Handed in, looked for, called off, taken up again."),
        (name = "queues", description = "What waits where, and whether it may run."),
        (name = "workers", description = "The processes that do the work."),
        (name = "schedules", description = "Jobs that are handed in by the clock."),
        (name = "stream", description = "All that happens, live, with nothing missed."),
        (name = "imports", description = "Files of customers, and their way in."),
        (name = "customers", description = "What imports gave."),
        (name = "accounts", description = "Who may do what: signing in, users, tokens, and the log of what they did."),
        (name = "health", description = "For whoever restarts or balances the server."),
        (name = "alternative", description = "Other paths, for programs that were written for them. What is answered stands in `data`.")
    )
)]
struct Document;

/// How one proves oneself.
struct Proofs;

impl Modify for Proofs {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token: `signalbox token create`, or `POST /api/v1/tokens`."))
            .build();
        let cookie = ApiKeyValue::with_description(
            "signalbox",
            "The session of a browser: `POST /api/v1/auth/login`. Over TLS its name is `__Host-signalbox`.",
        );
        components.add_security_scheme("token", SecurityScheme::Http(token));
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The document without its routes: those are added by the router.
pub(super) fn beginning() -> openapi::OpenApi {
    let mut document = Document::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document
}

/// The document as it is sent. What the program calls `None` is called `null` by its readers.
pub(super) fn written(document: &openapi::OpenApi) -> Bytes {
    Bytes::from(document.to_json().unwrap_or_default().replace("`None`", "`null`"))
}

/// `GET /openapi.json`, written once.
pub(super) fn answer(json: Bytes) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (kind, json).into_response()
}
