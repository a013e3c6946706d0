//! Connections: what a client may do, and for how long.

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
    routing::get,
};
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Version, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use server::http::listener::{ListenerLimits, Port, serve_within};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::harness::DEADLINE;

/// A time that is over soon.
pub(crate) const SHORT: Duration = Duration::from_millis(200);
pub(crate) const PATIENT: ListenerLimits = ListenerLimits { connections: 100, head: DEADLINE, reading: DEADLINE };

pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    stopping: CancellationToken,
    serving: JoinHandle<io::Result<()>>,
    /// Hears when an endless answer has begun, and its channel closes when that is dropped.
    pub(crate) endless: mpsc::Receiver<mpsc::Receiver<()>>,
}

/// Says that it has ended when it is dropped.
struct Held(#[expect(dead_code, reason = "dropping it is what it is for")] mpsc::Sender<()>);

async fn server(limits: ListenerLimits) -> Server {
    server_at(limits, Port::from).await
}

/// A server whose port is made of its listener.
pub(crate) async fn server_at(limits: ListenerLimits, port: impl FnOnce(TcpListener) -> Port) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let (began, endless) = mpsc::channel(10);
    let endlessly = move || {
        let began = began.clone();
        async move {
            let (held, ended) = mpsc::channel(1);
            began.send(ended).await.expect("the test lives");
            let held = Held(held);
            let chunks = stream::repeat(Bytes::from_static(&[b'x'; 16 * 1024])).map(move |chunk| {
                let _ = &held;
                Ok::<_, Infallible>(chunk)
            });
            Body::from_stream(chunks)
        }
    };
    let router = Router::new()
        .route("/", get(async |ConnectInfo(client): ConnectInfo<SocketAddr>| client.to_string()))
        .route("/endless", get(endlessly));
    let stopping = CancellationToken::new();
    let serving = tokio::spawn(serve_within(limits, port(listener), router, stopping.clone()));
    Server { addr, stopping, serving, endless }
}

impl Server {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.expect("connected")
    }
}

async fn send(line: &mut (impl AsyncWrite + Unpin), text: &str) {
    line.write_all(text.as_bytes()).await.expect("sent");
}

pub(crate) async fn ask(line: &mut (impl AsyncWrite + Unpin), path: &str) {
    send(line, &format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n")).await;
}

/// All that comes until the line is closed, or broken.
pub(crate) async fn rest(line: &mut (impl AsyncRead + Unpin)) -> String {
    let mut heard = Vec::new();
    // A line that is broken rather than closed has ended as well.
    let _ = timeout(DEADLINE, line.read_to_end(&mut heard)).await.expect("the line ends in time");
    String::from_utf8_lossy(&heard).into_owned()
}

/// One answer of a line that stays open.
async fn answer(line: &mut TcpStream) -> String {
    let own = line.local_addr().expect("an address").to_string();
    let mut heard = String::new();
    while !heard.ends_with(&own) {
        let mut bytes = [0; 1_024];
        let count = timeout(DEADLINE, line.read(&mut bytes)).await.expect("in time").expect("read");
        assert!(count > 0, "the line ended after {heard:?}");
        heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_carries_one_request_after_the_other_and_who_sends_them_is_known() {
    let server = server(PATIENT).await;
    let mut line = server.connect().await;

    for _ in 0..3 {
        ask(&mut line, "/").await;
        assert!(answer(&mut line).await.starts_with("HTTP/1.1 200 OK"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_spoken_without_encryption() {
    let server = server(PATIENT).await;
    let line = TokioIo::new(server.connect().await);
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), line).await.expect("agreed");
    let _connection = tokio::spawn(connection);

    let request = Request::get(format!("http://{}/", server.addr)).body(Empty::<Bytes>::new()).expect("a request");
    let answer = client.send_request(request).await.expect("answered");

    assert_eq!(answer.version(), Version::HTTP_2);
    let client = answer.into_body().collect().await.expect("a body").to_bytes();
    assert!(client.starts_with(b"127.0.0.1:"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_come_to_the_end_of_its_words_is_cut_off() {
    let server = server(ListenerLimits { head: SHORT, ..PATIENT }).await;
    for words in ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nhost: he", "GET / HTTP/1.1\r\nhost: here\r\n\r\n"] {
        let mut line = server.connect().await;
        send(&mut line, words).await;

        let heard = rest(&mut line).await;

        assert_eq!(heard.contains("200 OK"), words.ends_with("\r\n\r\n"), "{words:?}: {heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_is_cut_off_and_what_was_held_for_it_is_let_go() {
    let mut server = server(ListenerLimits { reading: SHORT, ..PATIENT }).await;
    let mut stopped = server.connect().await;
    ask(&mut stopped, "/endless").await;

    let mut ended = timeout(DEADLINE, server.endless.recv()).await.expect("in time").expect("it began");
    assert!(timeout(DEADLINE, ended.recv()).await.expect("in time").is_none());

    let mut other = server.connect().await;
    ask(&mut other, "/").await;
    assert!(answer(&mut other).await.starts_with("HTTP/1.1 200 OK"));
}

/// An answer that is not read has no room left in its window, while the connection carries others.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_http_2_that_does_not_read_an_answer_loses_that_one() {
    let mut server = server(ListenerLimits { reading: SHORT, ..PATIENT }).await;
    let line = TokioIo::new(server.connect().await);
    let (mut client, connection) =
        http2::Builder::new(TokioExecutor::new()).handshake::<_, Empty<Bytes>>(line).await.expect("agreed");
    let _connection = tokio::spawn(connection);
    let mut ask = |path: &str| {
        let request = Request::get(format!("http://{}{path}", server.addr)).body(Empty::new()).expect("a request");
        client.send_request(request)
    };
    let unread = ask("/endless").await.expect("answered");

    let mut ended = timeout(DEADLINE, server.endless.recv()).await.expect("in time").expect("it began");
    assert!(timeout(DEADLINE, ended.recv()).await.expect("in time").is_none());

    unread.into_body().collect().await.expect_err("broken off");
    let other = ask("/").await.expect("answered").into_body().collect().await.expect("a body").to_bytes();
    assert!(other.starts_with(b"127.0.0.1:"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_when_there_are_too_many_is_told_when_to_come_again() {
    let server = server(ListenerLimits { connections: 1, ..PATIENT }).await;
    let mut first = server.connect().await;
    ask(&mut first, "/").await;
    answer(&mut first).await;

    let refused = rest(&mut server.connect().await).await;

    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("retry-after: 5\r\n"), "{refused:?}");
    ask(&mut first, "/").await;
    assert!(answer(&mut first).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_closes_idle_connections_and_answers_others_until_the_last_stream_has_ended() {
    let mut server = server(PATIENT).await;
    let mut idle = server.connect().await;
    ask(&mut idle, "/").await;
    answer(&mut idle).await;
    let mut streaming = server.connect().await;
    ask(&mut streaming, "/endless").await;
    let _ended = timeout(DEADLINE, server.endless.recv()).await.expect("in time").expect("it began");

    server.stopping.cancel();

    assert_eq!(rest(&mut idle).await, "");
    let mut late = server.connect().await;
    ask(&mut late, "/").await;
    assert!(rest(&mut late).await.starts_with("HTTP/1.1 200 OK"));
    assert!(!server.serving.is_finished());
    drop(streaming);
    timeout(DEADLINE, server.serving).await.expect("in time").expect("no panic").expect("no error");
}
