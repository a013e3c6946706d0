//! Readers that don't read hold next to nothing of a server's memory, however much is told. A program of its own, for what its process
//! holds is what is measured.

#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use app::{
    domain::Role,
    events::{Custom, Event, Topic},
};
use futures::future::join_all;
use serde_json::json;
use server::{
    AppState, Limits,
    auth::{By, Secret},
    backplane::{Backplane, SqlBackplane, sql::Retention},
    files::Files,
    http::{
        self,
        listener::{ListenerLimits, serve_within},
    },
    hub::{Hub, HubConfig, RingLimits},
    jobs::context::Parts,
    store::Database,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Longer than any of this takes.
const PATIENCE: Duration = Duration::from_mins(10);
/// Readers that don't read.
const STOPPED: usize = 50;
/// What is told before there are any, and what is told to them, MiB.
const BEFORE: usize = 8;
const TOLD: usize = 40;
/// What the ring holds, MiB.
const RING: usize = 1;
/// What a reader may hold, KiB: a piece that is on its way and the next one, each of 64 KiB and the rest of an event.
const HELD: usize = 2 * (64 + 30);
/// What the work itself may take, MiB.
const WORK: usize = 10;
/// The length of an event's text, events that are told at once, and those that the log keeps.
const LENGTH: usize = 30_000;
const BATCH: usize = 16;
const KEPT: u64 = 20;

/// A server that is told things.
struct Site {
    addr: SocketAddr,
    token: Secret,
    log: Arc<SqlBackplane>,
    told: usize,
}

impl Site {
    async fn build(folder: &std::path::Path) -> Self {
        let url = format!("sqlite://{}", folder.join("signalbox.db").display());
        let database = Database::open(&url).await.expect("opened");
        database.migrate().await.expect("migrated");
        let retention = Retention { event_count: KEPT, ..Retention::default() };
        let log = SqlBackplane::open(database.clone(), retention).await.expect("opened");
        let files = Files::in_folder(&folder.join("uploads")).expect("a folder");
        let parts = Parts { database, files, backplane: log.clone() };
        let config = HubConfig {
            streams_per_user: 1_000,
            ring: RingLimits { bytes: RING * 1024 * 1024, ..RingLimits::default() },
            ..HubConfig::default()
        };
        let stopping = CancellationToken::new();
        let hub = Hub::start(log.clone(), config, stopping.clone()).await.expect("started");
        let state = AppState::new(parts, hub, Limits::default());
        let made = state.accounts.make_token(&By::Console, "test", Role::Viewer, None).await;
        let (_, token) = made.expect("made");
        let router = http::router(state);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        // Nobody is cut off.
        let limits = ListenerLimits { reading: PATIENCE, ..ListenerLimits::default() };
        tokio::spawn(serve_within(limits, listener, router, stopping));
        Self { addr, token, log, told: 0 }
    }

    /// A stream, on a socket with little room for what is not read.
    async fn listen(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(16 * 1024).expect("set");
        let mut line = socket.connect(self.addr).await.expect("connected");
        let proof = format!("authorization: Bearer {}", self.token.reveal());
        let request = format!("GET /api/v1/sse/connect?topics=custom:test HTTP/1.1\r\nhost: here\r\n{proof}\r\n\r\n");
        line.write_all(request.as_bytes()).await.expect("sent");
        // Behind the head it is told how it begins.
        let mut heard = Vec::new();
        while !heard.ends_with(b"\n\n") && !heard.ends_with(b"\n\n\r\n") {
            heard.push(line.read_u8().await.expect("answered"));
        }
        line
    }

    /// Tells so much, as soon as a reader that reads has heard what was told before. Returns the most memory that was held meanwhile.
    async fn tell(&mut self, mib: usize, reader: &mut BufReader<TcpStream>) -> usize {
        let text = "x".repeat(LENGTH);
        let mut most = 0;
        for _ in 0..mib * 1024 * 1024 / (LENGTH * BATCH) {
            let numbers = self.told..self.told + BATCH;
            self.told = numbers.end;
            let event = |number: usize| {
                let topic = Topic::Custom("test".to_owned());
                Event::Custom(Custom { topic, data: json!([format!("number {number}."), text]) })
            };
            self.log.append(numbers.clone().map(event).collect()).await.expect("appended");
            for number in numbers {
                timeout(PATIENCE, hears(reader, &format!("number {number}."))).await.expect("heard in time");
            }
            self.log.maintain().await.expect("kept");
            most = most.max(resident_mib());
        }
        most
    }
}

/// Waits for a line with these words.
async fn hears(reader: &mut BufReader<TcpStream>, words: &str) {
    let mut line = String::new();
    while !line.contains(words) {
        assert!(!line.contains("number "), "{words} was passed over");
        line.clear();
        assert!(reader.read_line(&mut line).await.expect("readable") > 0, "the stream ended");
    }
}

/// The memory that this process holds (proc(5)).
fn resident_mib() -> usize {
    let told = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = told.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("memory is told");
    line.split_whitespace().next().and_then(|kib| kib.parse::<usize>().ok()).expect("a number") / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_do_not_read_hold_next_to_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut site = Site::build(folder.path()).await;
    let mut reader = BufReader::new(site.listen().await);
    let before = site.tell(BEFORE, &mut reader).await;

    let stopped = join_all((0..STOPPED).map(|_| site.listen())).await;
    let most = site.tell(TOLD, &mut reader).await;

    let allowed = before + STOPPED * HELD / 1024 + WORK;
    println!("{before} MiB before, {most} MiB at most, {allowed} MiB allowed; {TOLD} MiB were told");
    assert!(allowed < before + TOLD - RING, "the bound is none");
    assert!(most <= allowed, "{most} MiB are held, {allowed} at most should be");
    assert_eq!(stopped.len(), STOPPED);
}
