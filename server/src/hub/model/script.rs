//! A log that does as it is told: it grows, is trimmed, and is lost for another one.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard},
};

use app::events::{Cursor, Custom, Envelope, Event, JobStatus, JobUpdate, Position, ResetReason, Topic};
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Notify;

use crate::{
    backplane::{BackplaneError, LogEntry, ReadLog},
    hub::log::EventLog,
};

/// A log in memory.
pub(super) struct Script {
    state: Mutex<State>,
    news: Notify,
}

struct State {
    log: u64,
    /// Of the present log, with all that was trimmed.
    events: Vec<(u64, Event)>,
    /// Up to here it was trimmed.
    trimmed: u64,
}

/// Events that are read at once: so few that who reads needs several pages.
const PAGE: usize = 3;

/// The topics of a number, one a bit.
pub(super) fn topics_of(bits: u8) -> BTreeSet<Topic> {
    (0..8).filter(|bit| bits & (1 << bit) != 0).map(topic).collect()
}

fn topic(number: u8) -> Topic {
    match number {
        0 | 1 => Topic::Job(["a", "b"][usize::from(number)].into()),
        // Both jobs are of it, so that one event may come by two topics.
        2 => Topic::Queue("q".into()),
        other => Topic::Custom(other.to_string()),
    }
}

fn event(number: u8) -> Event {
    match topic(number) {
        Topic::Job(job) => Event::JobUpdate(JobUpdate::new(job, "q".into(), "nap", JobStatus::Started)),
        Topic::Queue(queue) => Event::JobUpdate(JobUpdate::new("c".into(), queue, "nap", JobStatus::Started)),
        // Some are so large that what waits does not leave at once.
        topic => Event::Custom(Custom { topic, data: json!("x".repeat(if number == 7 { 40_000 } else { 3 })) }),
    }
}

impl Script {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State { log: 1, events: Vec::new(), trimmed: 0 }), news: Notify::new() }
    }

    pub(super) fn append(&self, numbers: &[u8]) {
        let mut state = self.state();
        for number in numbers {
            // Positions have holes.
            let place = state.events.last().map_or(0, |(place, _)| *place) + 1 + u64::from(*number) % 3;
            state.events.push((place, event(*number)));
        }
        self.news.notify_waiters();
    }

    pub(super) fn trim(&self, left: usize) {
        let mut state = self.state();
        let kept = state.events.len().saturating_sub(left);
        if let Some((place, _)) = kept.checked_sub(1).and_then(|last| state.events.get(last)) {
            state.trimmed = state.trimmed.max(*place);
        }
    }

    pub(super) fn lose(&self) {
        let mut state = self.state();
        *state = State { log: state.log + 1, events: Vec::new(), trimmed: 0 };
        self.news.notify_waiters();
    }

    /// The place before the youngest events.
    pub(super) fn place_before(&self, events: usize) -> Cursor {
        let state = self.state();
        let at = state.events.len().saturating_sub(events);
        state.cursor(at.checked_sub(1).and_then(|last| state.events.get(last)).map_or(0, |(place, _)| *place))
    }

    /// Whether what follows a place may be lost.
    pub(super) fn may_be_lost(&self, place: &Cursor) -> bool {
        let state = self.state();
        place.epoch != state.epoch() || place.position < Position::single(state.trimmed)
    }

    /// The first event of some topics after a place of the present log; `None` in another log.
    pub(super) fn next(&self, place: &Cursor, topics: &BTreeSet<Topic>) -> Option<Cursor> {
        let state = self.state();
        let mut after = state.events.iter().filter(|(at, _)| Position::single(*at) > place.position);
        let wanted = after.find(|(_, event)| event.topics().iter().any(|topic| topics.contains(topic)));
        wanted.map(|(at, _)| state.cursor(*at)).filter(|_| place.epoch == state.epoch())
    }

    pub(super) fn is_of_now(&self, place: &Cursor) -> bool {
        place.epoch == self.state().epoch()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("unbroken")
    }
}

impl State {
    fn epoch(&self) -> String {
        format!("log{}", self.log)
    }

    fn cursor(&self, place: u64) -> Cursor {
        Cursor { epoch: self.epoch(), position: Position::single(place) }
    }

    fn end(&self) -> Cursor {
        self.cursor(self.events.last().map_or(0, |(place, _)| *place))
    }

    fn entry(&self, (place, event): &(u64, Event)) -> LogEntry {
        let stamped = event.clone().at(Timestamp::UNIX_EPOCH);
        let json = serde_json::to_string(&stamped).expect("JSON");
        LogEntry { envelope: Envelope { cursor: self.cursor(*place), stamped }, json }
    }
}

#[async_trait]
impl EventLog for Script {
    async fn head(&self) -> Result<Cursor, BackplaneError> {
        Ok(self.state().end())
    }

    async fn read(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        // As a real one takes its time.
        tokio::task::yield_now().await;
        let state = self.state();
        let reason = if after.epoch != state.epoch() {
            Some(ResetReason::Epoch)
        } else if after.is_after(&state.end()) {
            Some(ResetReason::Unknown)
        } else {
            (after.position < Position::single(state.trimmed)).then_some(ResetReason::Trimmed)
        };
        if let Some(reason) = reason {
            return Ok(ReadLog::Gone { reason, head: state.end() });
        }
        let newer = state.events.iter().filter(|(place, _)| Position::single(*place) > after.position);
        let page = newer.take(PAGE.min(limit as usize)).map(|event| state.entry(event));
        Ok(ReadLog::Events(page.collect()))
    }

    async fn tail(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            match self.read(after, limit).await? {
                ReadLog::Events(entries) if entries.is_empty() => news.await,
                read => return Ok(read),
            }
        }
    }
}
