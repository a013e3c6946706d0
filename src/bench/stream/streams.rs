//! Many clients of one server: plain sockets whose readers note how long each event took.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
};

use super::reader::{Line, Reader};

/// Connections that are made at the same time.
pub(super) const AT_ONCE: usize = 200;
/// The end of an answer's head.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Open streams.
pub(super) struct Streams {
    count: usize,
    deliveries: Arc<Deliveries>,
    reader: Reader,
}

/// How often an event reached somebody. Told when there are enough, and not each time: the clients share the machine with the server, and
/// what they do for each event they take from it.
pub(super) struct Deliveries {
    count: AtomicUsize,
    enough: AtomicUsize,
    told: Notify,
}

impl Deliveries {
    pub(super) fn add(&self, more: usize) {
        if self.count.fetch_add(more, Ordering::SeqCst) + more >= self.enough.load(Ordering::SeqCst) {
            self.told.notify_one();
        }
    }

    /// Waits until there are so many.
    async fn reach(&self, enough: usize) {
        self.enough.store(enough, Ordering::SeqCst);
        while self.count.load(Ordering::SeqCst) < enough {
            self.told.notified().await;
        }
    }
}

/// Where a stream is.
#[derive(Clone)]
pub(super) struct Place {
    /// Address and port.
    pub(super) host: String,
    /// Path and query.
    pub(super) path: String,
    /// The token that is shown, if any.
    pub(super) proof: Option<String>,
}

impl Streams {
    /// Opens one at each place, and waits until each has begun.
    pub(super) async fn open(places: Vec<Place>) -> anyhow::Result<Self> {
        let lines: Vec<Line> = stream::iter(places).map(open).buffer_unordered(AT_ONCE).try_collect().await?;
        let deliveries = Arc::new(Deliveries {
            count: AtomicUsize::new(0),
            enough: AtomicUsize::new(usize::MAX),
            told: Notify::new(),
        });
        let count = lines.len();
        let reader = Reader::start(lines, Arc::clone(&deliveries)).context("the clients can't read")?;
        Ok(Self { count, deliveries, reader })
    }

    /// Waits until each has heard so many events; says whether all have in time.
    pub(super) async fn have_heard(&self, events: usize, patience: Duration) -> bool {
        self.have_heard_together(events * self.count, patience).await
            && self.reader.heard().each.iter().all(|heard| *heard == events)
    }

    /// Waits until so many deliveries were made; says whether they were in time.
    pub(super) async fn have_heard_together(&self, events: usize, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.deliveries.reach(events)).await.is_ok()
    }

    /// How long each event took to each of them, sorted.
    pub(super) fn took(&self) -> Vec<Duration> {
        let mut all: Vec<Duration> = self.reader.heard().took_us.iter().copied().map(Duration::from_micros).collect();
        all.sort_unstable();
        all
    }
}

/// Opens one; returns it with what came behind the head of the answer.
async fn open(place: Place) -> anyhow::Result<Line> {
    let mut line = TcpStream::connect(&place.host).await.context("no connection")?;
    let proof = place.proof.map(|proof| format!("authorization: {proof}\r\n")).unwrap_or_default();
    let asked = format!("GET {} HTTP/1.1\r\nhost: {}\r\n", place.path, place.host);
    let request = format!("{asked}accept: text/event-stream\r\n{proof}\r\n");
    line.write_all(request.as_bytes()).await?;
    let mut heard = Vec::with_capacity(1_024);
    loop {
        ensure!(line.read_buf(&mut heard).await? > 0, "the server closed a connection");
        if let Some(end) = find(&heard, END_OF_HEAD) {
            ensure!(heard.starts_with(b"HTTP/1.1 200"), "a stream was refused");
            let begun = heard.split_off(end + END_OF_HEAD.len());
            return Ok(Line { socket: line.into_std()?, rest: begun });
        }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
