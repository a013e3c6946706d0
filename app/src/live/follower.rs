//! Somebody who wants to know, and how far it is.

use super::{back_off::pause_ms, followers::OnNotice};
use crate::events::{Cursor, Topic};

/// Somebody who wants to know.
pub(super) struct Follower {
    /// Names it among the followers.
    pub(super) number: u64,
    /// What it wants to know of.
    pub(super) topics: Vec<Topic>,
    /// How far it is.
    pub(super) standing: Standing,
    /// What it does when it is told.
    pub(super) on_notice: OnNotice,
}

/// How far a follower is.
pub(super) enum Standing {
    /// It can be served by the events that come after a place.
    Following {
        /// Up to here it knows everything.
        cursor: Cursor,
        /// How far it is with the open line.
        line: Line,
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
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The server was not asked for it yet.
    New,
    /// It was asked for.
    Asked,
    /// The server said that it sends what it follows.
    Served,
}

impl Standing {
    /// Lost, and told so for the first time or about to be.
    pub(super) fn lost(now_ms: f64, chance: f64) -> Self {
        Self::Lost { tries: 1, again_ms: now_ms + pause_ms(1, chance) }
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

    /// How far it is with the open line; `None` when it is lost.
    pub(super) const fn line(&self) -> Option<Line> {
        match self {
            Self::Following { line, .. } => Some(*line),
            Self::Lost { .. } => None,
        }
    }

    /// Notes how far it is with the open line.
    pub(super) const fn put(&mut self, now: Line) {
        if let Self::Following { line, .. } = self {
            *line = now;
        }
    }
}
