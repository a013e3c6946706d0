//! A client of a stream: over Server-Sent Events, or over a WebSocket.

use std::io;

use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt},
    time::timeout,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};
use tokio_util::io::StreamReader;

use crate::{DEADLINE, program::TOPIC, token};

/// A frame of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// A stream that is read.
pub(crate) struct Reader(BoxStream<'static, Frame>);

impl Reader {
    /// Listens over Server-Sent Events at a host, from a place on, and waits until that has begun.
    pub(crate) async fn over_sse(host: &str, token: &str, cursor: Option<&str>) -> (Self, Frame) {
        let url = format!("http://{host}/api/v1/sse/connect?{}", query(cursor));
        let answer = timeout(DEADLINE, token::client(token).get(url).send()).await.expect("in time").expect("answered");
        assert_eq!(answer.status(), StatusCode::OK);
        let text = StreamReader::new(answer.bytes_stream().map_err(io::Error::other).boxed());
        Self(frames(text).boxed()).greeted().await
    }

    /// Listens over a WebSocket.
    pub(crate) async fn over_websocket(host: &str, token: &str, cursor: Option<&str>) -> (Self, Frame) {
        let url = format!("ws://{host}/api/v1/ws?{}", query(cursor));
        let mut request = url.into_client_request().expect("a request");
        let proof = HeaderValue::from_str(&format!("Bearer {token}")).expect("a header");
        request.headers_mut().insert("authorization", proof);
        let (socket, _) = timeout(DEADLINE, connect_async(request)).await.expect("in time").expect("connected");
        let frames = socket.take_while(|message| std::future::ready(message.is_ok())).filter_map(async |message| {
            let Ok(Message::Text(text)) = message else { return None };
            let data: Value = serde_json::from_str(&text).expect("JSON");
            Some(Frame { id: data["id"].as_str().expect("an id").to_owned(), data })
        });
        Self(frames.boxed()).greeted().await
    }

    async fn greeted(mut self) -> (Self, Frame) {
        let greeting = self.next().await.expect("a greeting");
        assert_eq!(greeting.data["type"], "connected");
        (self, greeting)
    }

    /// The next frame; `None` when the stream has ended, or broke.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        timeout(DEADLINE, self.0.next()).await.expect("a frame in time")
    }

    /// The next event that somebody published; `None` when the stream has ended, or broke.
    pub(crate) async fn next_published(&mut self) -> Option<Frame> {
        let waiting = async {
            while let Some(frame) = self.next().await {
                match frame.data["type"].as_str() {
                    Some("custom") => return Some(frame),
                    Some("heartbeat") => {}
                    other => panic!("{other:?}: {frame:?}"),
                }
            }
            None
        };
        // Heartbeats go on for ever.
        timeout(DEADLINE, waiting).await.expect("an event in time")
    }

    /// Hears a number next.
    pub(crate) async fn hears(&mut self, number: u64) {
        assert_eq!(self.next_published().await.expect("the stream goes on").data["data"], number);
    }
}

fn query(cursor: Option<&str>) -> String {
    let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    format!("topics={TOPIC}{cursor}")
}

/// The frames of a text, as long as it goes on.
fn frames(text: impl AsyncBufRead + Send + Unpin + 'static) -> impl Stream<Item = Frame> + Send {
    futures::stream::unfold(text.lines(), async |mut lines| {
        let (mut id, mut data) = (None, None);
        loop {
            let line = lines.next_line().await.ok()??;
            if let Some(place) = line.strip_prefix("id: ") {
                id = Some(place.to_owned());
            } else if let Some(json) = line.strip_prefix("data: ") {
                data = Some(serde_json::from_str(json).expect("JSON"));
            } else if line.is_empty() {
                let frame = Frame { id: id.expect("every frame has an id"), data: data.expect("every frame has data") };
                return Some((frame, lines));
            }
        }
    })
}
