//! What a handler adds to the entry that the door writes of it.
//!
//! The door knows who asks, from where, what the route is called and how it ended. What it was done to, from which state to which and why is
//! known by the handler alone, which writes that on the note that came with the request. It does so as soon as it knows: what stands there
//! is kept of a refusal, too.

use std::{
    convert::Infallible,
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
};

use app::domain::Reason;
use axum::{extract::FromRequestParts, http::request::Parts};

use crate::store::audit::NewEntry;

/// The longest target or state that is kept, in characters.
const LONGEST: usize = 500;

/// The note that comes with a request.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct Note(Arc<Mutex<Written>>);

#[derive(Debug, Default)]
struct Written {
    target: Option<String>,
    before: Option<String>,
    after: Option<String>,
    reason: Option<String>,
}

impl Note {
    /// What something is done to, where the route's path does not say it.
    pub(in crate::http) fn of(&self, target: impl Display) {
        self.write(|written| written.target = Some(kept(&target.to_string())));
    }

    /// How it was, as the step found it.
    pub(in crate::http) fn was(&self, state: impl Display) {
        self.write(|written| written.before = Some(kept(&state.to_string())));
    }

    /// How it is since then.
    pub(in crate::http) fn is_now(&self, state: impl Display) {
        self.write(|written| written.after = Some(kept(&state.to_string())));
    }

    /// Why, if somebody said.
    pub(in crate::http) fn because(&self, reason: Option<&Reason>) {
        self.write(|written| written.reason = reason.and_then(Reason::words).map(str::to_owned));
    }

    /// Puts what stands here into an entry, whose target is the route's own where nobody named another.
    pub(super) fn fill(&self, entry: NewEntry) -> NewEntry {
        let Written { target, before, after, reason } =
            std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        NewEntry { target: target.or(entry.target), state_before: before, state_after: after, reason, ..entry }
    }

    fn write(&self, change: impl FnOnce(&mut Written)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A text as it is kept. Whoever is refused may have written anything in its place, NUL too, which Postgres takes in no text.
pub(super) fn kept(text: &str) -> String {
    text.chars().take(LONGEST).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

impl<S: Send + Sync> FromRequestParts<S> for Note {
    type Rejection = Infallible;

    /// Of a route whose use is not kept, it is a note that nobody reads.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
