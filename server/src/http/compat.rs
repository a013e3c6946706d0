//! The alternative paths: other names of what the API has, for programs that were written for them. The handlers are the same. What they
//! answer stands in `data`: `{"success": true, "message"?, "data"}`; a refusal is the API's own, and a stream is a stream.
//!
//! | path | is |
//! |---|---|
//! | `GET /dashboard/stream` | the stream, on `custom:dashboard_updates` and `general` |
//! | `GET /dashboard/debug` | what carries it, who listens, what was told last |
//! | `GET`, `POST /dashboard/trigger-test-pubsub` | a job that publishes a test event |
//! | `GET /ws` | `GET /api/v1/ws` |
//! | `GET /api/tasks/{id}` | `GET /api/v1/jobs/{id}` |
//! | `POST /api/tasks` | `POST /api/v1/queue/add` |
//! | `GET /api/queue/health` | `GET /health/ready` |
//! | `GET /api/queue/stats` | `GET /api/v1/queues` |
//! | `GET /api/queue/system-status` | queues, workers and streams in one |
//! | `GET /api/queue/{q}/details` | `GET /api/v1/queues/{q}` |
//! | `POST /api/queue/test/job` | `POST /api/v1/queue/add`, for the queue `test` |
//! | `POST /api/queue/test/event` | `POST /api/v1/events`, to the dashboard |
//! | `POST /api/customer/upload` | `POST /api/v1/customers/import` |
//!
//! Deliberately absent until there is what they name: `/api/services/…`, for an empty list of services would look to a monitor as if all
//! were well; and `POST /api/customer`, `PUT`, `DELETE /api/customer/{id}`, for customers come in by imports only.

use std::borrow::Cow;

use app::api::ApiError;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, Request},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use serde_json::json;
use utoipa::openapi::{
    ObjectBuilder, OpenApi, RefOr,
    content::Content,
    path::{HttpMethod, Operation, PathItem},
    schema::Type,
};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};

use super::{
    bodies::MOST_BYTES_OF_ORDERS, dashboard, error::Problem, health, imports, jobs, monitoring, queue, queues, ws,
};
use crate::AppState;

/// Another path of an operation of the API.
struct Alias {
    method: HttpMethod,
    path: &'static str,
    /// The operation's own path, with the same parameters.
    of: &'static str,
    handler: MethodRouter<AppState>,
}

impl Alias {
    const fn new(method: HttpMethod, path: &'static str, of: &'static str, handler: MethodRouter<AppState>) -> Self {
        Self { method, path, of, handler }
    }
}

fn aliases() -> [Alias; 7] {
    use HttpMethod::{Get, Post};
    let orders = DefaultBodyLimit::max(MOST_BYTES_OF_ORDERS);
    let upload = post(imports::upload).layer(DefaultBodyLimit::disable());
    [
        Alias::new(Get, "/ws", "/api/v1/ws", get(ws::connect)),
        Alias::new(Get, "/api/tasks/{jobId}", "/api/v1/jobs/{jobId}", get(jobs::show)),
        Alias::new(Post, "/api/tasks", "/api/v1/queue/add", post(queue::add).layer(orders)),
        Alias::new(Get, "/api/queue/health", "/health/ready", get(health::ready)),
        Alias::new(Get, "/api/queue/stats", "/api/v1/queues", get(queues::list)),
        Alias::new(Get, "/api/queue/{queueName}/details", "/api/v1/queues/{queueName}", get(queues::show)),
        Alias::new(Post, "/api/customer/upload", "/api/v1/customers/import", upload),
    ]
}

/// The routes; adds them to the document of the API.
pub(super) fn routes(document: &mut OpenApi) -> Router<AppState> {
    let own = OpenApiRouter::new()
        .routes(routes!(dashboard::stream))
        .routes(routes!(dashboard::debug))
        // Whoever asks for the head only wants nothing done.
        .routes(routes!(dashboard::trigger, dashboard::trigger_by_address).map(|router| router.head(refuse_head)))
        .routes(routes!(monitoring::system_status))
        .routes(routes!(monitoring::add_test_job))
        .routes(routes!(monitoring::add_test_event));
    let (mut router, mut ours) = own.split_for_parts();
    for Alias { method, path, of, handler } in aliases() {
        if let Some(item) = document.paths.paths.get(of).and_then(|item| item_of(item, method, of)) {
            ours.paths.paths.insert(path.to_owned(), item);
        }
        router = router.route(path, handler);
    }
    let items = ours.paths.paths.values_mut();
    for operation in items.flat_map(|item| [&mut item.get, &mut item.post]).flatten() {
        wrap_documented(operation);
    }
    document.merge(ours);
    router.layer(middleware::from_fn(wrap))
}

async fn refuse_head() -> (StatusCode, [(header::HeaderName, &'static str); 1]) {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")])
}

/// An operation of the API, as it is documented at its other path.
fn item_of(item: &PathItem, method: HttpMethod, of: &str) -> Option<PathItem> {
    let (verb, operation) = match method {
        HttpMethod::Get => ("GET", item.get.as_ref()?),
        HttpMethod::Post => ("POST", item.post.as_ref()?),
        _ => return None,
    };
    let mut operation = operation.clone();
    operation.operation_id = operation.operation_id.map(|id| format!("{id}ByOtherPath"));
    operation.tags = Some(vec!["alternative".to_owned()]);
    operation.description = Some(format!("The same as `{verb} {of}`."));
    Some(PathItem::new(method, operation))
}

/// What a handler says beside its data.
#[derive(Clone, Copy)]
pub(super) struct Said(pub(super) &'static str);

/// Puts an answer into `data`. Whatever is no JSON, or no success, stays what it is.
async fn wrap(request: Request, next: Next) -> Response {
    let (mut head, body) = next.run(request).await.into_parts();
    let is_json = head.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !(head.status.is_success() && is_json) {
        return Response::from_parts(head, body);
    }
    // It is in memory already: handlers write JSON as a whole.
    let Ok(data) = to_bytes(body, usize::MAX).await else { return Problem(ApiError::Internal).into_response() };
    let message = match head.extensions.remove::<Said>() {
        Some(Said(message)) => Cow::Owned(format!(r#""message":{},"#, json!(message))),
        None => Cow::Borrowed(""),
    };
    let whole = [br#"{"success":true,"#.as_slice(), message.as_bytes(), br#""data":"#, &data, b"}"].concat();
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(whole))
}

/// Says the same in the document.
fn wrap_documented(operation: &mut Operation) {
    let responses = operation.responses.responses.iter_mut();
    for (_, response) in responses.filter(|(status, _)| status.starts_with('2')) {
        let RefOr::T(response) = response else { continue };
        if let Some(RefOr::T(content)) = response.content.get_mut("application/json") {
            wrap_content(content);
        }
    }
}

fn wrap_content(content: &mut Content) {
    let success = ObjectBuilder::new().schema_type(Type::Boolean).description(Some("Always true."));
    let message = ObjectBuilder::new().schema_type(Type::String).description(Some("What is done, for people."));
    let mut whole = ObjectBuilder::new().property("success", success).required("success").property("message", message);
    if let Some(data) = content.schema.take() {
        whole = whole.property("data", data).required("data");
    }
    content.schema = Some(RefOr::T(whole.build().into()));
    content.example = content.example.take().map(|data| json!({ "success": true, "data": data }));
}
