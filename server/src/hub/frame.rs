//! One event, encoded once for all who listen.
//!
//! The bytes are those of Server-Sent Events. A WebSocket's text is put together from parts of the same bytes, so that it needs no memory
//! of its own.

use app::events::{Cursor, Stamped, StreamEvent, Topic};
use bytes::Bytes;
use jiff::Timestamp;

use crate::backplane::LogEntry;

/// Whether frames carry their event's name. A browser's `EventSource` keeps no order between names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// With an `event:` line.
    #[default]
    On,
    /// Without.
    Off,
}

/// How a connection is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As Server-Sent Events.
    Sse(Naming),
    /// As JSON objects that begin with their `id`, one a message: for a WebSocket.
    Json,
}

impl Default for Encoding {
    fn default() -> Self {
        Self::Sse(Naming::On)
    }
}

/// An event as bytes, and who wants it.
#[derive(Debug)]
pub struct Frame {
    /// The event's place.
    pub cursor: Cursor,
    topics: Vec<Topic>,
    /// `event:` line first, so that the frame without it is the rest of the same bytes.
    bytes: Bytes,
    unnamed_from: usize,
    json_from: usize,
}

const ID: &str = "id: ";
const DATA: &str = "\ndata: ";
const END: &str = "\n\n";

impl Frame {
    /// The frame of an event of the log.
    pub fn of(entry: &LogEntry) -> Self {
        let event = &entry.envelope.stamped.event;
        Self::new(event.type_name(), entry.envelope.cursor.clone(), event.topics(), &one_line(&entry.json))
    }

    /// A frame about the stream itself: the same shape, but in no log.
    pub(super) fn about(event: StreamEvent, cursor: &Cursor, now: Timestamp) -> Self {
        let name = event.type_name();
        let stamped = Stamped { timestamp: now.as_millisecond(), event };
        // These structures hold texts and numbers only, which always can be written.
        let json = serde_json::to_string(&stamped).unwrap_or_default();
        Self::new(name, cursor.clone(), Vec::new(), &json)
    }

    fn new(name: &str, cursor: Cursor, topics: Vec<Topic>, json: &str) -> Self {
        let mut text = format!("event: {name}\n");
        let unnamed_from = text.len();
        text.extend([ID, &cursor.to_string(), DATA]);
        let json_from = text.len();
        text.push_str(json);
        text.push_str(END);
        Self { cursor, topics, bytes: text.into(), unnamed_from, json_from }
    }

    /// Who wants it.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Writes it.
    pub fn write(&self, encoding: Encoding, out: &mut Vec<u8>) {
        let part = |range: std::ops::Range<usize>| self.bytes.get(range).unwrap_or_default();
        let end = self.bytes.len();
        match encoding {
            Encoding::Sse(Naming::On) => out.extend_from_slice(&self.bytes),
            Encoding::Sse(Naming::Off) => out.extend_from_slice(part(self.unnamed_from..end)),
            Encoding::Json => {
                let json = part(self.json_from..end - END.len());
                out.extend_from_slice(b"{\"id\":\"");
                out.extend_from_slice(part(self.unnamed_from + ID.len()..self.json_from - DATA.len()));
                out.extend_from_slice(b"\",");
                out.extend_from_slice(json.strip_prefix(b"{").unwrap_or(json));
            }
        }
    }

    /// The length in memory, near enough.
    pub fn size_bytes(&self) -> usize {
        // An entry in the list of each topic, and what the allocator adds.
        self.bytes.len() + 160 + self.topics.len() * 120
    }
}

/// JSON without a line break outside its texts: whoever else writes into the log may have laid it out, and a line ends a frame's data.
fn one_line(json: &str) -> std::borrow::Cow<'_, str> {
    if !json.contains(['\n', '\r']) {
        return json.into();
    }
    serde_json::from_str::<serde_json::Value>(json).map_or_else(|_| json.into(), |value| value.to_string().into())
}

#[cfg(test)]
mod tests {
    use app::events::{Envelope, Event, NoticeLevel, SystemNotification};

    use super::*;

    fn written(encoding: Encoding) -> Bytes {
        let cursor: Cursor = "e-7".parse().expect("a cursor");
        let now = Timestamp::from_millisecond(5).expect("a moment");
        let mut bytes = Vec::new();
        Frame::about(StreamEvent::Heartbeat { cursor: cursor.clone() }, &cursor, now).write(encoding, &mut bytes);
        bytes.into()
    }

    #[test]
    fn the_frame_without_a_name_is_the_same_frame_without_its_first_line() {
        let named = written(Encoding::Sse(Naming::On));

        assert_eq!(
            named,
            "event: heartbeat\nid: e-7\ndata: {\"timestamp\":5,\"type\":\"heartbeat\",\"cursor\":\"e-7\"}\n\n"
        );
        assert_eq!(written(Encoding::Sse(Naming::Off)), named.slice("event: heartbeat\n".len()..));
    }

    #[test]
    fn a_websocket_gets_the_same_json_with_the_id_in_front() {
        assert_eq!(
            written(Encoding::Json),
            "{\"id\":\"e-7\",\"timestamp\":5,\"type\":\"heartbeat\",\"cursor\":\"e-7\"}"
        );
    }

    #[test]
    fn json_that_somebody_laid_out_over_lines_stays_one_line_of_data() {
        let notice = SystemNotification { level: NoticeLevel::Info, message: String::new() };
        let stamped = Stamped { timestamp: 0, event: Event::SystemNotification(notice) };
        let envelope = Envelope { cursor: "e-1".parse().expect("a cursor"), stamped };
        let mut bytes = Vec::new();

        Frame::of(&LogEntry { envelope, json: "{\r\n  \"a\": \"b\\nc\"\n}".to_owned() })
            .write(Encoding::Sse(Naming::Off), &mut bytes);

        assert_eq!(String::from_utf8_lossy(&bytes), "id: e-1\ndata: {\"a\":\"b\\nc\"}\n\n");
    }
}
