//! The event log: read page by page, and told of what programs have to say themselves.

use app::{
    api::ApiError,
    domain::{Listing, Sieve},
    events::{Cursor, Custom, Event, ResetReason, Topic},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{
    error::{Asked, Id, Problem, Sent, refusal},
    refusal::{Reading, Refusal, TakingJson},
    sse::topics,
};
use crate::{
    backplane::{
        LogEntry,
        history::{self, HistoryPage, Side},
    },
    jobs::context::Parts,
};

/// Events on a page at most.
const MOST_EVENTS: u32 = 500;
/// Bytes of JSON in one event of a program.
const MOST_BYTES: usize = 64 * 1024;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Only those that are told to one of these topics, separated by commas: `job:{id}`, `queue:{name}`, `workers`, `import:{id}`, `imports`,
    /// `customers`, `general`, `custom:{name}`.
    #[param(example = "queue:test,workers")]
    topics: Option<String>,
    /// A cursor: the first events after it.
    after: Option<String>,
    /// A cursor: the last events before it. Without either: the last of all.
    before: Option<String>,
    /// Events on the page.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u32>,
}

/// An event of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(
    as = RecordedEvent,
    example = json!({"id": "k3v9x2-17", "type": "custom", "timestamp": 1_700_000_000_000_i64, "topic": "custom:shop", "data": {"orders": 7}})
)]
pub(super) struct Recorded {
    /// Its cursor: the `id` of its frame in the stream.
    #[schema(value_type = String)]
    id: Cursor,
    /// Its `type`, its `timestamp` in milliseconds since 1970, and the fields of its type, as in the stream.
    #[serde(flatten)]
    event: Map<String, Value>,
}

/// Reads the log.
///
/// In the order of the log. `next` leads on in the direction that was asked for: it is passed as `after` by whoever passed `after`, and as
/// `before` by everybody else. A page may have fewer events than asked for, even none, and a `next` all the same: the log is long, and few of
/// its events may be of the topics. Where the log has nothing to say of a place any more, for it was cut there or is another log, it is
/// a conflict.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    operation_id = "listEvents",
    tag = "stream",
    params(Page),
    responses(
        (status = 200, description = "A page of events.", body = Listing<Recorded>),
        Refusal<400>,
        Refusal<409>,
        Refusal<422>,
        Reading
    )
)]
pub(super) async fn list(
    State(parts): State<Parts>,
    Asked(page): Asked<Page>,
) -> Result<Json<Listing<Recorded>>, Problem> {
    let limit = page.limit.unwrap_or(100);
    if !(1..=MOST_EVENTS).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("Ask for 1 to {MOST_EVENTS} events.")).into());
    }
    let side = match (cursor("after", page.after.as_deref())?, cursor("before", page.before.as_deref())?) {
        (Some(_), Some(_)) => return Err(ApiError::invalid("before", "Pass 'after' or 'before', not both.").into()),
        (Some(place), None) => Side::After(place),
        (None, Some(place)) => Side::Before(place),
        (None, None) => Side::Last,
    };
    let sieve = Sieve::for_topics(topics(page.topics.as_deref().unwrap_or_default())?);
    match history::page(&*parts.backplane, &sieve, side, limit).await.map_err(refusal)? {
        HistoryPage::Events { entries, next } => {
            let items = entries.iter().map(recorded).collect::<Result<_, _>>()?;
            Ok(Json(Listing { items, next: next.map(|next| next.to_string()) }))
        }
        HistoryPage::Gone(reason) => Err(ApiError::conflict(words_of(reason)).into()),
    }
}

/// Shows an event.
///
/// By its cursor, as long as the log keeps it.
#[utoipa::path(
    get,
    path = "/api/v1/events/{cursor}",
    operation_id = "showEvent",
    tag = "stream",
    params(("cursor" = String, Path, description = "The event's `id`.", example = "k3v9x2-17")),
    responses((status = 200, description = "The event.", body = Recorded), Refusal<404>, Reading)
)]
pub(super) async fn show(State(parts): State<Parts>, Id(place): Id<String>) -> Result<Json<Recorded>, Problem> {
    let nothing = || ApiError::not_found("event");
    let place: Cursor = place.parse().map_err(|_| nothing())?;
    let entry = history::event(&*parts.backplane, &place).await.map_err(refusal)?.ok_or_else(nothing)?;
    Ok(Json(recorded(&entry)?))
}

/// An event of a program.
#[derive(Deserialize, ToSchema)]
#[schema(as = EventOrder, example = json!({"topic": "custom:shop", "data": {"orders": 7}}))]
pub(super) struct Order {
    /// `custom:{name}`: all others are told by Signalbox itself.
    #[schema(value_type = String)]
    pub(super) topic: Topic,
    /// Any JSON, up to 64 KiB.
    pub(super) data: Value,
}

/// Where an event stands.
#[derive(Serialize, ToSchema)]
#[schema(as = EventPlace, example = json!({"cursor": "k3v9x2-17"}))]
pub(super) struct Told {
    /// The event's cursor.
    #[schema(value_type = String)]
    cursor: Cursor,
}

/// Tells an event of your own.
///
/// All who listen to the topic get it, and it is in the log before this is answered.
#[utoipa::path(
    post,
    path = "/api/v1/events",
    operation_id = "addEvent",
    tag = "stream",
    request_body = Order,
    responses((status = 201, description = "It is in the log.", body = Told), TakingJson)
)]
pub(super) async fn add(
    State(parts): State<Parts>,
    Sent(order): Sent<Order>,
) -> Result<(StatusCode, Json<Told>), Problem> {
    if !matches!(order.topic, Topic::Custom(_)) {
        let message = format!("'{}' is told by Signalbox itself; use custom:{{name}}.", order.topic);
        return Err(ApiError::invalid("topic", message).into());
    }
    if order.data.to_string().len() > MOST_BYTES {
        return Err(ApiError::invalid("data", format!("Send at most {MOST_BYTES} bytes of JSON.")).into());
    }
    let event = Event::Custom(Custom { topic: order.topic, data: order.data });
    let cursor = parts.backplane.append(vec![event]).await.map_err(refusal)?;
    Ok((StatusCode::CREATED, Json(Told { cursor })))
}

fn cursor(parameter: &str, text: Option<&str>) -> Result<Option<Cursor>, ApiError> {
    text.map(str::parse).transpose().map_err(|_| ApiError::no_place(parameter))
}

/// An event as it was written, with its place.
pub(super) fn recorded(entry: &LogEntry) -> Result<Recorded, ApiError> {
    let cursor = entry.envelope.cursor.clone();
    match serde_json::from_str(&entry.json) {
        Ok(event) => Ok(Recorded { id: cursor, event }),
        Err(problem) => {
            tracing::error!(%cursor, %problem, "an event of the log is no JSON object");
            Err(ApiError::Internal)
        }
    }
}

const fn words_of(reason: ResetReason) -> &'static str {
    match reason {
        ResetReason::Trimmed => {
            "The log was cut: its events up to this place, and some behind it, are not kept any more."
        }
        ResetReason::Epoch => {
            "This is a place in another log: the one that it belongs to is lost. Begin without a place."
        }
        ResetReason::Unknown => "This is no place in the log as it is now: it was set back. Begin without a place.",
    }
}
