//! The live stream over a WebSocket.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, handshake::client::Request, http::HeaderValue},
};

use crate::harness::{App, DEADLINE, Work, spawn};

/// A client.
pub(crate) struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub(crate) async fn open(app: &App, query: &str) -> Self {
        let (socket, _) = connect_async(address(app, query)).await.expect("connected");
        Self(socket)
    }

    pub(crate) async fn say(&mut self, word: Value) {
        self.0.send(Message::text(word.to_string())).await.expect("sent");
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            match timeout(DEADLINE, self.0.next()).await.expect("a frame in time")? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("JSON")),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// The next frame of a type; others are passed over. `None` at the end.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Option<Value> {
        let waiting = async {
            while let Some(frame) = self.next().await {
                if frame["type"] == kind {
                    return Some(frame);
                }
            }
            None
        };
        // Heartbeats go on for ever.
        timeout(DEADLINE, waiting).await.expect("such a frame in time")
    }
}

fn address(app: &App, query: &str) -> Request {
    request(app, &format!("/api/v1/ws?{query}"))
}

/// A handshake at an address, with the token.
pub(crate) fn request(app: &App, path: &str) -> Request {
    let url = format!("{}{path}", app.base.replace("http://", "ws://"));
    let mut request = url.into_client_request().expect("a request");
    let proof = HeaderValue::from_str(&format!("Bearer {}", app.token)).expect("a header");
    request.headers_mut().insert("authorization", proof);
    request
}

async fn idle() -> App {
    spawn(Work::Nowhere, server::Limits::default()).await
}

async fn publish(app: &App, number: u64) {
    use ::app::events::{Custom, Event, Topic};
    let custom = Custom { topic: Topic::Custom("test".to_owned()), data: json!(number) };
    app.parts.backplane.append(vec![Event::Custom(custom)]).await.expect("appended");
}

/// The status that a handshake is refused with.
async fn refusal(app: &App, origin: Option<&'static str>) -> u16 {
    let mut request = address(app, "topics=imports");
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", HeaderValue::from_static(origin));
    }
    match connect_async(request).await {
        Err(Error::Http(answer)) => answer.status().as_u16(),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn it_carries_the_same_frames_and_goes_on_where_its_client_was() {
    let app = idle().await;
    let mut first = Client::open(&app, "topics=custom:test").await;
    let greeting = first.next_of("connected").await.expect("a greeting");
    publish(&app, 1).await;
    let seen = first.next_of("custom").await.expect("an event");
    drop(first);
    publish(&app, 2).await;

    let mut second =
        Client::open(&app, &format!("topics=custom:test&cursor={}", seen["id"].as_str().expect("an id"))).await;

    assert_eq!(greeting["id"], greeting["cursor"]);
    assert_eq!((&seen["data"], &seen["topic"]), (&json!(1), &json!("custom:test")));
    let greeting = second.next_of("connected").await.expect("a greeting");
    assert_eq!((&greeting["resumed"], &greeting["replayed"]), (&json!(true), &json!(1)));
    assert_eq!(second.next_of("custom").await.expect("an event")["data"], 2);
    assert!(second.next_of("heartbeat").await.is_some());
    assert_eq!(app.json("/api/v1/sse/stats").await["connections"][0]["transport"], "websocket");
}

#[tokio::test]
async fn its_client_changes_topics_by_messages() {
    let app = idle().await;
    let mut client = Client::open(&app, "topics=general").await;
    let greeting = client.next_of("connected").await.expect("a greeting");
    publish(&app, 1).await;

    client.say(json!({ "type": "subscribe", "topics": ["custom:test"], "cursor": greeting["id"] })).await;
    let missed = client.next_of("custom").await.expect("an event");
    let subscribed = client.next_of("subscribed").await.expect("a word");
    client.say(json!({ "type": "unsubscribe", "topics": ["general"] })).await;
    let unsubscribed = client.next_of("unsubscribed").await.expect("a word");
    client.say(json!({ "type": "ping" })).await;
    let pong = client.next_of("pong").await;
    client.say(json!({ "type": "subscribe", "topics": ["tea"] })).await;
    let problem = client.next_of("error").await.expect("a word");

    assert_eq!(missed["data"], 1);
    assert_eq!(subscribed["topics"], json!(["general", "custom:test"]));
    assert_eq!(unsubscribed["topics"], json!(["custom:test"]));
    assert!(pong.is_some());
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("tea")), "{problem}");
}

#[tokio::test]
async fn a_page_of_another_site_and_one_socket_too_many_are_refused() {
    let app = idle().await;

    assert_eq!(refusal(&app, Some("https://evil.example")).await, 403);
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(Client::open(&app, "topics=imports").await);
    }
    assert_eq!(refusal(&app, None).await, 429);
}

#[tokio::test]
async fn a_server_that_stops_says_good_bye_and_ends() {
    let app = idle().await;
    let mut client = Client::open(&app, "topics=imports").await;
    client.next_of("connected").await;

    app.stop();

    assert_eq!(client.next_of("bye").await.expect("a word")["reason"], "shutdown");
    assert_eq!(client.next_of("anything").await, None);
}
