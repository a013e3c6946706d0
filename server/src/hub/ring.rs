//! The youngest frames, bounded in number and in bytes, with a list for each topic: of its frames, and of who listens to it.
//!
//! So an event costs as much as it has listeners, and a listener as much as it gets: nobody looks at what others get.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use app::events::{Cursor, Position, ResetReason, Topic};
use smallvec::SmallVec;

use super::{
    Frame,
    frame::Encoding,
    merge::{Merge, start_of},
    scratch::Scratch,
    seats::Seat,
};

/// How much the ring holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingLimits {
    /// Frames.
    pub frames: usize,
    /// Bytes, near enough.
    pub bytes: usize,
}

impl Default for RingLimits {
    fn default() -> Self {
        Self { frames: 65_536, bytes: 64 * 1024 * 1024 }
    }
}

/// Frames in the order of the log, without a gap.
pub(super) struct Ring {
    limits: RingLimits,
    /// Everything after this place is here.
    floor: Cursor,
    end: Cursor,
    frames: VecDeque<Arc<Frame>>,
    /// The number of the first frame; frames are numbered for as long as the process lives.
    first: u64,
    bytes: usize,
    /// A line for each topic that has frames or listeners, and where it stands. Its place does not change, so that whoever listens need not
    /// look it up by name for each frame.
    lines: Vec<Line>,
    places: HashMap<Topic, usize>,
    /// Places that are free again.
    free: Vec<usize>,
    /// How often the log was lost, and why the last time.
    pub(super) losses: u64,
    pub(super) loss: ResetReason,
}

/// What the ring knows of a topic.
#[derive(Default)]
pub(super) struct Line {
    /// The numbers of its frames that are here.
    numbers: VecDeque<u64>,
    /// The youngest of its frames that is not here any more. Exact for whoever listened or stood above the floor before.
    gone_through: Position,
    listeners: HashMap<u64, Arc<Seat>>,
}

/// The lines that a walk goes along. Most go along one or two.
type Lines<'a> = SmallVec<[&'a Line; 2]>;

/// A way along the log.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// Up to here all is told.
    pub(super) place: Cursor,
    /// Whether it has been on the ring since its topics are listened to: then a topic that is silent can't have lost anything, however
    /// far the ring has moved on.
    pub(super) is_on_ring: bool,
}

impl Walk {
    pub(super) const fn from(place: Cursor) -> Self {
        Self { place, is_on_ring: false }
    }
}

/// Where a walk came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    /// There is nothing more.
    Even,
    /// There may be more, but no room for it.
    Full,
    /// What comes next is not in the ring: the log has to be read.
    Behind,
}

impl Ring {
    pub(super) fn starting_at(floor: Cursor, limits: RingLimits) -> Self {
        Self {
            limits,
            end: floor.clone(),
            floor,
            frames: VecDeque::new(),
            first: 0,
            bytes: 0,
            lines: Vec::new(),
            places: HashMap::new(),
            free: Vec::new(),
            losses: 0,
            loss: ResetReason::Epoch,
        }
    }

    /// Where it ends.
    pub(super) const fn end(&self) -> &Cursor {
        &self.end
    }

    /// Begins anew, since the log can't say what came after the end.
    pub(super) fn lose(&mut self, reason: ResetReason, head: Cursor) {
        self.first += self.frames.len() as u64;
        self.frames.clear();
        self.bytes = 0;
        for line in &mut self.lines {
            line.numbers.clear();
            line.gone_through = Position::default();
        }
        let topics: Vec<Topic> = self.places.keys().cloned().collect();
        for topic in &topics {
            self.tidy(topic);
        }
        self.end = head.clone();
        self.floor = head;
        self.losses += 1;
        self.loss = reason;
    }

    /// Puts frames at the end; returns who has to be woken.
    pub(super) fn extend(&mut self, frames: Vec<Arc<Frame>>) -> Vec<Arc<Seat>> {
        let mut touched = BTreeSet::new();
        for frame in frames {
            let number = self.first + self.frames.len() as u64;
            for topic in frame.topics() {
                self.line(topic).numbers.push_back(number);
                if !touched.contains(topic) {
                    touched.insert(topic.clone());
                }
            }
            self.bytes += frame.size_bytes();
            self.end = frame.cursor.clone();
            self.frames.push_back(frame);
        }
        let seats = self.lines_of(&touched).into_iter().flat_map(|line| line.listeners.values()).cloned().collect();
        self.shrink();
        seats
    }

    fn shrink(&mut self) {
        while self.frames.len() > self.limits.frames || self.bytes > self.limits.bytes {
            let Some(oldest) = self.frames.pop_front() else { return };
            self.first += 1;
            self.bytes -= oldest.size_bytes();
            self.floor = oldest.cursor.clone();
            for topic in oldest.topics() {
                let line = self.line(topic);
                line.numbers.pop_front();
                line.gone_through = oldest.cursor.position;
                self.tidy(topic);
            }
        }
    }

    fn line(&mut self, topic: &Topic) -> &mut Line {
        let place = self.places.get(topic).copied().unwrap_or_else(|| {
            let place = self.free.pop().unwrap_or(self.lines.len());
            if place == self.lines.len() {
                self.lines.push(Line::default());
            }
            self.places.insert(topic.clone(), place);
            place
        });
        &mut self.lines[place]
    }

    /// Forgets a topic that nobody needs any more.
    fn tidy(&mut self, topic: &Topic) {
        let line = self.line(topic);
        if line.numbers.is_empty() && line.listeners.is_empty() {
            *line = Line::default();
            self.free.extend(self.places.remove(topic));
        }
    }

    pub(super) fn listen<'a>(&mut self, seat: &Arc<Seat>, topics: impl IntoIterator<Item = &'a Topic>) {
        for topic in topics {
            self.line(topic).listeners.insert(seat.number, Arc::clone(seat));
        }
    }

    pub(super) fn leave<'a>(&mut self, seat: &Seat, topics: impl IntoIterator<Item = &'a Topic>) {
        for topic in topics {
            self.line(topic).listeners.remove(&seat.number);
            self.tidy(topic);
        }
    }

    /// How many topics have frames or listeners.
    #[cfg(test)]
    pub(super) fn topics(&self) -> usize {
        self.places.len()
    }

    /// Whether everything after a place is here.
    pub(super) fn reaches(&self, place: &Cursor) -> bool {
        place.epoch == self.floor.epoch && place.position >= self.floor.position
    }

    fn number_after(&self, position: Position) -> u64 {
        self.first + start_of(&self.frames, |frame| frame.cursor.position <= position) as u64
    }

    /// Walks on as far as the ring, `until` and the room allow.
    pub(super) fn walk(
        &self,
        walk: &mut Walk,
        lines: &[&Line],
        until: Option<Position>,
        (scratch, encoding): (&mut Scratch, Encoding),
    ) -> Leg {
        if walk.is_on_ring {
            walk.is_on_ring = lines.iter().all(|line| line.gone_through <= walk.place.position);
        } else {
            walk.is_on_ring = self.reaches(&walk.place);
        }
        if !walk.is_on_ring {
            return Leg::Behind;
        }
        let until = until.unwrap_or(self.end.position);
        let start = self.number_after(walk.place.position);
        for frame in self.frames_from(start, lines) {
            if frame.cursor.position > until {
                break;
            }
            if scratch.is_full() {
                return Leg::Full;
            }
            scratch.push(frame, encoding);
            walk.place.position = frame.cursor.position;
        }
        walk.place.position = walk.place.position.max(until);
        Leg::Even
    }

    /// Where the lines of topics stand that somebody listens to: there, for as long as he does.
    pub(super) fn places_of(&self, topics: &BTreeSet<Topic>) -> Vec<usize> {
        topics.iter().filter_map(|topic| self.places.get(topic).copied()).collect()
    }

    /// The lines that stand there.
    pub(super) fn lines_at(&self, places: &[usize]) -> Lines<'_> {
        places.iter().filter_map(|place| self.lines.get(*place)).collect()
    }

    /// The lines of topics.
    pub(super) fn lines_of(&self, topics: &BTreeSet<Topic>) -> Lines<'_> {
        self.lines_at(&self.places_of(topics))
    }

    /// Frames of some lines from a number on, each once, in order.
    fn frames_from<'a>(&'a self, start: u64, lines: &[&'a Line]) -> impl Iterator<Item = &'a Frame> {
        let rest = |line: &&'a Line| line.numbers.range(start_of(&line.numbers, |number| *number < start)..);
        let numbers = Merge::of(lines.iter().map(rest).collect());
        numbers.map_while(|number| self.frames.get(usize::try_from(number - self.first).ok()?).map(|frame| &**frame))
    }

    /// How many frames of some topics follow a place, as far as they are here; `None` when the place is not on the ring.
    pub(super) fn count_after(&self, place: &Cursor, topics: &BTreeSet<Topic>) -> Option<u64> {
        self.reaches(place).then(|| self.lag(place, topics))
    }

    /// The same for somebody who listens and may have fallen off: what is still here counts.
    pub(super) fn lag(&self, place: &Cursor, topics: &BTreeSet<Topic>) -> u64 {
        if place.epoch != self.floor.epoch {
            return 0;
        }
        self.frames_from(self.number_after(place.position), &self.lines_of(topics)).count() as u64
    }
}
