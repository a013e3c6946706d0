//! A log that does as it is told: it grows, is trimmed, and is lost for another one. Or what an engine's log does, written down beside it.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
};

use app::events::{Cursor, Custom, Envelope, Event, JobStatus, JobUpdate, Position, ResetReason, Topic};
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Notify;

use crate::{
    backplane::{Backplane, BackplaneError, LogEntry, ReadLog},
    hub::log::EventLog,
};

/// All that a log has held, and how much of it is left.
pub(crate) struct Script {
    state: Mutex<State>,
    news: Notify,
    /// An engine whose log this is; without one it is a log in memory.
    engine: Option<Arc<dyn Backplane>>,
}

struct State {
    epoch: String,
    /// Where it began.
    start: Position,
    /// Of the present log, with all that was trimmed.
    events: Vec<(Position, Event)>,
    /// Up to here it was trimmed.
    trimmed: Position,
    /// Whether whoever tails it hears nothing.
    is_held: bool,
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

/// The event that is told to the topic of a number.
pub(crate) fn event(number: u8) -> Event {
    match topic(number) {
        Topic::Job(job) => Event::JobUpdate(JobUpdate::new(job, "q".into(), "nap", JobStatus::Started)),
        Topic::Queue(queue) => Event::JobUpdate(JobUpdate::new("c".into(), queue, "nap", JobStatus::Started)),
        // Some are so large that what waits does not leave at once.
        topic => Event::Custom(Custom { topic, data: json!("x".repeat(if number == 7 { 40_000 } else { 3 })) }),
    }
}

impl Script {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State::at(log(1))), news: Notify::new(), engine: None }
    }

    /// What an engine's log does from now on.
    pub(crate) async fn of(engine: Arc<dyn Backplane>) -> Self {
        let head = engine.head().await.expect("an end");
        Self { state: Mutex::new(State::at(head)), news: Notify::new(), engine: Some(engine) }
    }

    /// Writes down what came since, where it is an engine's log.
    pub(crate) async fn follow(&self) {
        let Some(engine) = &self.engine else { return };
        loop {
            let end = self.state().end();
            let ReadLog::Events(entries) = engine.read(&end, 1_000).await.expect("readable") else {
                panic!("lost by nobody");
            };
            if entries.is_empty() {
                return;
            }
            let events = entries.into_iter().map(|entry| entry.envelope);
            self.state().events.extend(events.map(|envelope| (envelope.cursor.position, envelope.stamped.event)));
        }
    }

    pub(super) fn append(&self, numbers: &[u8]) {
        let mut state = self.state();
        for number in numbers {
            // Positions have holes.
            let place = state.end().position.major + 1 + u64::from(*number) % 3;
            state.events.push((Position::single(place), event(*number)));
        }
        self.news.notify_waiters();
    }

    /// All but the youngest so many events are trimmed.
    pub(crate) fn trim(&self, left: usize) {
        let mut state = self.state();
        let kept = state.events.len().saturating_sub(left);
        if let Some((place, _)) = kept.checked_sub(1).and_then(|last| state.events.get(last)) {
            state.trimmed = state.trimmed.max(*place);
        }
    }

    pub(super) fn lose(&self) {
        let mut state = self.state();
        let number: u64 = state.epoch.trim_start_matches(LOG).parse().expect("a log of ours");
        *state = State::at(log(number + 1));
        self.news.notify_waiters();
    }

    /// From now on whoever tails it hears nothing, though it can be read.
    pub(super) fn hold(&self) {
        self.state().is_held = true;
    }

    /// Whoever tails it hears all of it.
    pub(super) fn let_go(&self) {
        self.state().is_held = false;
        self.news.notify_waiters();
    }

    /// The youngest events, at most so many: their places.
    pub(crate) fn youngest(&self, count: usize) -> Vec<Cursor> {
        let state = self.state();
        let skipped = state.events.len().saturating_sub(count);
        state.events.iter().skip(skipped).map(|(place, _)| state.cursor(*place)).collect()
    }

    /// The place before the youngest events.
    pub(crate) fn place_before(&self, events: usize) -> Cursor {
        let state = self.state();
        let at = state.events.len().saturating_sub(events);
        state.cursor(at.checked_sub(1).and_then(|last| state.events.get(last)).map_or(state.start, |(place, _)| *place))
    }

    /// How many events the present log has had.
    pub(crate) fn count(&self) -> usize {
        self.state().events.len()
    }

    /// Whether what follows a place may be lost.
    pub(super) fn may_be_lost(&self, place: &Cursor) -> bool {
        let state = self.state();
        place.epoch != state.epoch || place.position < state.trimmed
    }

    /// The first event of some topics after a place of the present log; `None` in another log.
    pub(super) fn next(&self, place: &Cursor, topics: &BTreeSet<Topic>) -> Option<Cursor> {
        let state = self.state();
        let mut after = state.events.iter().filter(|(at, _)| *at > place.position);
        let wanted = after.find(|(_, event)| event.topics().iter().any(|topic| topics.contains(topic)));
        wanted.map(|(at, _)| state.cursor(*at)).filter(|_| place.epoch == state.epoch)
    }

    pub(super) fn is_of_now(&self, place: &Cursor) -> bool {
        place.epoch == self.state().epoch
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("unbroken")
    }
}

/// How the epochs of logs in memory begin; a number follows.
const LOG: &str = "log";

/// Where the log of a number begins.
fn log(number: u64) -> Cursor {
    Cursor { epoch: format!("{LOG}{number}"), position: Position::default() }
}

impl State {
    /// A log that begins there.
    fn at(start: Cursor) -> Self {
        Self {
            epoch: start.epoch,
            start: start.position,
            events: Vec::new(),
            trimmed: Position::default(),
            is_held: false,
        }
    }

    fn cursor(&self, position: Position) -> Cursor {
        Cursor { epoch: self.epoch.clone(), position }
    }

    fn end(&self) -> Cursor {
        self.cursor(self.events.last().map_or(self.start, |(place, _)| *place))
    }

    fn entry(&self, (place, event): &(Position, Event)) -> LogEntry {
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
        let reason = if after.epoch != state.epoch {
            Some(ResetReason::Epoch)
        } else if after.is_after(&state.end()) {
            Some(ResetReason::Unknown)
        } else {
            (after.position < state.trimmed).then_some(ResetReason::Trimmed)
        };
        if let Some(reason) = reason {
            return Ok(ReadLog::Gone { reason, head: state.end() });
        }
        let newer = state.events.iter().filter(|(place, _)| *place > after.position);
        let page = newer.take(PAGE.min(limit as usize)).map(|event| state.entry(event));
        Ok(ReadLog::Events(page.collect()))
    }

    async fn tail(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            let is_held = self.state().is_held;
            match self.read(after, limit).await? {
                ReadLog::Events(entries) if entries.is_empty() || is_held => news.await,
                read => return Ok(read),
            }
        }
    }
}
