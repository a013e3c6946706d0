//! The live stream over Server-Sent Events (WHATWG HTML, section 9.2), written as raw bytes: a frame is encoded once for all.

use std::{collections::BTreeSet, convert::Infallible, sync::Arc};

use app::{
    api::ApiError,
    events::{Cursor, Topic},
};
use axum::{
    Json,
    body::Body,
    extract::{Path, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};

use super::error::{Asked, Problem, refusal};
use crate::hub::{ChangeError, Hub, MOST_TOPICS, Naming, Opening};

/// What a client asks for.
#[derive(Deserialize)]
pub(super) struct Wishes {
    topics: Option<String>,
    cursor: Option<String>,
    names: Option<String>,
}

/// `GET /api/v1/sse/connect?topics=&cursor=&names=`
pub(super) async fn connect(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Asked(wishes): Asked<Wishes>,
) -> Result<Response, Problem> {
    let opening = Opening {
        topics: topics(wishes.topics.as_deref().unwrap_or_default())?,
        resume: resume(&headers, wishes.cursor.as_deref()),
        naming: naming(wishes.names.as_deref())?,
    };
    let (connection, first) = hub.connect(opening).await.map_err(refusal)?;
    let frames = futures::stream::once(async { first }).chain(connection.into_stream()).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform")),
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(frames)).into_response())
}

/// A change of what a live connection listens to.
#[derive(Deserialize)]
pub(super) struct Change {
    #[serde(default)]
    add: Vec<Topic>,
    #[serde(default)]
    remove: Vec<Topic>,
    from: Option<String>,
}

/// The whole set that is in force now.
#[derive(Serialize)]
pub(super) struct Topics {
    topics: Vec<Topic>,
}

/// `POST /api/v1/sse/{connectionId}/topics`
pub(super) async fn change_topics(
    State(hub): State<Arc<Hub>>,
    Path(connection_id): Path<String>,
    change: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Topics>, Problem> {
    let Json(change) = change.map_err(|problem| ApiError::BadRequest { message: problem.body_text() })?;
    let from =
        change.from.map(|from| from.parse()).transpose().map_err(|problem| ApiError::invalid("from", problem))?;
    let changed = hub.registry.change(&connection_id, change.add, change.remove, from).await;
    let topics = changed.map_err(|error| match error {
        ChangeError::UnknownConnection => ApiError::not_found("connection"),
        ChangeError::TooManyTopics => too_many_topics(),
        ChangeError::Late => ApiError::ConnectionBusy,
    })?;
    Ok(Json(Topics { topics }))
}

fn topics(list: &str) -> Result<BTreeSet<Topic>, ApiError> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    let topics: BTreeSet<Topic> =
        names.map(str::parse).collect::<Result<_, _>>().map_err(|problem| ApiError::invalid("topics", problem))?;
    if topics.len() > MOST_TOPICS { Err(too_many_topics()) } else { Ok(topics) }
}

fn too_many_topics() -> ApiError {
    ApiError::invalid("topics", format!("Listen to at most {MOST_TOPICS} topics on one connection."))
}

/// What the browser remembers by itself comes before what the address says, which is from before the connection was lost.
fn resume(headers: &HeaderMap, cursor: Option<&str>) -> Option<Result<Cursor, app::events::cursor::CursorError>> {
    let remembered = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let text = remembered.filter(|id| !id.is_empty()).or(cursor)?;
    Some(text.parse())
}

fn naming(names: Option<&str>) -> Result<Naming, ApiError> {
    match names {
        None | Some("on") => Ok(Naming::On),
        Some("off") => Ok(Naming::Off),
        Some(_) => Err(ApiError::invalid("names", "Use on or off.")),
    }
}
