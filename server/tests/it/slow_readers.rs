//! Readers that are slow, or stop: others hear everything at once, and whoever does not read is cut off or told `reset`.

use std::{net::SocketAddr, time::Duration};

use ::app::events::{Cursor, Custom, Event, Topic};
use reqwest::StatusCode;
use serde_json::{Value, json};
use server::{
    AppState, Limits,
    backplane::{Backplane, ReadLog, SqlBackplane, sql::Retention},
    http::{
        self,
        listener::{ListenerLimits, serve_within},
    },
    hub::{Hub, HubConfig, RingLimits},
    store::Database,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    frames::{Frame, Stream},
    harness::{App, DEADLINE, Work, spawn},
};

/// Events of one test, and the length of what each tells: together far more than sockets hold on their way.
const EVENTS: u64 = 300;
const LENGTH: usize = 40_000;
/// Events in memory.
const RING: usize = 16;
/// Sooner than the system itself gives up who does not take anything.
const SOON: Duration = Duration::from_secs(10);
/// Readers that read.
const HEALTHY: usize = 3;
const STREAM: &str = "/api/v1/sse/connect?topics=custom:test";

/// A node with limits of its own.
struct Node {
    app: App,
    addr: SocketAddr,
    _stopping: DropGuard,
}

impl Node {
    async fn start(reading: Duration) -> Self {
        let app = spawn(Work::Nowhere, Limits::default()).await;
        let stopping = CancellationToken::new();
        let config = HubConfig {
            heartbeat: Duration::from_millis(100),
            streams_per_user: 100,
            ring: RingLimits { frames: RING, ..RingLimits::default() },
        };
        let hub = Hub::start(app.parts.backplane.clone(), config, stopping.clone()).await.expect("started");
        let router = http::router(AppState::new(app.parts.clone(), hub, Limits::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let limits = ListenerLimits { reading, ..ListenerLimits::default() };
        tokio::spawn(serve_within(limits, listener, router, stopping.clone()));
        Self { app, addr, _stopping: stopping.drop_guard() }
    }

    /// A reader that has been greeted.
    async fn listen(&self) -> Stream {
        let answer = self.app.client.get(format!("http://{}{STREAM}", self.addr)).send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::OK);
        let mut stream = Stream::of(answer);
        stream.next_of("connected").await;
        stream
    }

    /// A socket with little room for what it does not read, on which a stream has begun.
    async fn open(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4 * 1024).expect("set");
        let mut line = socket.connect(self.addr).await.expect("connected");
        let request = format!("GET {STREAM} HTTP/1.1\r\nhost: here\r\n{}\r\n", self.app.proof());
        line.write_all(request.as_bytes()).await.expect("sent");
        byte_of(&mut line).await;
        line
    }

    async fn publish(&self, number: u64) -> Cursor {
        let data = json!({ "number": number, "text": "x".repeat(LENGTH) });
        let custom = Custom { topic: Topic::Custom("test".to_owned()), data };
        self.app.parts.backplane.append(vec![Event::Custom(custom)]).await.expect("appended")
    }

    /// How many streams are open.
    async fn streams(&self) -> u64 {
        let answer = self.app.client.get(format!("http://{}/api/v1/sse/stats", self.addr)).send().await;
        let stats: Value = answer.expect("answered").json().await.expect("JSON");
        stats["totalConnections"].as_u64().expect("a number")
    }

    /// Cuts the log, so that its youngest events are left.
    async fn cut_the_log(&self, start: &Cursor) {
        let retention = Retention { event_count: 4, ..Retention::default() };
        let path = self.app.parts.database.path().expect("a file");
        let database = Database::open(&format!("sqlite://{}", path.display())).await.expect("opened");
        let keeper = SqlBackplane::open(database, retention).await.expect("opened");
        while matches!(keeper.read(start, 1).await.expect("readable"), ReadLog::Events(_)) {
            keeper.maintain().await.expect("kept");
        }
    }
}

async fn byte_of(line: &mut TcpStream) -> u8 {
    timeout(DEADLINE, line.read_u8()).await.expect("a byte in time").expect("the line goes on")
}

fn number(frame: &Frame) -> u64 {
    frame.data["data"]["number"].as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_reading_or_takes_a_byte_now_and_then_is_cut_off_and_others_hear_everything_at_once() {
    let node = Node::start(Duration::from_millis(500)).await;
    let mut healthy = Vec::new();
    for _ in 0..HEALTHY {
        healthy.push(node.listen().await);
    }
    let (mut stopped, mut slow) = (node.open().await, node.open().await);

    for at in 0..EVENTS {
        node.publish(at).await;
        for stream in &mut healthy {
            assert_eq!(number(&stream.next_of("custom").await), at);
        }
        // What little there is of it in the client's system.
        if at < 100 {
            byte_of(&mut slow).await;
        }
    }

    let cut_off = async {
        // A byte with each heartbeat, as long as there are any.
        while node.streams().await > HEALTHY as u64 {
            healthy[0].next_of("heartbeat").await;
            let _ = slow.read_u8().await;
        }
    };
    timeout(SOON, cut_off).await.expect("cut off in time");
    for line in [&mut stopped, &mut slow] {
        let mut rest = Vec::new();
        // Broken rather than closed.
        let _ = timeout(DEADLINE, line.read_to_end(&mut rest)).await.expect("the line ends in time");
        assert!(rest.len() < 1_000_000, "{} bytes were waiting in the client's system", rest.len());
    }
    node.publish(EVENTS).await;
    for stream in &mut healthy {
        assert_eq!(number(&stream.next_of("custom").await), EVENTS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_told_everything_in_order_however_far_it_is_behind() {
    let node = Node::start(DEADLINE).await;
    let (mut healthy, mut slow) = (node.listen().await, node.listen().await);
    let mut heard = 0;

    for at in 0..EVENTS {
        node.publish(at).await;
        assert_eq!(number(&healthy.next_of("custom").await), at);
        if at % 10 == 0 {
            assert_eq!(number(&slow.next_of("custom").await), heard);
            heard += 1;
        }
    }

    for at in heard..EVENTS {
        assert_eq!(number(&slow.next_of("custom").await), at);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_whose_next_event_is_not_kept_any_more_is_told_reset_once_and_goes_on() {
    let node = Node::start(DEADLINE).await;
    let start = node.app.parts.backplane.head().await.expect("an end");
    let (mut healthy, mut slow) = (node.listen().await, node.listen().await);
    for at in 0..EVENTS {
        node.publish(at).await;
        assert_eq!(number(&healthy.next_of("custom").await), at);
    }
    node.cut_the_log(&start).await;

    // What was on its way is in order.
    let mut expected = 0;
    let reset = loop {
        let frame = slow.next().await.expect("the stream goes on");
        match frame.data["type"].as_str() {
            Some("custom") => {
                assert_eq!(number(&frame), expected);
                expected += 1;
            }
            Some("reset") => break frame,
            other => assert_eq!(other, Some("heartbeat")),
        }
    };

    assert_eq!(reset.data["reason"], "trimmed");
    assert!((1..EVENTS).contains(&expected), "{expected} events were on their way");
    let next = node.publish(EVENTS).await;
    let frame = loop {
        let frame = slow.next().await.expect("the stream goes on");
        if frame.data["type"] != "heartbeat" {
            break frame;
        }
    };
    assert_eq!((number(&frame), frame.id), (EVENTS, next.to_string()));
    assert_eq!(number(&healthy.next_of("custom").await), EVENTS);
}
