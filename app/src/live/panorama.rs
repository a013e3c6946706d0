//! Queues and workers as they were at a moment: a pure fold of what was told of them.
//!
//! A `Film` is what was told within a window of the log, over the panorama from before it. It shows any moment of the window, and what
//! leaves the window is folded into the panorama that it begins with. Whatever nothing is known of is absent, never made up.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{LoggedEvent, QueueCounts, QueueName, Snapshot, WorkerId, WorkerStatus},
    events::{Cursor, Envelope, Event, Stamped, Topic},
};

/// Changes in a film's window at most.
pub const MOST_CHANGES: usize = 1_000;

/// All queues and workers at one moment, as far as the log tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panorama {
    /// Queues, by their names.
    pub queues: BTreeMap<QueueName, QueueThen>,
    /// Workers that lived, by their ids.
    pub workers: BTreeMap<WorkerId, WorkerThen>,
}

/// A queue at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueThen {
    /// Its jobs by state.
    pub counts: QueueCounts,
    /// Whether no worker was given jobs of it.
    pub paused: bool,
}

/// A worker at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerThen {
    /// What it was at.
    pub status: WorkerStatus,
    /// Jobs in its hands.
    pub current_jobs: u32,
    /// Jobs that it ran at the same time at most.
    pub concurrency: u32,
    /// The machine that it ran on.
    pub host: String,
}

impl Panorama {
    /// Whether an event tells of a queue or a worker as it stands.
    pub const fn concerns(event: &Event) -> bool {
        matches!(event, Event::QueueUpdate(_) | Event::WorkerStatus(_))
    }

    /// Takes an event in. What tells of neither a queue nor a worker as it stands changes nothing.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::QueueUpdate(told) => {
                let then = QueueThen { counts: told.counts, paused: told.paused };
                self.queues.insert(told.queue_name.clone(), then);
            }
            Event::WorkerStatus(told) if told.status == WorkerStatus::Gone => {
                self.workers.remove(&told.worker_id);
            }
            Event::WorkerStatus(told) => {
                let then = WorkerThen {
                    status: told.status,
                    current_jobs: told.current_jobs,
                    concurrency: told.concurrency,
                    host: told.host.clone(),
                };
                self.workers.insert(told.worker_id.clone(), then);
            }
            _ => {}
        }
    }
}

/// A film, as the server gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilmReel {
    /// How all was before the first change of the window.
    pub base: Panorama,
    /// When the window begins, in milliseconds since 1970.
    pub begins_ms: i64,
    /// From here on everything that was told is in the base or in the window, in milliseconds since 1970; no earlier than the log was read
    /// back.
    pub known_from_ms: i64,
    /// The changes of the window, in the order of the log.
    pub changes: Vec<LoggedEvent>,
    /// Where further changes are told.
    pub topics: Vec<Topic>,
}

/// A window of the log, and what was before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Film {
    base: Panorama,
    begins_ms: i64,
    /// The moment and the event of each change. Moments never go back, though the clocks of two machines may.
    changes: VecDeque<(i64, Event)>,
    cursor: Cursor,
}

impl From<&Snapshot<FilmReel>> for Film {
    fn from(snapshot: &Snapshot<FilmReel>) -> Self {
        let reel = &snapshot.data;
        let mut film = Self {
            base: reel.base.clone(),
            begins_ms: reel.begins_ms,
            changes: VecDeque::with_capacity(reel.changes.len()),
            cursor: snapshot.cursor.clone(),
        };
        for LoggedEvent { cursor, json } in &reel.changes {
            if let Ok(stamped) = serde_json::from_str::<Stamped>(json) {
                film.push(stamped);
            }
            // Some may have come after the snapshot's place was noted: they come again, and are known.
            if cursor.is_after(&film.cursor) {
                film.cursor = cursor.clone();
            }
        }
        film
    }
}

impl Film {
    /// Takes an event in. Returns whether there is one more change: what is not newer than the film is none.
    pub fn take(&mut self, envelope: &Envelope) -> bool {
        if !envelope.cursor.is_after(&self.cursor) || !Panorama::concerns(&envelope.stamped.event) {
            return false;
        }
        self.cursor = envelope.cursor.clone();
        self.push(envelope.stamped.clone());
        true
    }

    fn push(&mut self, Stamped { timestamp, event }: Stamped) {
        self.changes.push_back((timestamp.max(self.ends_ms()), event));
        if self.changes.len() > MOST_CHANGES
            && let Some((at_ms, event)) = self.changes.pop_front()
        {
            self.base.apply(&event);
            self.begins_ms = at_ms;
        }
    }

    /// When the window begins, in milliseconds since 1970.
    pub const fn begins_ms(&self) -> i64 {
        self.begins_ms
    }

    /// The moment of the last change; where there is none, when the window begins.
    pub fn ends_ms(&self) -> i64 {
        self.changes.back().map_or(self.begins_ms, |(at_ms, _)| *at_ms)
    }

    /// How all was at a moment; without one, how it is. A moment before the window shows its beginning.
    pub fn at(&self, moment_ms: Option<i64>) -> Panorama {
        let mut panorama = self.base.clone();
        for (at_ms, event) in &self.changes {
            if moment_ms.is_some_and(|moment_ms| *at_ms > moment_ms) {
                break;
            }
            panorama.apply(event);
        }
        panorama
    }

    /// The moment of the last change before a moment; without one, of the last of all.
    pub fn change_before(&self, moment_ms: Option<i64>) -> Option<i64> {
        let is_before = |at_ms: &i64| moment_ms.is_none_or(|moment_ms| *at_ms < moment_ms);
        self.changes.iter().rev().map(|(at_ms, _)| *at_ms).find(is_before)
    }

    /// The moment of the first change after a moment.
    pub fn change_after(&self, moment_ms: i64) -> Option<i64> {
        self.changes.iter().map(|(at_ms, _)| *at_ms).find(|at_ms| *at_ms > moment_ms)
    }
}
