//! A reader of event streams, as strict as the specification lets it be.

use futures::StreamExt;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

use crate::harness::{App, DEADLINE};

/// One frame, as the specification of event streams reads it.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) id: String,
    pub(crate) event: Option<String>,
    pub(crate) data: Value,
}

/// A stream that is read.
pub(crate) struct Stream {
    bytes: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    rest: String,
}

impl Stream {
    pub(crate) async fn open(app: &App, query: &str) -> Self {
        let answer = app.get(&format!("/api/v1/sse/connect?{query}")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        Self::of(answer)
    }

    /// The stream of an answer.
    pub(crate) fn of(answer: Response) -> Self {
        Self { bytes: answer.bytes_stream().boxed(), rest: String::new() }
    }

    /// The next frame; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, rest)) = self.rest.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.rest = rest;
                return Some(read(&frame));
            }
            let part = timeout(DEADLINE, self.bytes.next()).await.expect("a frame in time")?;
            self.rest.push_str(std::str::from_utf8(&part.expect("a whole line")).expect("UTF-8"));
        }
    }

    /// The next frame of a type; others are passed over.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Frame {
        let waiting = async {
            loop {
                let frame = self.next().await.expect("the stream goes on");
                if frame.data["type"] == kind {
                    return frame;
                }
            }
        };
        // Heartbeats go on for ever.
        timeout(DEADLINE, waiting).await.expect("such a frame in time")
    }
}

fn read(text: &str) -> Frame {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
    Frame {
        id: field("id:").expect("every frame has an id"),
        event: field("event:"),
        data: serde_json::from_str(&field("data:").expect("every frame has data")).expect("JSON"),
    }
}
