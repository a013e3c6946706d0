//! The live stream over Server-Sent Events (WHATWG HTML, section 9.2), written as raw bytes: a frame is encoded once for all.

use std::{collections::BTreeSet, sync::Arc};

use app::{
    api::ApiError,
    events::{Cursor, MOST_TOPICS, RejectReason, Topic},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    cross_site,
    error::{Asked, Id, Problem, Sent, refusal},
    listener::handover,
    refusal::{Reading, Refusal, TakingJson},
    viewer::Viewer,
};
use crate::hub::{ChangeError, Encoding, Hub, Naming, OpenError, Opening, Transport};

/// What a client asks for.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wishes {
    /// What to listen to, separated by commas: `job:{id}`, `queue:{name}`, `workers`, `import:{id}`, `imports`, `customers`, `general`,
    /// `custom:{name}`. At most 256.
    #[param(example = "queue:test,imports")]
    topics: Option<String>,
    /// The `id` of the last frame that was read: everything since then follows, in order, once. The header `Last-Event-ID` comes before it.
    cursor: Option<String>,
    /// `off` leaves the line `event:` out of frames, so that a browser gives all of them to one listener.
    #[param(value_type = Option<Switch>, inline)]
    names: Option<String>,
}

/// Whether frames have names.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase", default = "on")]
#[expect(dead_code, reason = "what the parameter may be; it is read as a text")]
enum Switch {
    On,
    Off,
}

/// Listens.
///
/// A stream of Server-Sent Events that does not end by itself. Each frame has an `id`, which is a cursor; the type of its event; and its data
/// as JSON with the same `type`. The first is `connected`, and names the connection. Where the log can't say what came after a cursor, `reset`
/// says so. A `heartbeat` comes when nothing else did for as long as `connected` promises in `heartbeatMs`.
/// Who has as many streams as one may, or sends more requests, and says that he accepts `text/event-stream`, gets one frame `rejected`, and
/// is told to come back in 30 seconds; anybody else gets 429.
#[utoipa::path(
    get,
    path = "/api/v1/sse/connect",
    operation_id = "connect",
    tag = "stream",
    params(Wishes, ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last frame that was read.")),
    responses(
        (status = 200, description = "The stream.", body = String, content_type = "text/event-stream",
            example = "id: k3v9x2-17\nevent: job_update\ndata: {\"type\":\"job_update\",\"jobId\":\"nap\",\"status\":\"started\"}\n\n"),
        Refusal<400>,
        Refusal<403>,
        Refusal<422>,
        Reading
    )
)]
pub(super) async fn connect(
    State(hub): State<Arc<Hub>>,
    viewer: Viewer,
    headers: HeaderMap,
    Asked(wishes): Asked<Wishes>,
) -> Result<Response, Problem> {
    let encoding = Encoding::Sse(naming(wishes.names.as_deref())?);
    let topics = topics(wishes.topics.as_deref().unwrap_or_default())?;
    listen(&hub, &viewer, &headers, (topics, wishes.cursor.as_deref(), encoding)).await
}

/// A stream of these topics, from where the client was.
pub(super) async fn listen(
    hub: &Arc<Hub>,
    viewer: &Viewer,
    headers: &HeaderMap,
    (topics, cursor, encoding): (BTreeSet<Topic>, Option<&str>, Encoding),
) -> Result<Response, Problem> {
    // Another site's page could not read the stream, but it would be one of the few that its reader may have.
    if cross_site::is_foreign(headers) {
        return Err(ApiError::CrossSite.into());
    }
    let opening = Opening {
        user: viewer.user.clone(),
        credential: viewer.credential(),
        transport: Transport::Sse,
        encoding,
        topics,
        resume: resume(headers, cursor),
    };
    let answer = match hub.open(opening).await {
        Ok(feed) => handover::answer(feed).into_response(),
        // Any status but 200 ends a browser's `EventSource` for good.
        Err(OpenError::OverLimit { rejection, .. }) if wants_events(headers) => rejection.into_response(),
        Err(OpenError::OverLimit { limit, .. }) => return Err(ApiError::TooManyStreams { limit }.into()),
        Err(OpenError::Backplane(error)) => return Err(refusal(error).into()),
    };
    Ok(in_stream(answer))
}

/// The answer to somebody who sends more requests than he may, and would never come back after any other.
pub(super) fn put_off(hub: &Hub, parts: &Parts, per_second: u32) -> Response {
    let Asked(wishes) = Asked::of(&parts.uri).unwrap_or(Asked(Wishes::default()));
    let encoding = Encoding::Sse(naming(wishes.names.as_deref()).unwrap_or_default());
    let resume = resume(&parts.headers, wishes.cursor.as_deref());
    in_stream(hub.reject((RejectReason::TooManyRequests, per_second), resume, encoding).into_response())
}

fn in_stream(answer: Response) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform")),
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, answer).into_response()
}

pub(super) fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accepted.to_ascii_lowercase().contains("text/event-stream")
}

/// A change of what a live connection listens to.
#[derive(Deserialize, ToSchema)]
#[schema(as = TopicsChange, example = json!({"add": ["job:nap"], "remove": ["imports"]}))]
pub(super) struct Change {
    /// Topics to listen to as well.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    add: Vec<Topic>,
    /// Topics to leave.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    remove: Vec<Topic>,
    /// A cursor: what came on the added topics since then follows too.
    from: Option<String>,
}

/// The whole set that is in force now.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"topics": ["customers", "job:nap"]}))]
pub(super) struct Topics {
    /// By their names.
    #[schema(value_type = Vec<String>)]
    topics: Vec<Topic>,
}

/// Changes what a connection listens to.
///
/// While it goes on: nothing is lost by it. With `from`, what came since then on topics that are listened to already is told again, before
/// `subscribed`: a cursor that is not after the last one is of something that was told.
#[utoipa::path(
    post,
    path = "/api/v1/sse/{connectionId}/topics",
    operation_id = "changeTopics",
    tag = "stream",
    params(("connectionId" = String, Path, description = "The `connectionId` of the stream's first frame.")),
    request_body = Change,
    responses((status = 200, description = "All topics of the connection.", body = Topics), Refusal<404>, TakingJson)
)]
pub(super) async fn change_topics(
    State(hub): State<Arc<Hub>>,
    viewer: Viewer,
    Id(connection_id): Id<String>,
    Sent(change): Sent<Change>,
) -> Result<Json<Topics>, Problem> {
    let from =
        change.from.map(|from| from.parse()).transpose().map_err(|problem| ApiError::invalid("from", problem))?;
    put_in_force(&hub, &viewer, &connection_id, (change.add, change.remove), from).await
}

/// Changes topics, and answers with all of them.
pub(super) async fn put_in_force(
    hub: &Hub,
    viewer: &Viewer,
    connection_id: &str,
    change: (Vec<Topic>, Vec<Topic>),
    from: Option<Cursor>,
) -> Result<Json<Topics>, Problem> {
    let changed = hub.change(&viewer.user, connection_id, change, from).await;
    let topics = changed.map_err(|error| match error {
        ChangeError::UnknownConnection => ApiError::not_found("connection"),
        ChangeError::TooManyTopics => too_many_topics(),
        ChangeError::Late => ApiError::ConnectionBusy,
    })?;
    Ok(Json(Topics { topics }))
}

pub(super) fn topics(list: &str) -> Result<BTreeSet<Topic>, ApiError> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    let topics: BTreeSet<Topic> =
        names.map(str::parse).collect::<Result<_, _>>().map_err(|problem| ApiError::invalid("topics", problem))?;
    if topics.len() > MOST_TOPICS { Err(too_many_topics()) } else { Ok(topics) }
}

pub(super) fn too_many_topics() -> ApiError {
    ApiError::invalid("topics", format!("Name at most {MOST_TOPICS} topics."))
}

/// What the browser remembers by itself comes before what the address says, which is from before the connection was lost.
pub(super) fn resume(
    headers: &HeaderMap,
    cursor: Option<&str>,
) -> Option<Result<Cursor, app::events::cursor::CursorError>> {
    let remembered = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let text = remembered.filter(|id| !id.is_empty()).or(cursor)?;
    Some(text.parse())
}

pub(super) fn naming(names: Option<&str>) -> Result<Naming, ApiError> {
    match names {
        None | Some("on") => Ok(Naming::On),
        Some("off") => Ok(Naming::Off),
        Some(_) => Err(ApiError::invalid("names", "Use on or off.")),
    }
}
