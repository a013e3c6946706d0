//! What the page of events has before it: the board, what is drawn of it, and what the reader does meanwhile.
//!
//! New events come in at the top, a picture at a time. They wait while the reader has paused, has a line open, points at one, or reads further
//! down: nothing moves away from under anybody.

use std::{sync::Arc, time::Duration};

use leptos::{ev, prelude::*};

use crate::{
    components::news_button::is_at_top,
    events::{Cursor, Envelope},
    live::{EventBoard, EventLine, Waiting},
};

/// What comes within this time of a picture is in the next one.
const PACE: Duration = Duration::from_millis(100);

/// A handle: all of it goes with the page.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    board: StoredValue<EventBoard>,
    /// What is drawn.
    pub(super) lines: RwSignal<Vec<Arc<EventLine>>>,
    /// What came and is not drawn yet.
    pub(super) waiting: RwSignal<Waiting>,
    /// From where older events are read.
    pub(super) older: RwSignal<Option<Cursor>>,
    /// The line that is open.
    pub(super) opened: RwSignal<Option<Cursor>>,
    /// Whether the reader wants nothing new.
    pub(super) is_paused: RwSignal<bool>,
    /// Whether the reader points at a line.
    pub(super) is_pointed_at: RwSignal<bool>,
    has_news: StoredValue<bool>,
    is_drawn_soon: StoredValue<bool>,
}

impl Desk {
    /// With what was loaded.
    pub(super) fn new(board: EventBoard) -> Self {
        Self {
            lines: RwSignal::new(board.lines()),
            older: RwSignal::new(board.older()),
            board: StoredValue::new(board),
            waiting: RwSignal::default(),
            opened: RwSignal::default(),
            is_paused: RwSignal::default(),
            is_pointed_at: RwSignal::default(),
            has_news: StoredValue::new(false),
            is_drawn_soon: StoredValue::new(false),
        }
    }

    /// Begins anew with what was loaded.
    pub(super) fn put(self, board: EventBoard) {
        self.board.set_value(board);
        self.opened.set(None);
        self.show();
    }

    /// Takes an event in. However many come, one picture has one change, and there are ten of them a second at most. Browser only.
    pub(super) fn hear(self, envelope: &Envelope) {
        if self.board.try_update_value(|board| board.take(envelope)).unwrap_or_default() {
            self.has_news.set_value(true);
            if !self.is_drawn_soon.get_value() {
                self.draw_soon();
            }
        }
    }

    fn draw_soon(self) {
        self.is_drawn_soon.set_value(true);
        request_animation_frame(move || {
            // The page may be gone by now.
            if self.has_news.try_set_value(false).is_none() {
                self.draw();
                set_timeout(move || self.draw_again(), PACE);
            }
        });
    }

    /// Draws what came since, if anything did.
    fn draw_again(self) {
        if self.is_drawn_soon.try_set_value(false).is_none() && self.has_news.get_value() {
            self.draw_soon();
        }
    }

    fn draw(self) {
        if untrack(|| self.is_held()) || !is_at_top() { self.count() } else { self.show() }
    }

    /// Whether the reader is at something that must not move.
    fn is_held(self) -> bool {
        self.is_paused.get() || self.is_pointed_at.get() || self.opened.with(Option::is_some)
    }

    /// Shows what waited for the reader when nothing holds it any more. Browser only.
    pub(super) fn let_go(self) {
        Effect::new(move |before: Option<bool>| {
            let is_held = self.is_held();
            if before == Some(true) && !is_held && is_at_top() {
                self.show();
            }
            is_held
        });
        Effect::new(move |_| {
            let listener = window_event_listener(ev::scroll, move |_| {
                if self.waiting.with_untracked(|waiting| waiting.count > 0) {
                    self.draw();
                }
            });
            on_cleanup(move || listener.remove());
        });
    }

    /// Shows what waits.
    pub(super) fn show(self) {
        self.board.update_value(EventBoard::show);
        self.lines.set(self.board.with_value(EventBoard::lines));
        self.older.set(self.board.with_value(EventBoard::older));
        self.count();
    }

    fn count(self) {
        let waiting = self.board.with_value(EventBoard::waiting);
        if self.waiting.get_untracked() != waiting {
            self.waiting.set(waiting);
        }
    }
}
