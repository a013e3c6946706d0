//! Somebody who wants to know, and how far it is.

use std::rc::Rc;

use super::{back_off::pause_ms, followers::OnNotice, relay::Want};
use crate::events::{Cursor, Envelope, Topic};

/// Events that may wait for one follower. Whoever would need more loads its snapshot again, which costs less.
const MOST_HELD: usize = 5_000;

/// Somebody who wants to know.
pub(super) struct Follower {
    /// Names it among the followers of its tab; of another tab's, what it is asked for as.
    pub(super) number: u64,
    /// Names the question that was last put to the tab that holds the line: an answer to an older one says nothing.
    pub(super) asked_as: u64,
    /// What it wants to know of.
    pub(super) topics: Vec<Topic>,
    /// How far it is.
    pub(super) standing: Standing,
    /// Whose it is.
    pub(super) owner: Owner,
}

/// Whose a follower is.
pub(super) enum Owner {
    /// A page of this tab.
    Here(OnNotice),
    /// A page of another tab of the browser, whose line this tab holds. It is told by that tab itself.
    Tab(String),
}

/// How far a follower is.
pub(super) enum Standing {
    /// It can be served by the events that come after a place.
    Following {
        /// Up to here it knows everything.
        cursor: Cursor,
        /// How far it is with the open line.
        line: Line,
        /// What came while the line did not serve it yet: what it missed before comes in between.
        held: Vec<Rc<Envelope>>,
    },
    /// It may have missed something that will not come again. It is told to load its snapshot, and told so again until a follower
    /// with a new snapshot takes its place.
    Lost {
        /// How often it was told.
        tries: u32,
        /// When to tell it again.
        again_ms: f64,
    },
}

/// How far a follower is with the open line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It was not asked for yet.
    New,
    /// It was asked for.
    Asked,
    /// The server said that it sends what it follows.
    Served,
}

impl Standing {
    /// It knows everything up to a place, and no line was asked for it.
    pub(super) const fn at(cursor: Cursor) -> Self {
        Self::Following { cursor, line: Line::New, held: Vec::new() }
    }

    /// Lost, and told so for the first time or about to be.
    pub(super) fn lost(now_ms: f64, chance: f64) -> Self {
        Self::Lost { tries: 1, again_ms: now_ms + pause_ms(1, chance) }
    }

    /// It is lost from now on, and told so after a pause. Who is lost already is told when it would be.
    pub(super) fn lose(&mut self, now_ms: f64, chance: f64) {
        if !self.is_lost() {
            *self = Self::lost(now_ms, chance);
        }
    }

    /// Whether it is lost.
    pub(super) const fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }

    /// Whether it is time to tell it once more that it is lost; if so, the next time is set.
    pub(super) fn is_due(&mut self, now_ms: f64, chance: f64) -> bool {
        match self {
            Self::Lost { tries, again_ms } if now_ms >= *again_ms => {
                *tries = tries.saturating_add(1);
                *again_ms = now_ms + pause_ms(*tries, chance);
                true
            }
            _ => false,
        }
    }

    /// Up to where it knows everything; `None` when it is lost.
    pub(super) const fn cursor(&self) -> Option<&Cursor> {
        match self {
            Self::Following { cursor, .. } => Some(cursor),
            Self::Lost { .. } => None,
        }
    }

    /// Whether a line that tells of a log can serve it, as far as that is known. The lost have nothing to be served from.
    pub(super) fn is_of(&self, log: Option<&str>) -> bool {
        log.is_none_or(|log| self.cursor().is_none_or(|cursor| cursor.epoch == log))
    }

    /// Whether it would miss something that came before a place.
    pub(super) fn is_before(&self, place: &Cursor) -> bool {
        self.cursor().is_some_and(|cursor| place.is_after(cursor))
    }

    /// How far it is with the open line; `None` when it is lost.
    pub(super) const fn line(&self) -> Option<Line> {
        match self {
            Self::Following { line, .. } => Some(*line),
            Self::Lost { .. } => None,
        }
    }

    /// Notes how far it is with the open line. What waits is of use only while that line is being asked for.
    pub(super) fn put(&mut self, now: Line) {
        if let Self::Following { line, held, .. } = self {
            *line = now;
            held.clear();
        }
    }

    /// Takes an event on one of its topics. Returns whether the follower has to be told it now.
    pub(super) fn take(&mut self, envelope: &Rc<Envelope>) -> bool {
        let Self::Following { cursor, line, held } = self else { return false };
        if !envelope.cursor.is_after(cursor) {
            return false;
        }
        match line {
            Line::New => false,
            Line::Asked if held.len() < MOST_HELD => {
                held.push(Rc::clone(envelope));
                false
            }
            Line::Asked => {
                *self = Self::Lost { tries: 0, again_ms: f64::NEG_INFINITY };
                false
            }
            Line::Served => {
                cursor.clone_from(&envelope.cursor);
                true
            }
        }
    }

    /// The line serves it from now on. Returns what waited for that, each event once and in the order of the log.
    pub(super) fn serve(&mut self) -> Vec<Rc<Envelope>> {
        let Self::Following { line, held, .. } = self else { return Vec::new() };
        let mut waiting = std::mem::take(held);
        waiting.sort_by_key(|envelope| envelope.cursor.position);
        *line = Line::Served;
        waiting.retain(|envelope| self.take(envelope));
        waiting
    }

    /// Notes that everything up to a place was sent, if the line serves it. Who knows more keeps what it knows.
    pub(super) fn pass(&mut self, to: &Cursor) {
        if let Self::Following { cursor, line: Line::Served, .. } = self
            && to.is_after(cursor)
        {
            cursor.clone_from(to);
        }
    }
}

impl Follower {
    /// Whether it is a page of another tab.
    pub(super) fn is_of(&self, tab: &str) -> bool {
        matches!(&self.owner, Owner::Tab(of) if of == tab)
    }

    /// What it wants, for the tab that holds the line; `None` when it is lost or another tab's.
    pub(super) fn want(&self) -> Option<Want> {
        match (&self.owner, &self.standing) {
            (Owner::Here(_), Standing::Following { cursor, .. }) => {
                Some(Want { number: self.asked_as, topics: self.topics.clone(), cursor: cursor.clone() })
            }
            _ => None,
        }
    }
}
