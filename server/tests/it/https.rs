//! The whole server over TLS: what browsers are told, and the live stream in each of its forms.

use std::{io, net::SocketAddr, time::Duration};

use ::app::{
    domain::Role,
    events::{Custom, Event, Topic},
};
use futures::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http2,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use server::{
    AppState, Cookies, Limits,
    auth::By,
    http::{
        self,
        headers::Transport,
        listener::{ListenerLimits, Port, serve_within, tls::Tls},
    },
    hub::{Hub, HubConfig},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};
use tokio_util::sync::CancellationToken;

use crate::{
    certificates::{Folder, HTTP_1_1, HTTP_2, Issued},
    harness::{App, DEADLINE, Work, spawn},
};

const STREAM: &str = "/api/v1/sse/connect?topics=custom:test";
const PASSWORD: &str = "correct horse battery staple";

/// A node that encrypts, and says nothing on a stream unless something happens.
struct Node {
    app: App,
    addr: SocketAddr,
    issued: Issued,
    stopping: CancellationToken,
    serving: JoinHandle<io::Result<()>>,
}

impl Node {
    async fn start() -> Self {
        Self::within(ListenerLimits::default()).await
    }

    async fn within(limits: ListenerLimits) -> Self {
        let app = spawn(Work::Nowhere, Limits::default()).await;
        let stopping = CancellationToken::new();
        let config = HubConfig { heartbeat: Duration::from_hours(1), ..HubConfig::default() };
        let hub = Hub::start(app.parts.backplane.clone(), config, stopping.clone()).await.expect("started");
        let state = AppState::new(app.parts.clone(), hub, Limits::default());
        let router = http::router(state.with_cookies(Cookies::Secure).over(Transport::Tls));
        let issued = Issued::new();
        let tls = Tls::open(Folder::with(&issued).files()).await.expect("a pair");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let serving = serve_within(limits, Port::encrypted(listener, tls), router, stopping.clone());
        Self { app, addr, issued, stopping, serving: tokio::spawn(serving) }
    }

    async fn connect(&self, version: &[u8]) -> TlsStream<TcpStream> {
        self.issued.connect(self.addr, version).await.expect("agreed")
    }

    /// Asks over HTTP/2.
    async fn ask(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let line = TokioIo::new(self.connect(HTTP_2).await);
        let (mut client, connection) = http2::handshake(TokioExecutor::new(), line).await.expect("agreed");
        tokio::spawn(connection);
        client.send_request(request).await.expect("answered")
    }

    /// A request, with the token.
    fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Request<Full<Bytes>> {
        let uri = format!("https://localhost:{}{path}", self.addr.port());
        let proof = format!("Bearer {}", self.app.token);
        let mut request = Request::builder().method(method).uri(uri).header("authorization", proof);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-type", "application/json");
        request.body(Full::from(body.to_string())).expect("a request")
    }

    /// Opens a stream over HTTP/1.1, and reads until it has greeted.
    async fn listen(&self, socket: TcpStream) -> Line {
        let socket = self.issued.agree(socket, HTTP_1_1).await.expect("agreed");
        let mut line = Line { socket, heard: String::new() };
        let request = format!("GET {STREAM} HTTP/1.1\r\nhost: localhost\r\n{}\r\n", self.app.proof());
        line.socket.write_all(request.as_bytes()).await.expect("sent");
        line.hear("event: connected\n").await;
        line
    }

    async fn publish(&self, text: &str) {
        let custom = Custom { topic: Topic::Custom("test".to_owned()), data: json!(text) };
        self.app.parts.backplane.append(vec![Event::Custom(custom)]).await.expect("appended");
    }

    async fn streams(&self) -> u64 {
        let asked = self.ask(self.request("GET", "/api/v1/sse/stats", &[], &Value::Null)).await;
        let stats = asked.into_body().collect().await.expect("a body").to_bytes();
        serde_json::from_slice::<Value>(&stats).expect("JSON")["totalConnections"].as_u64().expect("a number")
    }

    /// Stops, and waits until the last connection has ended.
    async fn stopped(self) {
        self.stopping.cancel();
        timeout(DEADLINE, self.serving).await.expect("in time").expect("no panic").expect("no error");
    }
}

/// A stream, and all that was read of it.
struct Line {
    socket: TlsStream<TcpStream>,
    heard: String,
}

impl Line {
    /// Reads until a text has come.
    async fn hear(&mut self, text: &str) {
        while !self.heard.contains(text) {
            assert!(self.read().await.expect("whole") > 0, "the line ended after {:?}", self.heard);
        }
    }

    async fn read(&mut self) -> io::Result<usize> {
        let mut bytes = vec![0; 16 * 1024];
        let count = timeout(DEADLINE, self.socket.read(&mut bytes)).await.expect("something in time")?;
        self.heard.push_str(std::str::from_utf8(&bytes[..count]).expect("UTF-8"));
        Ok(count)
    }
}

fn told<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().expect("ASCII")
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_told_to_come_encrypted_and_given_cookies_for_secure_origins() {
    let node = Node::start().await;
    node.app
        .accounts
        .add_user(&By::Console, "ada@example.com", Role::Viewer, PASSWORD.to_owned())
        .await
        .expect("added");
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });

    let page = node.ask(node.request("GET", "/login", &[], &Value::Null)).await;
    let api = node.ask(node.request("GET", "/api/v1/jobs", &[], &Value::Null)).await;
    let signed_in = node.ask(node.request("POST", "/api/v1/auth/login", &[], &login)).await;

    for answer in [&page, &api, &signed_in] {
        assert!(answer.status().is_success(), "{}", answer.status());
        assert_eq!(told(answer.headers(), "strict-transport-security"), "max-age=63072000; includeSubDomains");
    }
    let cookies: Vec<&str> = signed_in.headers().get_all("set-cookie").iter().flat_map(HeaderValue::to_str).collect();
    let is_set = |name: &str| cookies.iter().any(|line| line.starts_with(name) && line.contains("Secure"));
    assert!(is_set("__Host-signalbox=") && is_set("__Host-signalbox-device="), "{cookies:?}");
}

/// Browsers that don't vouch for their page send its origin, and over HTTP/2 no `Host` to compare it with.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_or_of_this_one_unencrypted_changes_nothing() {
    let node = Node::start().await;
    let event = json!({ "topic": "custom:test", "data": 1 });
    let ours = format!("https://localhost:{}", node.addr.port());
    let plain = ours.replace("https", "http");

    for (origin, status) in [
        (ours.as_str(), StatusCode::CREATED),
        ("https://evil.example", StatusCode::FORBIDDEN),
        ("https://localhost", StatusCode::FORBIDDEN),
        (&plain, StatusCode::FORBIDDEN),
    ] {
        let answer = node.ask(node.request("POST", "/api/v1/events", &[("origin", origin)], &event)).await;
        assert_eq!(answer.status(), status, "{origin}");
    }
    let stream = node.ask(node.request("GET", STREAM, &[("origin", &plain)], &Value::Null)).await;
    assert_eq!(stream.status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_its_connection_for_itself_and_is_ended_as_both_protocols_want_it() {
    let node = Node::start().await;
    let mut line = node.listen(TcpStream::connect(node.addr).await.expect("connected")).await;
    assert!(line.heard.contains("\r\nconnection: close\r\n"), "{}", line.heard);
    node.publish("tea").await;
    line.hear("tea").await;

    let stopped = node.stopped();
    let heard_out = async {
        // A line that ends without the word for it is an error here.
        while line.read().await.expect("closed, and not cut") > 0 {}
    };
    tokio::join!(stopped, heard_out);

    assert!(line.heard.contains("event: bye\n") && line.heard.ends_with("0\r\n\r\n"), "{}", line.heard);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_slow_reader_has_not_taken_comes_though_nothing_else_happens() {
    let node = Node::start().await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 * 1024).expect("set");
    let mut line = node.listen(socket.connect(node.addr).await.expect("connected")).await;
    // Together more than two systems hold for it.
    let text = "x".repeat(60_000);
    for at in 0..200 {
        node.publish(&format!("{text} {at}.")).await;
    }

    for at in 0..200 {
        line.hear(&format!(" {at}.")).await;
        line.heard.clear();
    }

    node.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_not_read_is_cut_off_and_its_seat_is_given_back() {
    let node = Node::within(ListenerLimits { reading: Duration::from_millis(200), ..ListenerLimits::default() }).await;
    let _stopped = node.listen(TcpStream::connect(node.addr).await.expect("connected")).await;
    assert_eq!(node.streams().await, 1);

    let text = "x".repeat(60_000);
    let cut_off = async {
        while node.streams().await > 0 {
            node.publish(&text).await;
        }
    };
    timeout(DEADLINE, cut_off).await.expect("cut off in time");

    node.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_2_streams_come_through_http() {
    let node = Node::start().await;
    let mut answer = node.ask(node.request("GET", STREAM, &[], &Value::Null)).await;
    node.publish("tea").await;

    let mut heard = String::new();
    while !heard.contains("tea") {
        let frame = timeout(DEADLINE, answer.body_mut().frame()).await.expect("in time").expect("more").expect("whole");
        heard.push_str(std::str::from_utf8(&frame.into_data().expect("data")).expect("UTF-8"));
    }

    assert!(heard.starts_with("event: connected\n"), "{heard}");
    let ended = async { while let Some(Ok(_)) = answer.body_mut().frame().await {} };
    tokio::join!(node.stopped(), async { timeout(DEADLINE, ended).await.expect("ended in time") });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_hears_the_same_and_speaks() {
    let node = Node::start().await;
    let url = format!("wss://localhost:{}/api/v1/ws?topics=custom:test", node.addr.port());
    let mut request = url.into_client_request().expect("a request");
    let proof = HeaderValue::from_str(&format!("Bearer {}", node.app.token)).expect("a header");
    request.headers_mut().insert("authorization", proof);
    let (mut socket, _) = client_async(request, node.connect(HTTP_1_1).await).await.expect("connected");
    let mut next_of = async |kind: &str| loop {
        let message = timeout(DEADLINE, socket.next()).await.expect("in time").expect("more").expect("whole");
        if kind == "connected" {
            socket.send(Message::text(r#"{"type":"ping"}"#)).await.expect("sent");
        }
        let frame: Value = serde_json::from_str(message.to_text().expect("text")).expect("JSON");
        if frame["type"] == kind {
            break frame;
        }
    };

    next_of("connected").await;
    next_of("pong").await;
    node.publish("tea").await;
    assert_eq!(next_of("custom").await["data"], "tea");

    node.stopping.cancel();
    assert_eq!(next_of("bye").await["reason"], "shutdown");
    drop(socket);
    node.stopped().await;
}
