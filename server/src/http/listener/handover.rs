//! How a stream leaves HTTP.
//!
//! An answer that does not end needs nothing of HTTP any more once its head is written; but what HTTP keeps for a connection, a buffer for
//! the next request above all, is several times what a stream needs by itself. So the connection may take the stream out of its answer then,
//! and carry it on alone. Where it does not, over HTTP/2 for instance or where there is no connection at all, the same bytes leave through
//! the answer's body.
//!
//! The body owns the stream until then, and its connection has but a ticket: whoever drops the body ends the stream.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
};

use axum::{Extension, body::Body};
use bytes::Bytes;
use futures::stream::poll_fn;

use crate::hub::{Feed, Poured, Scratch};

/// The right to take a stream out of the body that it is in; an extension of the answer.
#[derive(Clone)]
pub(in crate::http) struct Ticket(Weak<Mutex<Slot>>);

struct Slot {
    feed: Option<Feed>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The body gives the frames away.
    InBody,
    /// Somebody wants the stream once the head is written, so the body gives nothing.
    Wanted,
    /// The body was asked for its first frame: its head is written, though perhaps not sent.
    Due,
}

/// An answer's body of frames, with the ticket to them.
pub(in crate::http) fn answer(feed: Feed) -> (Extension<Ticket>, Body) {
    let slot = Arc::new(Mutex::new(Slot { feed: Some(feed), stage: Stage::InBody }));
    let ticket = Ticket(Arc::downgrade(&slot));
    let frames = poll_fn(move |cx| locked(&slot).poll_frames(cx).map(|frames| frames.map(Ok::<_, Infallible>)));
    (Extension(ticket), Body::from_stream(frames))
}

impl Slot {
    fn poll_frames(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.stage != Stage::InBody {
            // Whoever wants it looks whenever the connection has done something: nobody needs to be woken.
            self.stage = Stage::Due;
            return Poll::Pending;
        }
        let Some(feed) = &mut self.feed else { return Poll::Ready(None) };
        let mut scratch = Scratch::default();
        feed.poll_pour(cx, &mut scratch).map(|poured| (poured == Poured::Frames).then(|| scratch.take()))
    }
}

impl Ticket {
    /// Asks for the stream: its body gives nothing any more.
    pub(super) fn ask(&self) {
        if let Some(slot) = self.0.upgrade() {
            locked(&slot).stage = Stage::Wanted;
        }
    }

    /// The stream, if it was asked for and the head of its answer is written.
    pub(super) fn redeem(&self) -> Option<Feed> {
        let slot = self.0.upgrade()?;
        let mut slot = locked(&slot);
        if slot.stage == Stage::Due { slot.feed.take() } else { None }
    }
}

fn locked(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
