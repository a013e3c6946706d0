//! Where frames are put together that leave at once.

use app::events::{Cursor, StreamEvent};
use bytes::Bytes;
use jiff::Timestamp;

use super::frame::{Encoding, Frame};

/// Frames on their way out: whole ones, one after the other.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Begins with room for what a carrier puts before the frames, once there is one.
    bytes: Vec<u8>,
    /// Where each frame ends.
    ends: Vec<usize>,
    events: u64,
}

/// Bytes of frames that leave at once. A frame that is larger leaves alone.
const CHUNK: usize = 64 * 1024;
/// What a carrier may put before the frames.
const ROOM: usize = 18;

impl Scratch {
    pub(super) fn push(&mut self, frame: &Frame, encoding: Encoding) {
        frame.write(encoding, self.room());
        self.ends.push(self.bytes.len());
        self.events += 1;
    }

    pub(super) fn push_about(&mut self, event: StreamEvent, cursor: &Cursor, encoding: Encoding) {
        Frame::about(event, cursor, Timestamp::now()).write(encoding, self.room());
        self.ends.push(self.bytes.len());
    }

    /// The same, and how long the client is to wait before it comes back. A WebSocket has no word for that.
    pub(super) fn push_last(&mut self, event: StreamEvent, cursor: &Cursor, encoding: Encoding, retry_ms: u64) {
        if matches!(encoding, Encoding::Sse(_)) {
            self.room().extend_from_slice(format!("retry: {retry_ms}\n").as_bytes());
        }
        self.push_about(event, cursor, encoding);
    }

    fn room(&mut self) -> &mut Vec<u8> {
        if self.bytes.is_empty() {
            self.bytes.resize(ROOM, 0);
        }
        &mut self.bytes
    }

    /// Bytes of frames.
    pub const fn len(&self) -> usize {
        self.bytes.len().saturating_sub(ROOM)
    }

    pub(super) const fn is_full(&self) -> bool {
        self.len() >= CHUNK
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many of the frames are events of the log, not words about the stream.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// Empties it for the next ones. It keeps its memory, unless that is much more than usual.
    pub fn clear(&mut self) {
        if self.bytes.capacity() > 4 * CHUNK {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
        self.ends.clear();
        self.events = 0;
    }

    /// All frames as one piece, between what a carrier says before them, 18 bytes at most, and behind them. Said once.
    pub fn between(&mut self, before: &[u8], behind: &[u8]) -> &[u8] {
        let from = ROOM.saturating_sub(before.len());
        if let Some(room) = self.room().get_mut(from..from + before.len()) {
            room.copy_from_slice(before);
        }
        self.bytes.extend_from_slice(behind);
        self.bytes.get(from..).unwrap_or_default()
    }

    /// All frames as one piece.
    pub fn take(&mut self) -> Bytes {
        let mut bytes = Bytes::from(std::mem::take(&mut self.bytes));
        self.clear();
        bytes.split_off(ROOM.min(bytes.len()))
    }

    /// All frames, each as a piece of its own.
    pub fn take_each(&mut self) -> Vec<Bytes> {
        let ends = std::mem::take(&mut self.ends);
        let bytes = Bytes::from(std::mem::take(&mut self.bytes));
        self.clear();
        let mut from = ROOM;
        ends.into_iter().map(|end| bytes.slice(std::mem::replace(&mut from, end)..end)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn what_a_carrier_says_stands_around_the_frames_and_is_gone_with_them() {
        let cursor: Cursor = "e-7".parse().expect("a cursor");
        let frame = Frame::about(StreamEvent::Heartbeat { cursor: cursor.clone() }, &cursor, Timestamp::UNIX_EPOCH);
        let mut scratch = Scratch::default();
        let mut alone = Vec::new();
        frame.write(Encoding::default(), &mut alone);

        for _ in 0..2 {
            scratch.push(&frame, Encoding::default());

            let length = scratch.len();
            let text = String::from_utf8_lossy(scratch.between(b"(", b")")).into_owned();

            assert_eq!(length, alone.len());
            assert_eq!(text.as_bytes(), [b"(", alone.as_slice(), b")"].concat());
            scratch.clear();
            assert!(scratch.is_empty());
        }
    }
}
