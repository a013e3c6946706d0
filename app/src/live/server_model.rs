//! A server in memory: a log that can be lost, and the lines that it is told over.

use std::collections::{BTreeMap, VecDeque};

use super::followers::TopicWish;
use crate::events::{
    ByeReason, Connected, Cursor, Custom, Event, MOST_TOPICS, RejectReason, ResetReason, Stamped, StreamEvent, Topic,
};

pub(super) fn topic(number: u64) -> Topic {
    Topic::Custom(["one", "two"][usize::from(number.is_multiple_of(2))].into())
}

/// A frame: its id and its JSON.
pub(super) type Frame = (String, String);

fn frame<E: serde::Serialize>(cursor: &Cursor, event: E) -> Frame {
    (cursor.to_string(), serde_json::to_string(&Stamped { timestamp: 0, event }).expect("serialises"))
}

struct Line {
    id: String,
    topics: Vec<Topic>,
    frames: VecDeque<Frame>,
}

/// How the server deals with whoever opens a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Manner {
    #[default]
    Greets,
    /// It takes the line and says nothing.
    Silent,
    /// There are too many.
    Refuses,
}

/// It knows lines by the tab that holds them.
#[derive(Default)]
pub(super) struct Server {
    /// The log ends here; each position is an event.
    pub(super) end: u64,
    pub(super) manner: Manner,
    logs_lost: u32,
    lines: BTreeMap<usize, Line>,
    pub(super) lines_counted: u64,
}

impl Server {
    /// A place in the log that is there now.
    pub(super) fn place(&self, position: u64) -> Cursor {
        format!("log{}-{position}", self.logs_lost).parse().expect("a cursor")
    }

    pub(super) fn holders(&self) -> Vec<usize> {
        self.lines.keys().copied().collect()
    }

    pub(super) fn open_line(&mut self, holder: usize, topics: Vec<Topic>, from: Option<Cursor>) {
        self.lines_counted += 1;
        let mut line = Line { id: format!("line {}", self.lines_counted), topics, frames: VecDeque::new() };
        match self.manner {
            // Who wants more is not answered.
            Manner::Greets if line.topics.len() > MOST_TOPICS => return,
            Manner::Greets => {}
            Manner::Silent => return,
            Manner::Refuses => {
                line.topics.clear();
                let word = StreamEvent::Rejected { reason: RejectReason::TooManyStreams, limit: 8 };
                line.frames.push_back(frame(&self.place(self.end), word));
                self.lines.insert(holder, line);
                return;
            }
        }
        let after = match &from {
            None => Ok(self.end),
            Some(from) => self.reach(from),
        };
        let place = self.place(after.unwrap_or(self.end));
        let connected = StreamEvent::Connected(Connected {
            connection_id: line.id.clone(),
            cursor: place.clone(),
            resumed: from.is_some() && after.is_ok(),
            replayed: 0,
            heartbeat_ms: 15_000,
            server_version: String::new(),
            topics: line.topics.clone(),
        });
        line.frames.push_back(frame(&place, connected));
        let topics = line.topics.clone();
        self.lines.insert(holder, line);
        self.send(holder, &topics, after);
    }

    /// Ends a line, as it does when the session that opened it is over.
    pub(super) fn sign_out(&mut self, holder: usize) {
        let word = frame(&self.place(self.end), StreamEvent::Bye { reason: ByeReason::SignedOut });
        if let Some(line) = self.lines.get_mut(&holder) {
            line.frames.push_back(word);
        }
    }

    /// Where a place is in the log that is there now.
    fn reach(&self, place: &Cursor) -> Result<u64, ResetReason> {
        match place.position.major {
            _ if place.epoch != self.place(0).epoch => Err(ResetReason::Epoch),
            position if position > self.end => Err(ResetReason::Unknown),
            position => Ok(position),
        }
    }

    /// Sends what happened on some topics after a place, or says why that can't be done.
    fn send(&mut self, holder: usize, topics: &[Topic], after: Result<u64, ResetReason>) {
        let frames: Vec<Frame> = match after {
            Err(reason) => vec![frame(&self.place(self.end), StreamEvent::Reset { reason })],
            Ok(after) => (after + 1..=self.end)
                .filter(|position| topics.contains(&topic(*position)))
                .map(|position| {
                    let event = Event::Custom(Custom { topic: topic(position), data: serde_json::Value::Null });
                    frame(&self.place(position), event)
                })
                .collect(),
        };
        if let Some(line) = self.lines.get_mut(&holder) {
            line.frames.extend(frames);
        }
    }

    pub(super) fn happen(&mut self) {
        self.end += 1;
        for holder in self.holders() {
            let topics = self.lines[&holder].topics.clone();
            self.send(holder, &topics, Ok(self.end - 1));
        }
    }

    /// The log is lost, and another begins. Open lines are told.
    pub(super) fn lose_log(&mut self) {
        self.logs_lost += 1;
        self.end = 2;
        for holder in self.holders() {
            self.send(holder, &[], Err(ResetReason::Epoch));
        }
    }

    /// Changes the topics of a line, if it is the one that is there.
    pub(super) fn change(&mut self, holder: usize, id: &str, wish: &TopicWish) -> bool {
        let Some(line) = self.lines.get_mut(&holder).filter(|line| line.id == id) else { return false };
        let mut topics: Vec<Topic> =
            line.topics.iter().filter(|topic| !wish.remove.contains(topic)).chain(&wish.add).cloned().collect();
        topics.sort();
        topics.dedup();
        if topics.len() > MOST_TOPICS {
            return false;
        }
        line.topics.clone_from(&topics);
        if let Some(from) = &wish.from {
            let after = self.reach(from);
            self.send(holder, &wish.add, after);
        }
        let word = if wish.add.is_empty() && !wish.remove.is_empty() {
            StreamEvent::Unsubscribed { topics }
        } else {
            StreamEvent::Subscribed { topics }
        };
        self.say(holder, word);
        true
    }

    /// Proves that the lines are whole.
    pub(super) fn beat(&mut self) {
        for holder in self.holders() {
            self.say(holder, StreamEvent::Heartbeat { cursor: self.place(self.end) });
        }
    }

    fn say(&mut self, holder: usize, word: StreamEvent) {
        let word = frame(&self.place(self.end), word);
        if let Some(line) = self.lines.get_mut(&holder) {
            line.frames.push_back(word);
        }
    }

    /// The line of a tab breaks, if there is one.
    pub(super) fn cut(&mut self, holder: usize) -> bool {
        self.lines.remove(&holder).is_some()
    }

    /// The next frame on its way to a tab.
    pub(super) fn deliver(&mut self, holder: usize) -> Option<Frame> {
        self.lines.get_mut(&holder)?.frames.pop_front()
    }

    /// Whether anything is on its way.
    pub(super) fn is_busy(&self) -> bool {
        self.lines.values().any(|line| !line.frames.is_empty())
    }
}
