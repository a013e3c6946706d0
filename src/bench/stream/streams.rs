//! Many clients of one server: plain sockets that note how long each event took.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
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
    task::JoinSet,
};

use crate::bench::pickup::now_us;

/// Connections that are made at the same time.
pub(super) const AT_ONCE: usize = 200;
/// Bytes that are read at once, if they are there.
const AT_ONCE_READ: usize = 16 * 1024;
/// The end of an event, and of an answer's head.
const END: &[u8] = b"\n\n";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// What stands before the moment at which an event was sent.
const SENT: &str = "\"sentUs\":";

/// Open streams.
pub(super) struct Streams {
    heard: Vec<Arc<Heard>>,
    deliveries: Arc<Deliveries>,
    _listening: JoinSet<()>,
}

/// How often an event reached somebody. Told when there are enough, and not each time: the clients share the machine with the server, and
/// what they do for each event they take from it.
struct Deliveries {
    count: AtomicUsize,
    enough: AtomicUsize,
    told: Notify,
}

impl Deliveries {
    fn add(&self, more: usize) {
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

/// What one of them heard.
#[derive(Default)]
struct Heard {
    took_us: Mutex<Vec<u64>>,
    count: AtomicUsize,
}

/// Where a stream is.
#[derive(Clone)]
pub(super) struct Place {
    /// Address and port.
    pub(super) host: String,
    /// Path and query.
    pub(super) path: String,
}

impl Streams {
    /// Opens one at each place, and waits until each has begun.
    pub(super) async fn open(places: Vec<Place>) -> anyhow::Result<Self> {
        let lines: Vec<(TcpStream, Vec<u8>)> =
            stream::iter(places).map(open).buffer_unordered(AT_ONCE).try_collect().await?;
        let deliveries = Arc::new(Deliveries {
            count: AtomicUsize::new(0),
            enough: AtomicUsize::new(usize::MAX),
            told: Notify::new(),
        });
        let heard: Vec<Arc<Heard>> = lines.iter().map(|_| Arc::default()).collect();
        let mut listening = JoinSet::new();
        for ((line, begun), heard) in lines.into_iter().zip(&heard) {
            listening.spawn(listen(line, begun, Arc::clone(heard), Arc::clone(&deliveries)));
        }
        Ok(Self { heard, deliveries, _listening: listening })
    }

    /// Waits until each has heard so many events; says whether all have in time.
    pub(super) async fn have_heard(&self, events: usize, patience: Duration) -> bool {
        self.have_heard_together(events * self.heard.len(), patience).await
            && self.heard.iter().all(|heard| heard.count.load(Ordering::Relaxed) == events)
    }

    /// Waits until so many deliveries were made; says whether they were in time.
    pub(super) async fn have_heard_together(&self, events: usize, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.deliveries.reach(events)).await.is_ok()
    }

    /// How long each event took to each of them, sorted.
    pub(super) fn took(&self) -> Vec<Duration> {
        let took = |heard: &Arc<Heard>| heard.took_us.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut all: Vec<Duration> = self.heard.iter().flat_map(took).map(Duration::from_micros).collect();
        all.sort_unstable();
        all
    }
}

/// Opens one; returns it with what came behind the head of the answer.
async fn open(place: Place) -> anyhow::Result<(TcpStream, Vec<u8>)> {
    let mut line = TcpStream::connect(&place.host).await.context("no connection")?;
    let request = format!("GET {} HTTP/1.1\r\nhost: {}\r\naccept: text/event-stream\r\n\r\n", place.path, place.host);
    line.write_all(request.as_bytes()).await?;
    let mut heard = Vec::with_capacity(1_024);
    loop {
        ensure!(line.read_buf(&mut heard).await? > 0, "the server closed a connection");
        if let Some(end) = find(&heard, END_OF_HEAD) {
            ensure!(heard.starts_with(b"HTTP/1.1 200"), "a stream was refused");
            return Ok((line, heard.split_off(end + END_OF_HEAD.len())));
        }
    }
}

async fn listen(mut line: TcpStream, begun: Vec<u8>, heard: Arc<Heard>, deliveries: Arc<Deliveries>) {
    let mut text = begun;
    loop {
        let complete = text.windows(END.len()).rposition(|end| end == END).map_or(0, |end| end + END.len());
        let now = now_us();
        let took: Vec<u64> = moments(&text[..complete]).map(|sent| now.saturating_sub(sent)).collect();
        text.drain(..complete);
        if !took.is_empty() {
            heard.count.fetch_add(took.len(), Ordering::Relaxed);
            let more = took.len();
            heard.took_us.lock().unwrap_or_else(PoisonError::into_inner).extend(took);
            deliveries.add(more);
        }
        text.reserve(AT_ONCE_READ);
        if !matches!(line.read_buf(&mut text).await, Ok(1..)) {
            return;
        }
    }
}

/// The moments at which the events of a text were sent.
fn moments(text: &[u8]) -> impl Iterator<Item = u64> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    text.match_indices(SENT).filter_map(|(at, _)| {
        let digits = &text[at + SENT.len()..];
        digits[..digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
    })
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_of_all_events_of_a_text_are_found() {
        let text = b"data: {\"sentUs\":12,\"text\":\"\"}\n\n: nothing\n\ndata: {\"data\":{\"sentUs\":345}}\n\n";

        assert_eq!(moments(text).collect::<Vec<_>>(), [12, 345]);
    }
}
