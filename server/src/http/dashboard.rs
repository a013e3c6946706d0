//! What dashboards of other programs ask for: a stream, a look behind it, and an event to see that it moves.

use std::{collections::BTreeSet, sync::Arc};

use app::{
    api::ApiError,
    domain::{JobId, Sieve, Transport},
    events::{Cursor, Topic},
};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    access::Note,
    compat::Said,
    cross_site,
    error::{Asked, Problem, refusal},
    events::{Recorded, recorded},
    jobs::Standing,
    queue::hand_in,
    refusal::{Changing, Reading, Refusal},
    sse::{listen, naming},
    viewer::Viewer,
};
use crate::{
    backplane::history::{self, HistoryPage, Side},
    hub::{Encoding, Hub},
    jobs::{Job, PublishTestEvent, context::Parts},
};

/// Events that are shown at most.
const EVENTS: u32 = 20;

/// What a dashboard listens to.
fn topics() -> BTreeSet<Topic> {
    BTreeSet::from([Topic::dashboard(), Topic::General])
}

/// What a client asks for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wishes {
    /// The `id` of the last frame that was read, as for `connect`. The header `Last-Event-ID` comes before it.
    cursor: Option<String>,
    /// `off` leaves the line `event:` out of frames, so that a browser gives all of them to one listener.
    #[param(default = "on")]
    names: Option<String>,
}

/// Listens to the dashboard.
///
/// The stream of `connect`, on `custom:dashboard_updates` and `general`.
#[utoipa::path(
    get,
    path = "/dashboard/stream",
    operation_id = "streamDashboard",
    tag = "alternative",
    params(Wishes, ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last frame that was read.")),
    responses(
        (status = 200, description = "The stream.", body = String, content_type = "text/event-stream"),
        Refusal<400>,
        Refusal<403>,
        Refusal<422>,
        Reading
    )
)]
pub(super) async fn stream(
    State(hub): State<Arc<Hub>>,
    viewer: Viewer,
    headers: HeaderMap,
    Asked(wishes): Asked<Wishes>,
) -> Result<Response, Problem> {
    let encoding = Encoding::Sse(naming(wishes.names.as_deref())?);
    listen(&hub, &viewer, &headers, (topics(), wishes.cursor.as_deref(), encoding)).await
}

/// How the dashboard is fed. Of the node that answers; what is counted is counted since its process began.
#[derive(Serialize, ToSchema)]
#[schema(as = DashboardDebug)]
pub(super) struct Debug {
    /// What carries jobs and events: `sqlite`, `postgres` or `redis`.
    backend: &'static str,
    /// Streams that are open over SSE, whatever they listen to.
    sse_connections: usize,
    /// The same over a WebSocket.
    websocket_connections: usize,
    /// Streams that listen to `custom:dashboard_updates`.
    dashboard_listeners: usize,
    /// Events that were handed to streams; one that goes to three counts three times.
    events_delivered: u64,
    /// How often a client was told to load its state again.
    resets: u64,
    /// Events that clients had missed and got when they came back.
    replayed: u64,
    /// Streams that were refused, since their user had as many as he may, or sent more requests.
    rejected: u64,
    /// Where the log ends.
    #[schema(value_type = String)]
    cursor: Cursor,
    /// The last 20 events that were told to dashboards, in their order.
    events: Vec<Recorded>,
}

/// Looks behind the dashboard.
///
/// What carries its events, who listens, and what was told last.
#[utoipa::path(
    get,
    path = "/dashboard/debug",
    operation_id = "debugDashboard",
    tag = "alternative",
    responses((status = 200, description = "How it is fed.", body = Debug), Reading)
)]
pub(super) async fn debug(State(parts): State<Parts>, State(hub): State<Arc<Hub>>) -> Result<Json<Debug>, Problem> {
    let cursor = parts.backplane.head().await.map_err(refusal)?;
    let events = match history::page(&*parts.backplane, &Sieve::for_topics(topics()), Side::Last, EVENTS)
        .await
        .map_err(refusal)?
    {
        HistoryPage::Events { entries, .. } => entries.iter().map(recorded).collect::<Result<_, _>>()?,
        HistoryPage::Gone(_) => Vec::new(),
    };
    let stats = hub.overview();
    let carried_by = |transport| stats.connections.iter().filter(|stream| stream.transport == transport).count();
    let listens = |topics: &[Topic]| topics.contains(&Topic::dashboard());
    Ok(Json(Debug {
        backend: parts.backplane.name(),
        sse_connections: carried_by(Transport::Sse),
        websocket_connections: carried_by(Transport::WebSocket),
        dashboard_listeners: stats.connections.iter().filter(|stream| listens(&stream.topics)).count(),
        events_delivered: stats.events_delivered,
        resets: stats.resets,
        replayed: stats.replayed,
        rejected: stats.rejected,
        cursor,
        events,
    }))
}

/// A job that was handed in, and what it does.
type Triggered = (StatusCode, Extension<Said>, [(HeaderName, HeaderValue); 1], Json<Standing>);

/// Sends a test event to the dashboard.
///
/// It goes the whole way: a job is handed in, a worker publishes the event on `custom:dashboard_updates`, and whoever listens gets it.
#[utoipa::path(
    post,
    path = "/dashboard/trigger-test-pubsub",
    operation_id = "triggerTestEvent",
    tag = "alternative",
    responses((status = 202, description = "The job was taken in.", body = Standing), Changing)
)]
pub(super) async fn trigger(State(parts): State<Parts>, note: Note) -> Result<Triggered, Problem> {
    let after = parts.backplane.head().await.map_err(refusal)?;
    let job_id = JobId(uuid::Uuid::now_v7().to_string());
    let job = PublishTestEvent { after: Some(after) }.into_new_job(job_id).map_err(|problem| {
        tracing::error!(%problem, "a test event could not be ordered");
        ApiError::Internal
    })?;
    let (status, standing) = hand_in(&parts, job).await?;
    note.of(&standing.job_id);
    note.is_now(standing.status.as_str());
    let said = Said("A background job publishes a test event on custom:dashboard_updates.");
    let fresh = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((status, Extension(said), fresh, standing))
}

/// Sends a test event to the dashboard, from the address line of a browser.
///
/// The only address where asking does something: a page of another site is refused, and no answer is kept.
#[utoipa::path(
    get,
    path = "/dashboard/trigger-test-pubsub",
    operation_id = "triggerTestEventByAddress",
    tag = "alternative",
    responses((status = 202, description = "The job was taken in.", body = Standing), Changing)
)]
pub(super) async fn trigger_by_address(
    parts: State<Parts>,
    note: Note,
    headers: HeaderMap,
) -> Result<Triggered, Problem> {
    // To a browser it is a request that changes nothing, which any page may bring about, by a link or a picture.
    if cross_site::is_foreign(&headers) {
        return Err(ApiError::CrossSite.into());
    }
    trigger(parts, note).await
}
