//! One connection, as the bytes that it is sent.
//!
//! Its whole state is a place in the log and a set of topics. All frames that wait for it leave in one write.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use app::events::{ByeReason, Connected, Cursor, ResetReason, StreamEvent, Topic};
use bytes::{Bytes, BytesMut};
use futures::Stream;
use jiff::Timestamp;
use tokio::{sync::mpsc, time::Instant};

use super::{
    Frame, Frames, Hub, frame,
    registry::{ChangeError, Entry, MOST_TOPICS, TopicChange},
};
use crate::backplane::BackplaneError;

/// Whether frames carry their event's name. A browser's `EventSource` keeps no order between names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// With an `event:` line.
    #[default]
    On,
    /// Without.
    Off,
}

/// What a client asks for when it connects.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// Topics; the caller holds them to [`MOST_TOPICS`].
    pub topics: BTreeSet<Topic>,
    /// Where it was: `None` to begin now, `Err` for what is no cursor.
    pub resume: Option<Result<Cursor, app::events::cursor::CursorError>>,
    /// Whether frames carry names.
    pub naming: Naming,
}

/// A live connection.
pub struct Connection {
    hub: Arc<Hub>,
    id: String,
    topics: BTreeSet<Topic>,
    place: Cursor,
    naming: Naming,
    changes: mpsc::Receiver<TopicChange>,
    _entry: Entry,
}

impl Hub {
    /// Opens a connection, and says what its first bytes are.
    ///
    /// # Errors
    /// The log can't be read.
    pub async fn connect(self: &Arc<Self>, opening: Opening) -> Result<(Connection, Bytes), BackplaneError> {
        let id = uuid::Uuid::new_v4().to_string();
        let (entry, changes) = self.registry.enter(id.clone());
        let mut connection = Connection {
            hub: Arc::clone(self),
            id,
            topics: opening.topics,
            place: self.backplane.head().await?,
            naming: opening.naming,
            changes,
            _entry: entry,
        };
        let first = connection.greet(opening.resume).await?;
        Ok((connection, first))
    }
}

impl Connection {
    async fn greet(
        &mut self,
        resume: Option<Result<Cursor, app::events::cursor::CursorError>>,
    ) -> Result<Bytes, BackplaneError> {
        // What is in the log by now counts as missed, although the ring may not have it yet.
        self.hub.catch_up_with(&self.place).await;
        let (resumed, replayed, reset) = match resume {
            None => (false, 0, None),
            Some(Err(_)) => (false, 0, Some(ResetReason::Unknown)),
            Some(Ok(cursor)) if cursor.is_after(&self.place) => (false, 0, Some(ResetReason::Unknown)),
            Some(Ok(cursor)) => match self.count_after(&cursor).await? {
                Ok(replayed) => {
                    self.place = cursor;
                    (true, replayed, None)
                }
                Err(reason) => (false, 0, Some(reason)),
            },
        };
        let mut first = BytesMut::new();
        first.extend_from_slice(&self.about(StreamEvent::Connected(Connected {
            connection_id: self.id.clone(),
            cursor: self.place.clone(),
            resumed,
            replayed,
            heartbeat_ms: u64::try_from(self.hub.heartbeat.as_millis()).unwrap_or(u64::MAX),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            topics: self.topics.iter().cloned().collect(),
        })));
        if let Some(reason) = reset {
            first.extend_from_slice(&self.about(StreamEvent::Reset { reason }));
        }
        Ok(first.freeze())
    }

    /// How many events of the topics came after a place, up to the end of the log; or why that can't be said.
    async fn count_after(&self, place: &Cursor) -> Result<Result<u64, ResetReason>, BackplaneError> {
        let mut place = place.clone();
        let mut count = 0;
        loop {
            match self.hub.frames_after(&place).await? {
                Frames::Gone { reason, .. } => return Ok(Err(reason)),
                Frames::Found(frames) => {
                    let Some(last) = frames.last() else { return Ok(Ok(count)) };
                    place = last.cursor.clone();
                    count += frames.iter().filter(|frame| frame.is_for(&self.topics)).count() as u64;
                }
            }
        }
    }

    /// The bytes that follow the first ones, until the client is gone, the server stops or the log fails for good.
    pub fn into_stream(mut self) -> impl Stream<Item = Bytes> + Send + 'static {
        async_stream::stream! {
            let mut head = self.hub.head.subscribe();
            let stopping = self.hub.stopping.clone();
            let mut silent_until = Instant::now() + self.hub.heartbeat;
            loop {
                head.mark_unchanged();
                let sent = match self.advance().await {
                    Ok(sent) => sent,
                    Err(error) => {
                        // The client comes back with its cursor and loses nothing.
                        tracing::error!(%error, "a stream ended: the log can't be read");
                        return;
                    }
                };
                if let Some(bytes) = sent {
                    if !bytes.is_empty() {
                        silent_until = Instant::now() + self.hub.heartbeat;
                        yield bytes;
                    }
                    continue;
                }
                tokio::select! {
                    () = stopping.cancelled() => {
                        yield self.good_bye();
                        return;
                    }
                    Some(change) = self.changes.recv() => {
                        match self.change(change).await {
                            Ok(Some(bytes)) => yield bytes,
                            Ok(None) => {}
                            Err(error) => {
                                tracing::error!(%error, "a stream ended: the log can't be read");
                                return;
                            }
                        }
                    }
                    _ = head.changed() => {}
                    () = tokio::time::sleep_until(silent_until) => {
                        yield self.about(StreamEvent::Heartbeat { cursor: self.place.clone() });
                        silent_until = Instant::now() + self.hub.heartbeat;
                    }
                }
            }
        }
    }

    /// Moves on along the log. `None` when there is nothing new; no bytes when what was new is not for this connection.
    async fn advance(&mut self) -> Result<Option<Bytes>, BackplaneError> {
        match self.hub.frames_after(&self.place).await? {
            Frames::Found(frames) => {
                let Some(last) = frames.last() else { return Ok(None) };
                self.place = last.cursor.clone();
                let mut bytes = BytesMut::new();
                for frame in frames.iter().filter(|frame| frame.is_for(&self.topics)) {
                    bytes.extend_from_slice(&self.encoded(frame));
                }
                Ok(Some(bytes.freeze()))
            }
            Frames::Gone { reason, head } => {
                self.place = head;
                Ok(Some(self.about(StreamEvent::Reset { reason })))
            }
        }
    }

    /// Puts a change of topics in force: first what the added topics missed, then the word that they are listened to. `None` when
    /// the change was refused.
    async fn change(&mut self, change: TopicChange) -> Result<Option<Bytes>, BackplaneError> {
        let mut bytes = BytesMut::new();
        let added: BTreeSet<Topic> = change.add.into_iter().collect();
        let mut wanted = self.topics.clone();
        for topic in &change.remove {
            wanted.remove(topic);
        }
        wanted.extend(added.iter().cloned());
        if wanted.len() > MOST_TOPICS {
            // Whoever asked may have gone meanwhile.
            let _ = change.answer.send(Err(ChangeError::TooManyTopics));
            return Ok(None);
        }
        // What is in the log by now comes before the word, although the ring may not have it yet: else what the added topics missed
        // in the last moment would follow it.
        let head = self.hub.backplane.head().await?;
        self.hub.catch_up_with(&head).await;
        while head.is_after(&self.place) {
            let Some(news) = self.advance().await? else { break };
            bytes.extend_from_slice(&news);
        }
        // Even topics that are listened to already: who asks again may have come later than what was sent for them.
        if let Some(from) = change.from.filter(|_| !added.is_empty()) {
            self.catch_up(&added, from, &mut bytes).await?;
        }
        let only_removes = added.is_empty() && !change.remove.is_empty();
        self.topics = wanted;
        let topics: Vec<Topic> = self.topics.iter().cloned().collect();
        bytes.extend_from_slice(&self.about(if only_removes {
            StreamEvent::Unsubscribed { topics: topics.clone() }
        } else {
            StreamEvent::Subscribed { topics: topics.clone() }
        }));
        // Whoever asked may have gone meanwhile; the change stands.
        let _ = change.answer.send(Ok(topics));
        Ok(Some(bytes.freeze()))
    }

    /// What happened on `topics` between a place and where this connection is.
    async fn catch_up(
        &self,
        topics: &BTreeSet<Topic>,
        from: Cursor,
        bytes: &mut BytesMut,
    ) -> Result<(), BackplaneError> {
        let mut place = from;
        loop {
            match self.hub.frames_after(&place).await? {
                Frames::Gone { reason, .. } => {
                    bytes.extend_from_slice(&self.about(StreamEvent::Reset { reason }));
                    return Ok(());
                }
                Frames::Found(frames) => {
                    for frame in &frames {
                        if frame.cursor.is_after(&self.place) {
                            return Ok(());
                        }
                        if frame.is_for(topics) {
                            bytes.extend_from_slice(&self.encoded(frame));
                        }
                    }
                    let Some(last) = frames.last() else { return Ok(()) };
                    place = last.cursor.clone();
                }
            }
        }
    }

    /// The last frame; the pause before the client may come back differs from connection to connection.
    fn good_bye(&self) -> Bytes {
        let jitter = u64::from(self.id.bytes().fold(0_u8, u8::wrapping_add));
        let retry = Duration::from_millis(250 + jitter * 4);
        let mut bytes = BytesMut::from(format!("retry: {}\n", retry.as_millis()).as_bytes());
        bytes.extend_from_slice(&self.about(StreamEvent::Bye { reason: ByeReason::Shutdown }));
        bytes.freeze()
    }

    fn about(&self, event: StreamEvent) -> Bytes {
        frame::about_stream(event, &self.place, Timestamp::now(), self.naming == Naming::On)
    }

    fn encoded(&self, frame: &Frame) -> Bytes {
        match self.naming {
            Naming::On => frame.named(),
            Naming::Off => frame.unnamed(),
        }
    }
}
