//! The live stream over a WebSocket (RFC 6455): the same frames as JSON, and topics that change by messages.

use std::{collections::BTreeSet, future::poll_fn, sync::Arc};

use app::{
    api::ApiError,
    events::{Cursor, Topic},
};
use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, Utf8Bytes, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::HeaderMap,
    response::Response,
};
use futures::{SinkExt, StreamExt, stream::SplitSink};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::{
    cross_site,
    error::{Asked, Problem, refusal},
    refusal::{Reading, Refusal},
    sse::{resume, topics},
    viewer::Viewer,
};
use crate::hub::{ChangeError, Encoding, Feed, Hub, OpenError, Opening, Poured, Scratch, Transport, UserKey};

/// What a client may say in one message, and what is held of it before it is read.
const MESSAGE_BYTES: usize = 64 * 1024;
/// Made for each connection when it begins: most are idle.
const BUFFER_BYTES: usize = 4 * 1024;

/// Changes of topics that wait at once. A client that asks for more is not listened to until one of them is in force.
const CHANGES: usize = 16;

/// What a client asks for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wishes {
    /// What to listen to, separated by commas, as for `connect`. At most 256. Messages change them later.
    #[param(example = "queue:test,imports")]
    topics: Option<String>,
    /// The `id` of the last frame that was read: everything since then follows, in order, once.
    cursor: Option<String>,
}

/// Listens over a WebSocket.
///
/// Each message is one frame of the stream as JSON: `{"id": …, "type": …, …}`. The client may send
/// `{"type":"subscribe","topics":[…],"cursor":…}`, `{"type":"unsubscribe","topics":[…]}` and `{"type":"ping"}`, which is answered by
/// `{"type":"pong"}`. What is wrong with a message is answered by `{"type":"error","detail":…}`.
#[utoipa::path(
    get,
    path = "/api/v1/ws",
    operation_id = "connectWebSocket",
    tag = "stream",
    params(Wishes),
    responses(
        (status = 101, description = "The connection is a WebSocket now."),
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
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    // A page of another site may open a WebSocket, and read it: nothing but this keeps it from that.
    if cross_site::is_foreign(&headers) {
        return Err(ApiError::CrossSite.into());
    }
    let topics = topics(wishes.topics.as_deref().unwrap_or_default())?;
    let upgrade = upgrade.map_err(|problem| ApiError::BadRequest { message: problem.body_text() })?;
    let user = viewer.user.clone();
    let opening = Opening {
        credential: viewer.credential(),
        user: viewer.user,
        transport: Transport::WebSocket,
        encoding: Encoding::Json,
        topics,
        resume: resume(&headers, wishes.cursor.as_deref()),
    };
    let feed = hub.open(opening).await.map_err(|error| match error {
        OpenError::OverLimit { limit, .. } => ApiError::TooManyStreams { limit },
        OpenError::Backplane(error) => refusal(error),
    })?;
    let upgrade = upgrade.read_buffer_size(BUFFER_BYTES).write_buffer_size(0);
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES).max_frame_size(MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(async move |socket| carry(socket, feed, hub, user).await))
}

/// A message of a client.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Word {
    Subscribe { topics: BTreeSet<Topic>, cursor: Option<Cursor> },
    Unsubscribe { topics: BTreeSet<Topic> },
    Ping,
}

/// Carries frames out and words in, until either side has gone.
///
/// One loop takes both, but a client that does not read is not listened to either: what it asks for could not be answered.
async fn carry(socket: WebSocket, mut feed: Feed, hub: Arc<Hub>, user: UserKey) {
    let connection_id = feed.connection_id().to_owned();
    let (mut out, mut words) = socket.split();
    let mut scratch = Scratch::default();
    // Changes are put in force by the feed, so its turn comes while they are waited for.
    let mut changes = futures::stream::FuturesOrdered::new();
    loop {
        let sent = tokio::select! {
            poured = poll_fn(|cx| feed.poll_pour(cx, &mut scratch)) => match poured {
                Poured::Frames => send(&mut out, scratch.take_each()).await,
                Poured::Ended => break,
            },
            Some(Err(problem)) = changes.next() => say(&mut out, &explain(problem)).await,
            word = words.next(), if changes.len() < CHANGES => match word {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(Word::Ping) => say(&mut out, &json!({ "type": "pong" })).await,
                    Ok(Word::Subscribe { topics, cursor }) => {
                        changes.push_back(change(&hub, &user, &connection_id, (topics, BTreeSet::new()), cursor));
                        Ok(())
                    }
                    Ok(Word::Unsubscribe { topics }) => {
                        changes.push_back(change(&hub, &user, &connection_id, (BTreeSet::new(), topics), None));
                        Ok(())
                    }
                    Err(problem) => say(&mut out, &explain(problem)).await,
                },
                Some(Ok(Message::Binary(_))) => say(&mut out, &explain("Send JSON as text.")).await,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
        };
        if sent.is_err() {
            break;
        }
    }
    // Whoever has gone hears nothing of it.
    let _ = out.close().await;
}

async fn change(
    hub: &Hub,
    user: &UserKey,
    connection_id: &str,
    (add, remove): (BTreeSet<Topic>, BTreeSet<Topic>),
    from: Option<Cursor>,
) -> Result<(), ChangeError> {
    let topics = (add.into_iter().collect(), remove.into_iter().collect());
    hub.change(user, connection_id, topics, from).await.map(drop)
}

async fn send(out: &mut SplitSink<WebSocket, Message>, frames: Vec<bytes::Bytes>) -> Result<(), axum::Error> {
    for frame in frames {
        let text = Utf8Bytes::try_from(frame).map_err(axum::Error::new)?;
        out.feed(Message::Text(text)).await?;
    }
    out.flush().await
}

async fn say(out: &mut SplitSink<WebSocket, Message>, word: &serde_json::Value) -> Result<(), axum::Error> {
    out.send(Message::Text(word.to_string().into())).await
}

fn explain(problem: impl ToString) -> serde_json::Value {
    json!({ "type": "error", "detail": problem.to_string() })
}
