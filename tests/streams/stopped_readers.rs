//! Readers that don't read, and a server that stops.

use std::{sync::Arc, time::Instant};

use app::events::{Custom, Event, Topic};
use futures::future::join_all;
use serde_json::json;
use server::{
    backplane::{Backplane, SqlBackplane, sql::Retention},
    store::Database,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::{
    END, MACHINE,
    program::{Program, TOPIC},
    reader::Reader,
};

/// Readers that don't read.
const STOPPED: usize = 50;
/// What is told: more than sockets hold on their way. The length of an event's text, and how many are told at once.
const TOLD: usize = 16 * 1024 * 1024;
const LENGTH: usize = 64_000;
const BATCH: usize = 16;

/// A server with readers that don't read, and one that does.
struct Site {
    program: Program,
    log: Arc<SqlBackplane>,
    healthy: Reader,
    stopped: Vec<TcpStream>,
    _folder: TempDir,
}

impl Site {
    async fn build() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let environment = [("SIGNALBOX_MAX_STREAMS_PER_USER", "1000".to_owned())];
        let program = Program::start(folder.path(), &environment).await;
        let url = format!("sqlite://{}/signalbox.db", folder.path().display());
        let database = Database::open(&url).await.expect("opened");
        let log = SqlBackplane::open(database, Retention::default()).await.expect("opened");
        let (healthy, _) = Reader::over_sse(&program.host, &program.token, None).await;
        let stopped = join_all((0..STOPPED).map(|_| stopped(&program.host, &program.token))).await;
        Self { program, log, healthy, stopped, _folder: folder }
    }

    /// Tells much, as soon as the reader that reads has heard what was told before.
    async fn tell(&mut self) {
        let text = "x".repeat(LENGTH);
        let topic: Topic = TOPIC.parse().expect("a topic");
        for batch in 0..TOLD / (LENGTH * BATCH) {
            let number = |at: usize| batch * BATCH + at;
            let event = |at| {
                let data = json!({ "number": number(at), "text": text });
                Event::Custom(Custom { topic: topic.clone(), data })
            };
            self.log.append((0..BATCH).map(event).collect()).await.expect("appended");
            for at in 0..BATCH {
                let heard = self.healthy.next_published().await.expect("the stream goes on");
                assert_eq!(heard.data["data"]["number"], number(at));
            }
        }
    }
}

/// A stream of somebody who does not read it, and has little room for what comes.
async fn stopped(host: &str, token: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 * 1024).expect("set");
    let mut line = socket.connect(host.parse().expect("an address")).await.expect("connected");
    let request = format!(
        "GET /api/v1/sse/connect?topics={TOPIC} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    line.write_all(request.as_bytes()).await.expect("sent");
    line.read_u8().await.expect("answered");
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_does_not_wait_for_who_does_not_read() {
    let _alone = MACHINE.write().await;
    let mut site = Site::build().await;
    site.tell().await;

    let asked = Instant::now();
    site.program.terminate().await;
    let code = site.program.ended().await;

    assert_eq!(code, Some(0));
    assert!(asked.elapsed() < END, "it took {:?}", asked.elapsed());
    assert_eq!(site.stopped.len(), STOPPED);
}
