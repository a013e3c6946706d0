//! One event, encoded once for all who listen.
//!
//! The bytes are those of Server-Sent Events. A WebSocket's text is put together from parts of the same bytes, so that it needs no memory
//! of its own.

use app::events::{Cursor, Stamped, StreamEvent, Topic};
use bytes::{BufMut, Bytes, BytesMut};
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

const END: &str = "\n\n";

impl Frame {
    /// The frame of an event of the log.
    pub fn of(entry: &LogEntry) -> Self {
        let event = &entry.envelope.stamped.event;
        Self::new(event.type_name(), entry.envelope.cursor.clone(), event.topics(), &one_line(&entry.json))
    }

    /// A frame about the stream itself: the same shape, but in no log.
    fn about(event: StreamEvent, cursor: &Cursor, now: Timestamp) -> Self {
        let name = event.type_name();
        let stamped = Stamped { timestamp: now.as_millisecond(), event };
        // These structures hold texts and numbers only, which always can be written.
        let json = serde_json::to_string(&stamped).unwrap_or_default();
        Self::new(name, cursor.clone(), Vec::new(), &json)
    }

    fn new(name: &str, cursor: Cursor, topics: Vec<Topic>, json: &str) -> Self {
        let mut text = format!("event: {name}\n");
        let unnamed_from = text.len();
        text.extend(["id: ", &cursor.to_string(), "\ndata: "]);
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
    pub fn write(&self, encoding: Encoding, out: &mut BytesMut) {
        match encoding {
            Encoding::Sse(Naming::On) => out.put_slice(&self.bytes),
            Encoding::Sse(Naming::Off) => out.put_slice(self.bytes.get(self.unnamed_from..).unwrap_or_default()),
            Encoding::Json => {
                let json = self.bytes.get(self.json_from..self.bytes.len() - END.len()).unwrap_or_default();
                out.put_slice(format!("{{\"id\":\"{}\",", self.cursor).as_bytes());
                out.put_slice(json.strip_prefix(b"{").unwrap_or(json));
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

/// Frames on their way out: whole ones, one after the other.
#[derive(Debug, Default)]
pub struct Scratch {
    bytes: BytesMut,
    ends: Vec<usize>,
    events: u64,
}

/// Bytes of frames that leave at once. A frame that is larger leaves alone.
const CHUNK: usize = 64 * 1024;

impl Scratch {
    pub(super) fn push(&mut self, frame: &Frame, encoding: Encoding) {
        frame.write(encoding, &mut self.bytes);
        self.ends.push(self.bytes.len());
        self.events += 1;
    }

    pub(super) fn push_about(&mut self, event: StreamEvent, cursor: &Cursor, encoding: Encoding) {
        Frame::about(event, cursor, Timestamp::now()).write(encoding, &mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// The same, and how long the client is to wait before it comes back. A WebSocket has no word for that.
    pub(super) fn push_last(&mut self, event: StreamEvent, cursor: &Cursor, encoding: Encoding, retry_ms: u64) {
        if matches!(encoding, Encoding::Sse(_)) {
            self.bytes.put_slice(format!("retry: {retry_ms}\n").as_bytes());
        }
        self.push_about(event, cursor, encoding);
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= CHUNK
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many of the frames are events of the log, not words about the stream.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// All frames as one piece.
    pub fn take(&mut self) -> Bytes {
        self.ends.clear();
        self.events = 0;
        std::mem::take(&mut self.bytes).freeze()
    }

    /// All frames, each as a piece of its own.
    pub fn take_each(&mut self) -> Vec<Bytes> {
        let ends = std::mem::take(&mut self.ends);
        let mut from = 0;
        let bytes = self.take();
        ends.into_iter().map(|end| bytes.slice(std::mem::replace(&mut from, end)..end)).collect()
    }
}

#[cfg(test)]
mod tests {
    use app::events::{Envelope, Event, NoticeLevel, SystemNotification};

    use super::*;

    fn written(encoding: Encoding) -> Bytes {
        let cursor: Cursor = "e-7".parse().expect("a cursor");
        let now = Timestamp::from_millisecond(5).expect("a moment");
        let mut bytes = BytesMut::new();
        Frame::about(StreamEvent::Heartbeat { cursor: cursor.clone() }, &cursor, now).write(encoding, &mut bytes);
        bytes.freeze()
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
        let mut bytes = BytesMut::new();

        Frame::of(&LogEntry { envelope, json: "{\r\n  \"a\": \"b\\nc\"\n}".to_owned() })
            .write(Encoding::Sse(Naming::Off), &mut bytes);

        assert_eq!(bytes, "id: e-1\ndata: {\"a\":\"b\\nc\"}\n\n");
    }

    #[test]
    fn what_leaves_at_once_can_be_taken_in_one_piece_or_frame_by_frame() {
        let cursor: Cursor = "e-7".parse().expect("a cursor");
        let mut scratch = Scratch::default();
        for _ in 0..2 {
            scratch.push_about(StreamEvent::Heartbeat { cursor: cursor.clone() }, &cursor, Encoding::Json);
        }

        let pieces = scratch.take_each();

        assert_eq!(pieces.len(), 2);
        assert!(pieces.iter().all(|piece| piece.starts_with(b"{") && piece.ends_with(b"}")), "{pieces:?}");
        assert!(scratch.is_empty() && scratch.take().is_empty());
    }
}
