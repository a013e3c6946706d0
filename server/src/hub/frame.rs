//! One event, encoded once for all who listen.

use std::collections::BTreeSet;

use app::events::{Cursor, Stamped, StreamEvent, Topic};
use bytes::Bytes;
use jiff::Timestamp;

use crate::backplane::LogEntry;

/// An event as bytes, and who wants it.
#[derive(Debug)]
pub struct Frame {
    /// The event's place.
    pub cursor: Cursor,
    topics: Vec<Topic>,
    /// `event:` line first, so that the frame without it is the rest of the same bytes.
    named: Bytes,
    unnamed_from: usize,
}

impl Frame {
    /// The frame of an event of the log.
    pub fn of(entry: &LogEntry) -> Self {
        let event = &entry.envelope.stamped.event;
        let (named, unnamed_from) = encode(event.type_name(), &entry.envelope.cursor, &entry.json);
        Self { cursor: entry.envelope.cursor.clone(), topics: event.topics(), named, unnamed_from }
    }

    /// Whether somebody with these topics wants it.
    pub fn is_for(&self, topics: &BTreeSet<Topic>) -> bool {
        self.topics.iter().any(|topic| topics.contains(topic))
    }

    /// The bytes with the event's name.
    pub fn named(&self) -> Bytes {
        self.named.clone()
    }

    /// The bytes without it: for browsers that keep the order of events only within one name.
    pub fn unnamed(&self) -> Bytes {
        self.named.slice(self.unnamed_from..)
    }

    /// The length in memory, near enough.
    pub const fn size_bytes(&self) -> usize {
        self.named.len() + 256
    }
}

/// A frame about the stream itself: the same shape, but in no log.
pub(super) fn about_stream(event: StreamEvent, cursor: &Cursor, now: Timestamp, is_named: bool) -> Bytes {
    let name = match &event {
        StreamEvent::Connected(_) => "connected",
        StreamEvent::Subscribed { .. } => "subscribed",
        StreamEvent::Unsubscribed { .. } => "unsubscribed",
        StreamEvent::Heartbeat { .. } => "heartbeat",
        StreamEvent::Reset { .. } => "reset",
        StreamEvent::Bye { .. } => "bye",
    };
    let stamped = Stamped { timestamp: now.as_millisecond(), event };
    // These structures hold texts and numbers only, which always can be written.
    let json = serde_json::to_string(&stamped).unwrap_or_default();
    let (named, unnamed_from) = encode(name, cursor, &json);
    if is_named { named } else { named.slice(unnamed_from..) }
}

fn encode(name: &str, cursor: &Cursor, json: &str) -> (Bytes, usize) {
    let event_line = format!("event: {name}\n");
    let unnamed_from = event_line.len();
    (Bytes::from(format!("{event_line}id: {cursor}\ndata: {json}\n\n")), unnamed_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_without_a_name_is_the_same_frame_without_its_first_line() {
        let cursor: Cursor = "e-7".parse().expect("a cursor");
        let heartbeat = || StreamEvent::Heartbeat { cursor: "e-7".parse().expect("a cursor") };
        let now = Timestamp::from_millisecond(5).expect("a moment");

        let named = about_stream(heartbeat(), &cursor, now, true);
        let unnamed = about_stream(heartbeat(), &cursor, now, false);

        assert_eq!(
            named,
            "event: heartbeat\nid: e-7\ndata: {\"timestamp\":5,\"type\":\"heartbeat\",\"cursor\":\"e-7\"}\n\n"
        );
        assert_eq!(unnamed, named.slice("event: heartbeat\n".len()..));
    }
}
