//! Streams that have their connection for themselves: over plain sockets, so that each byte is seen.

use std::time::Duration;

use ::app::events::{Custom, Event, Topic};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use server::{
    AppState, Limits, http,
    http::listener::{ListenerLimits, serve_within},
    hub::{Hub, HubConfig},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::harness::{App, DEADLINE, Work, spawn};

const STREAM: &str = "/api/v1/sse/connect?topics=custom:test";

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

async fn publish(app: &App, text: &str) {
    let custom = Custom { topic: Topic::Custom("test".to_owned()), data: json!(text) };
    app.parts.backplane.append(vec![Event::Custom(custom)]).await.expect("appended");
}

/// Waits until so many streams are open.
async fn await_streams(app: &App, count: usize) {
    let waiting = async { while app.json("/api/v1/sse/stats").await["totalConnections"] != count {} };
    timeout(DEADLINE, waiting).await.expect("so many in time");
}

/// A plain socket, and all that was read of it.
struct Line {
    socket: TcpStream,
    heard: String,
}

impl Line {
    async fn to(base: &str) -> Self {
        let socket = TcpStream::connect(base.trim_start_matches("http://")).await.expect("connected");
        Self { socket, heard: String::new() }
    }

    /// Opens a stream by these words, and reads until it has greeted.
    async fn open(app: &App, words: &str) -> Self {
        let mut line = Self::to(&app.base).await;
        line.say(words).await;
        line.hear("event: connected\n").await;
        line
    }

    async fn say(&mut self, words: &str) {
        self.socket.write_all(words.as_bytes()).await.expect("sent");
    }

    /// Reads until a text has come.
    async fn hear(&mut self, text: &str) {
        while !self.heard.contains(text) {
            assert!(self.read().await > 0, "the line ended after {:?}", self.heard);
        }
    }

    /// Reads until the line is closed, or broken.
    async fn hear_out(mut self) -> String {
        while self.read().await > 0 {}
        self.heard
    }

    async fn read(&mut self) -> usize {
        let mut bytes = [0; 4_096];
        let read = timeout(DEADLINE, self.socket.read(&mut bytes)).await.expect("something in time");
        let count = read.unwrap_or_default();
        self.heard.push_str(std::str::from_utf8(&bytes[..count]).expect("UTF-8"));
        count
    }

    /// The head of its answer, without the moment.
    fn head(&self) -> Vec<&str> {
        let (head, _) = self.heard.split_once("\r\n\r\n").expect("a head");
        head.lines().filter(|line| !line.starts_with("date: ")).collect()
    }
}

fn get(app: &App, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: here\r\n{}\r\n", app.proof())
}

#[tokio::test]
async fn its_head_is_the_one_of_a_stream_that_stays_in_http_and_says_that_the_connection_ends_with_it() {
    let app = idle().await;

    let alone = Line::open(&app, &get(&app, STREAM)).await;
    let with = |words: &str| get(&app, STREAM).replace("host: here\r\n", &format!("host: here\r\n{words}"));
    let asked_to_close = Line::open(&app, &with("connection: close\r\n")).await;
    let in_http = Line::open(&app, &format!("{}x", with("content-length: 1\r\n"))).await;

    let expected = [
        "HTTP/1.1 200 OK",
        "content-type: text/event-stream",
        "cache-control: no-cache, no-transform",
        "x-accel-buffering: no",
        "transfer-encoding: chunked",
    ];
    let sorted = |mut lines: Vec<&str>| {
        lines.sort_unstable();
        lines.join("\n")
    };
    let head = in_http.head();
    for line in expected {
        assert!(head.contains(&line), "no {line}: {head:?}");
    }
    assert_eq!(sorted(alone.head()), sorted([head.as_slice(), &["connection: close"]].concat()));
    assert_eq!(sorted(asked_to_close.head()), sorted(alone.head()));
    assert!(alone.heard.contains("\r\ndate: "));
}

#[tokio::test]
async fn each_piece_has_its_length_and_the_last_one_is_told() {
    let app = idle().await;
    let mut line = Line::open(&app, &get(&app, STREAM)).await;
    publish(&app, "tea").await;
    line.hear("tea").await;

    app.stop();

    let heard = line.hear_out().await;
    let (_, mut body) = heard.split_once("\r\n\r\n").expect("a head");
    let mut frames = String::new();
    loop {
        let (length, rest) = body.split_once("\r\n").expect("a length");
        let length = usize::from_str_radix(length, 16).expect("a number");
        let (piece, rest) = rest.split_at(length);
        frames.push_str(piece);
        body = rest.strip_prefix("\r\n").expect("an end of the line");
        if length == 0 {
            break;
        }
    }
    assert_eq!(body, "");
    let kinds: Vec<&str> = frames.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"connected"), Some(&"bye")));
    assert_eq!(kinds.iter().filter(|kind| **kind == "custom").count(), 1);
}

#[tokio::test]
async fn over_http_1_0_the_frames_come_as_they_are_until_the_connection_ends() {
    let app = idle().await;
    let mut line = Line::open(&app, &format!("GET {STREAM} HTTP/1.0\r\n{}\r\n", app.proof())).await;
    publish(&app, "tea").await;
    line.hear("tea").await;
    let head = line.head().join("\n");

    app.stop();

    assert!(head.starts_with("HTTP/1.0 200 OK") && !head.contains("transfer-encoding"), "{head}");
    let all = line.hear_out().await;
    let (_, body) = all.split_once("\r\n\r\n").expect("a head");
    assert!(body.starts_with("event: connected\n") && body.ends_with("\n\n"), "{body}");
    assert!(body.contains("event: bye\n"));
}

#[tokio::test]
async fn it_may_follow_other_answers_on_a_connection_and_what_was_asked_behind_it_is_not_answered() {
    let app = idle().await;
    let words =
        [get(&app, "/health/live"), get(&app, "/health/live"), get(&app, STREAM), get(&app, "/health/live")].concat();
    let mut line = Line::open(&app, &words).await;
    publish(&app, "tea").await;
    line.hear("tea").await;

    app.stop();

    let heard = line.hear_out().await;
    assert_eq!(heard.matches("HTTP/1.1 200 OK").count(), 3, "{heard}");
    let last = heard.rfind("HTTP/1.1 200 OK").expect("a head");
    assert!(heard[last..].contains("text/event-stream") && heard[last..].contains("event: bye\n"));
}

#[tokio::test]
async fn what_a_client_says_on_it_is_not_listened_to_and_too_much_ends_it() {
    let app = idle().await;
    let mut line = Line::open(&app, &get(&app, STREAM)).await;

    line.say(&"x".repeat(1_000)).await;
    publish(&app, "tea").await;
    line.hear("tea").await;
    await_streams(&app, 1).await;
    line.say(&"x".repeat(20_000)).await;

    line.hear_out().await;
    await_streams(&app, 0).await;
}

#[tokio::test]
async fn a_client_that_goes_gives_its_seat_back_though_nothing_is_sent() {
    let app = idle().await;
    let closed = Line::open(&app, &get(&app, STREAM)).await;
    let broken = Line::open(&app, &get(&app, STREAM)).await;
    let mut only_its_head = Line::to(&app.base).await;
    await_streams(&app, 2).await;

    drop(closed);
    broken.socket.set_zero_linger().expect("set");
    drop(broken);
    only_its_head.say(&get(&app, STREAM).replace("GET", "HEAD")).await;
    only_its_head.hear("\r\n\r\n").await;

    await_streams(&app, 0).await;
}

#[tokio::test]
async fn a_client_that_stops_reading_is_cut_off_and_its_seat_is_given_back() {
    let app = idle().await;
    let stopping = CancellationToken::new();
    let hub = Hub::start(app.parts.backplane.clone(), HubConfig::default(), stopping.clone()).await.expect("started");
    let router = http::router(AppState::new(app.parts.clone(), hub, Limits::default()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let limits = ListenerLimits { reading: Duration::from_millis(200), ..ListenerLimits::default() };
    let serving = tokio::spawn(serve_within(limits, listener, router, stopping.clone()));
    let mut stopped = Line::to(&base).await;
    stopped.say(&get(&app, STREAM)).await;
    stopped.hear("event: connected\n").await;
    let url = format!("{base}/api/v1/sse/stats");
    let open = async || {
        let stats = app.client.get(&url).send().await.expect("answered").json::<serde_json::Value>().await;
        stats.expect("JSON")["totalConnections"].as_u64().expect("a number")
    };
    assert_eq!(open().await, 1);

    // More than two systems hold for it.
    let text = "x".repeat(60_000);
    let cut_off = async {
        while open().await > 0 {
            publish(&app, &text).await;
        }
    };
    timeout(DEADLINE, cut_off).await.expect("cut off in time");

    stopping.cancel();
    timeout(DEADLINE, serving).await.expect("in time").expect("no panic").expect("no error");
}

#[tokio::test]
async fn over_http_2_the_same_frames_leave_through_http() {
    let app = idle().await;
    let socket = TcpStream::connect(app.base.trim_start_matches("http://")).await.expect("connected");
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.expect("agreed");
    let _connection = tokio::spawn(connection);
    let request =
        Request::get(format!("{}{STREAM}", app.base)).header("authorization", format!("Bearer {}", app.token));
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    let mut answer = client.send_request(request).await.expect("answered");
    publish(&app, "tea").await;

    let mut heard = String::new();
    while !heard.contains("tea") {
        let frame = timeout(DEADLINE, answer.body_mut().frame()).await.expect("in time").expect("more").expect("whole");
        heard.push_str(std::str::from_utf8(&frame.into_data().expect("data")).expect("UTF-8"));
    }

    assert!(heard.starts_with("event: connected\n"), "{heard}");
    drop((answer, client));
    await_streams(&app, 0).await;
}
