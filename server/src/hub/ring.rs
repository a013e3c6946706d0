//! The youngest frames, bounded in number and in bytes.

use std::{collections::VecDeque, sync::Arc};

use app::events::Cursor;

use super::Frame;

const MOST_FRAMES: usize = 65_536;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Frames in the order of the log, without a gap.
pub(super) struct Ring {
    /// Everything after this place is here.
    floor: Cursor,
    frames: VecDeque<Arc<Frame>>,
    bytes: usize,
}

impl Ring {
    pub(super) const fn starting_at(floor: Cursor) -> Self {
        Self { floor, frames: VecDeque::new(), bytes: 0 }
    }

    pub(super) fn extend(&mut self, frames: Vec<Arc<Frame>>) {
        for frame in frames {
            self.bytes += frame.size_bytes();
            self.frames.push_back(frame);
        }
        while self.frames.len() > MOST_FRAMES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.frames.pop_front() else { return };
            self.bytes -= oldest.size_bytes();
            self.floor = oldest.cursor.clone();
        }
    }

    /// Frames after a place, at most `limit`; `None` when the ring doesn't reach back so far, or the place is of another log.
    pub(super) fn after(&self, place: &Cursor, limit: usize) -> Option<Vec<Arc<Frame>>> {
        if place.epoch != self.floor.epoch || place.position < self.floor.position {
            return None;
        }
        let from = self.frames.partition_point(|frame| frame.cursor.position <= place.position);
        Some(self.frames.iter().skip(from).take(limit).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use app::events::{Envelope, Event, NoticeLevel, Position, Stamped, SystemNotification};

    use super::*;
    use crate::backplane::LogEntry;

    fn cursor(position: u64) -> Cursor {
        Cursor { epoch: "e".to_owned(), position: Position::single(position) }
    }

    fn frame(position: u64) -> Arc<Frame> {
        let event = Event::SystemNotification(SystemNotification { level: NoticeLevel::Info, message: String::new() });
        Arc::new(Frame::of(&LogEntry {
            envelope: Envelope { cursor: cursor(position), stamped: Stamped { timestamp: 0, event } },
            json: "{}".to_owned(),
        }))
    }

    fn positions(frames: &[Arc<Frame>]) -> Vec<u64> {
        frames.iter().map(|frame| frame.cursor.position.major).collect()
    }

    #[test]
    fn it_gives_what_came_after_a_place_even_when_positions_have_holes() {
        let mut ring = Ring::starting_at(cursor(10));
        ring.extend(vec![frame(12), frame(15), frame(16)]);

        assert_eq!(positions(&ring.after(&cursor(10), 9).expect("in the ring")), [12, 15, 16]);
        assert_eq!(positions(&ring.after(&cursor(13), 1).expect("in the ring")), [15]);
        assert!(ring.after(&cursor(16), 9).expect("in the ring").is_empty());
    }

    #[test]
    fn it_says_so_when_it_does_not_reach_back_far_enough() {
        let mut ring = Ring::starting_at(cursor(0));
        let frames = (1..=MOST_FRAMES as u64 + 5).map(frame).collect();
        ring.extend(frames);

        assert!(ring.after(&cursor(4), 1).is_none());
        assert_eq!(positions(&ring.after(&cursor(5), 1).expect("in the ring")), [6]);
    }
}
