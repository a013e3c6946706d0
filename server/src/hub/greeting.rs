//! How a connection begins: now, or where its client was; or with the word that nobody can say what was missed.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use app::events::{ByeReason, Connected, Cursor, RejectReason, ResetReason, StreamEvent, Topic, cursor::CursorError};
use bytes::Bytes;
use tokio::time::Instant;

use super::{Credential, Encoding, Hub, Transport, UserKey, feed::Feed, refill::Refill, ring::Walk, scratch::Scratch};
use crate::backplane::BackplaneError;

/// What a client asks for when it connects.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Whose connection it is.
    pub user: UserKey,
    /// By what he was let in.
    pub credential: Option<Credential>,
    /// What carries it.
    pub transport: Transport,
    /// How it is written.
    pub encoding: Encoding,
    /// Topics; the caller holds them to [`app::events::MOST_TOPICS`].
    pub topics: BTreeSet<Topic>,
    /// Where it was: `None` to begin now, `Err` for what is no cursor.
    pub resume: Option<Result<Cursor, CursorError>>,
}

/// There is no connection.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The user has as many as he may.
    #[error("this user has {limit} streams open already")]
    OverLimit {
        /// How many he may have.
        limit: u32,
        /// The one frame that a client gets which would take any other answer for the end of all.
        rejection: Bytes,
    },
    /// The log can't be read.
    #[error(transparent)]
    Backplane(#[from] BackplaneError),
}

/// How long is counted what a client has missed. It waits for its first word meanwhile, and not for ever; and who missed more than can
/// be counted in this time is better served by a new snapshot.
const COUNTING: Duration = Duration::from_secs(2);
/// How long a client waits that was rejected.
const RETRY_REJECTED_MS: u64 = 30_000;

impl Hub {
    /// Opens a connection. What is in the log by now and after its cursor counts as missed, although the ring may not have it yet.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(self: &Arc<Self>, opening: Opening) -> Result<Feed, OpenError> {
        let Opening { user, credential, transport, encoding, topics, resume } = opening;
        let (limit, end) = (self.config.streams_per_user, self.ring().end().clone());
        let Some(seat) = self.seats.take((user, credential), transport, end.clone(), limit) else {
            let rejection = self.reject((RejectReason::TooManyStreams, limit), resume, encoding);
            return Err(OpenError::OverLimit { limit, rejection });
        };
        let mut feed = Feed::new(Arc::clone(self), seat, encoding);
        if self.is_stopping() {
            // With the client's own cursor as well. Nothing is read any more, so nothing else could be said.
            feed.walk.place = resume.and_then(Result::ok).unwrap_or(end);
            feed.seat.send_away(ByeReason::Shutdown);
            return Ok(feed);
        }
        self.catch_up_with(&self.refills.end().await?).await;
        feed.sit_down(&topics);
        feed.greet(topics, resume).await?;
        Ok(feed)
    }

    /// The one frame for a client that gets no connection: why, and how many there may be of what he has too many of.
    pub fn reject(
        &self,
        (reason, limit): (RejectReason, u32),
        resume: Option<Result<Cursor, CursorError>>,
        encoding: Encoding,
    ) -> Bytes {
        self.counters.rejected.fetch_add(1, Relaxed);
        // With the client's own cursor: with another one it would skip what lies between when it comes back.
        let place = resume.and_then(Result::ok).unwrap_or_else(|| self.ring().end().clone());
        let mut scratch = Scratch::default();
        scratch.push_last(StreamEvent::Rejected { reason, limit }, &place, encoding, RETRY_REJECTED_MS);
        scratch.take()
    }

    /// How many events of some topics follow a client's place; or why that can't be said. A client of another node may be ahead of a ring
    /// that does not follow: then the log knows whether there is such a place, and what comes after it comes by itself.
    async fn count_missed(
        &self,
        place: &Cursor,
        end: &Cursor,
        topics: &BTreeSet<Topic>,
    ) -> Result<Result<u64, ResetReason>, BackplaneError> {
        if !place.is_after(end) {
            return self.count_after(place, topics).await;
        }
        Ok(match self.refills.after(place.clone()).await? {
            Refill::Found(_) => Ok(0),
            Refill::Gone(reason) => Err(reason),
        })
    }

    /// How many events of some topics follow a place, up to the end of the ring; or why that can't be said, or is too much to be told.
    async fn count_after(
        &self,
        place: &Cursor,
        topics: &BTreeSet<Topic>,
    ) -> Result<Result<u64, ResetReason>, BackplaneError> {
        let (mut place, mut count, deadline) = (place.clone(), 0, Instant::now() + COUNTING);
        loop {
            if let Some(rest) = self.ring().count_after(&place, topics) {
                return Ok(Ok(count + rest));
            }
            if Instant::now() > deadline {
                return Ok(Err(ResetReason::Trimmed));
            }
            match self.refills.after(place.clone()).await? {
                Refill::Gone(reason) => return Ok(Err(reason)),
                Refill::Found(page) => {
                    let Some(last) = page.last() else { return Ok(Ok(count)) };
                    place = last.cursor.clone();
                    let wanted = page.iter().filter(|frame| frame.topics().iter().any(|topic| topics.contains(topic)));
                    count += wanted.count() as u64;
                }
            }
        }
    }
}

impl Feed {
    /// Begins to listen, at the end of the ring.
    fn sit_down(&mut self, topics: &BTreeSet<Topic>) {
        let mut desk = self.seat.desk();
        desk.topics.clone_from(topics);
        let mut ring = self.hub.ring();
        ring.listen(&self.seat, topics);
        desk.lines = ring.places_of(topics);
        self.losses = ring.losses;
        self.walk = Walk { place: ring.end().clone(), is_on_ring: true };
    }

    async fn greet(
        &mut self,
        topics: BTreeSet<Topic>,
        resume: Option<Result<Cursor, CursorError>>,
    ) -> Result<(), BackplaneError> {
        let (resumed, replayed, reset) = match resume {
            None => (false, 0, None),
            Some(Err(_)) => (false, 0, Some(ResetReason::Unknown)),
            Some(Ok(cursor)) => match self.hub.count_missed(&cursor, &self.walk.place, &topics).await? {
                Ok(replayed) => {
                    self.walk = Walk::from(cursor);
                    (true, replayed, None)
                }
                Err(reason) => (false, 0, Some(reason)),
            },
        };
        self.hub.counters.replayed.fetch_add(replayed, Relaxed);
        self.seat.desk().place.clone_from(&self.walk.place);
        self.greeting.push(StreamEvent::Connected(Connected {
            connection_id: self.seat.connection_id.clone(),
            cursor: self.walk.place.clone(),
            resumed,
            replayed,
            heartbeat_ms: u64::try_from(self.hub.config.heartbeat.as_millis()).unwrap_or(u64::MAX),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            topics: topics.into_iter().collect(),
        }));
        if let Some(reason) = reset {
            self.hub.counters.resets.fetch_add(1, Relaxed);
            self.greeting.push(StreamEvent::Reset { reason });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};

    use app::events::{Custom, Envelope, Event, Position};
    use async_trait::async_trait;
    use jiff::Timestamp;
    use serde_json::Value;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        backplane::{LogEntry, ReadLog},
        hub::{HubConfig, log::EventLog},
    };

    /// A log with a million events, of which one at a time is read, ten a second.
    struct Long;

    fn cursor(place: u64) -> Cursor {
        Cursor { epoch: "e".to_owned(), position: Position::single(place) }
    }

    fn topic() -> Topic {
        Topic::Custom("t".to_owned())
    }

    #[async_trait]
    impl EventLog for Long {
        async fn head(&self) -> Result<Cursor, BackplaneError> {
            Ok(cursor(1_000_000))
        }

        async fn read(&self, after: &Cursor, _: u32) -> Result<ReadLog, BackplaneError> {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let stamped = Event::Custom(Custom { topic: topic(), data: Value::Null }).at(Timestamp::UNIX_EPOCH);
            let json = serde_json::to_string(&stamped).expect("JSON");
            Ok(ReadLog::Events(vec![LogEntry {
                envelope: Envelope { cursor: cursor(after.position.major + 1), stamped },
                json,
            }]))
        }

        async fn tail(&self, _: &Cursor, _: u32) -> Result<ReadLog, BackplaneError> {
            pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_missed_more_than_can_be_counted_soon_is_told_to_load_anew_and_not_kept_waiting() {
        let hub = Hub::over(Arc::new(Long), HubConfig::default(), CancellationToken::new()).await.expect("started");
        let began = Instant::now();
        let mut feed = hub
            .open(Opening {
                user: UserKey("u".into()),
                credential: None,
                transport: Transport::Sse,
                encoding: Encoding::Json,
                topics: BTreeSet::from([topic()]),
                resume: Some(Ok(cursor(7))),
            })
            .await
            .expect("opened");

        let mut scratch = Scratch::default();
        poll_fn(|cx| feed.poll_pour(cx, &mut scratch)).await;

        assert!(began.elapsed() < COUNTING * 2);
        let frames: Vec<Value> =
            scratch.take_each().iter().map(|frame| serde_json::from_slice(frame).expect("JSON")).collect();
        assert_eq!((&frames[0]["type"], &frames[0]["resumed"]), (&"connected".into(), &false.into()));
        assert_eq!((&frames[1]["type"], &frames[1]["reason"]), (&"reset".into(), &"trimmed".into()));
    }
}
