//! A server that stops while thousands listen: each is told so and when to come back, one after the other, and it is over soon.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use futures::{StreamExt, stream};
use reqwest::{Client, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    task::JoinSet,
    time::timeout,
};

use crate::{
    DEADLINE, END, MACHINE,
    program::{Program, TOPIC},
};

/// Streams that are open.
const STREAMS: usize = 5_000;
/// Files that this process needs beside them.
const OTHER_FILES: u64 = 200;
/// Streams that are opened at the same time.
const AT_ONCE: usize = 100;
/// Streams that may end within one tenth of a second, of all: spread over three seconds it were one of thirty.
const MOST_AT_ONCE: usize = STREAMS / 5;

/// How a stream ended.
struct Farewell {
    at: Instant,
    /// How long its client is to wait before it comes back.
    retry_ms: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_streams_are_sent_away_one_after_the_other_within_five_seconds() {
    let _alone = MACHINE.write().await;
    let limit = rlimit::increase_nofile_limit(u64::MAX).expect("the system tells its limits");
    assert!(
        limit >= STREAMS as u64 + OTHER_FILES,
        "{limit} files may be open, too few for {STREAMS} streams: `ulimit -n`"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let environment = [
        ("SIGNALBOX_MAX_STREAMS_PER_USER", "100000".to_owned()),
        ("SIGNALBOX_REQUESTS_PER_SECOND", "0".to_owned()),
        // What silent streams usually cost.
        ("SIGNALBOX_HEARTBEAT_SECONDS", "15".to_owned()),
    ];
    let mut program = Program::start(folder.path(), &environment).await;
    let opening = stream::iter(0..STREAMS)
        .map(|_| open(&program.host, &program.token))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>();
    let lines = timeout(DEADLINE, opening).await.expect("all are open in time");
    let (left, mut ended) = watch::channel(STREAMS);
    let mut leaving = JoinSet::new();
    for line in lines {
        let left = left.clone();
        leaving.spawn(async move {
            let farewell = farewell(line).await;
            left.send_modify(|left| *left -= 1);
            farewell
        });
    }

    let asked = Instant::now();
    program.terminate().await;
    // The first one to go shows that the word was heard.
    timeout(DEADLINE, ended.wait_for(|left| *left < STREAMS)).await.expect("in time").expect("they are read");
    let ready = Client::new().get(program.url("/health/ready")).send().await.expect("answered");
    let still_open = *ended.borrow();
    let code = program.ended().await;
    let took = asked.elapsed();

    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(still_open > 0, "nobody could be told that it is going");
    assert_eq!(code, Some(0));
    assert!(took < END, "it took {took:?}");
    let farewells: Vec<Farewell> = timeout(DEADLINE, leaving.join_all()).await.expect("they end in time");
    let mut tenths = BTreeMap::<u128, usize>::new();
    for farewell in &farewells {
        *tenths.entry(farewell.at.duration_since(asked).as_millis() / 100).or_default() += 1;
    }
    println!("ended within each tenth of a second: {tenths:?}; the program within {took:?}");
    assert!(tenths.values().all(|count| *count <= MOST_AT_ONCE), "they go together: {tenths:?}");
    let pauses: BTreeSet<u64> = farewells.iter().map(|farewell| farewell.retry_ms).collect();
    assert!(pauses.len() > 100, "they come back together: {pauses:?}");
}

/// Opens a stream, and waits until it is greeted.
async fn open(host: &str, token: &str) -> TcpStream {
    let mut line = TcpStream::connect(host).await.expect("connected");
    let request = format!(
        "GET /api/v1/sse/connect?topics={TOPIC} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    line.write_all(request.as_bytes()).await.expect("sent");
    let mut heard = Vec::with_capacity(1_024);
    while !heard.windows(2).any(|end| end == b"\n\n") {
        assert!(line.read_buf(&mut heard).await.expect("readable") > 0, "a stream was refused");
    }
    assert!(heard.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&heard));
    line
}

/// Reads a stream to its end, which has to be a good one.
async fn farewell(mut line: TcpStream) -> Farewell {
    let mut heard = String::new();
    line.read_to_string(&mut heard).await.expect("the line is closed, not broken");
    let at = Instant::now();
    let (_, last) = heard.rsplit_once("retry: ").expect("it is told when to come back");
    assert!(last.contains("event: bye\n") && last.contains("\"shutdown\""), "{heard}");
    let retry_ms = last.lines().next().and_then(|pause| pause.parse().ok()).expect("a number");
    Farewell { at, retry_ms }
}
