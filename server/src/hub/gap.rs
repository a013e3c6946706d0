//! What a connection does when what comes next is not on the ring: it reads the log, or tells its client that nobody can say.

use std::{
    future::Future,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
};

use app::events::{ResetReason, StreamEvent};
use futures::FutureExt;

use super::{
    change::{Next, Stage},
    feed::Feed,
    refill::{Page, Refill},
    ring::Walk,
    scratch::Scratch,
};
use crate::backplane::BackplaneError;

/// What somebody who waits for the log waited for.
pub(super) enum Read {
    /// What follows a place.
    Refill(Refill),
    /// The ring has reached the end that the log had.
    Reached,
    /// The hub had time to find out by itself that the log was lost.
    Doubted(ResetReason),
}

impl Feed {
    /// Asks the log, on a task of its own: others may wait for the same answer, and must not have to wait until this client reads on.
    pub(super) fn read(&mut self, reading: impl Future<Output = Result<Read, BackplaneError>> + Send + 'static) {
        self.reading = Some(tokio::spawn(reading));
    }

    /// Asks for what follows the place up to which all is told.
    pub(super) fn refill(&mut self) {
        let place = match &self.stage {
            Stage::Catching(catching) => catching.walk.place.clone(),
            _ => self.walk.place.clone(),
        };
        let hub = Arc::clone(&self.hub);
        self.read(async move { hub.refills.after(place).await.map(Read::Refill) });
    }

    /// Takes the log's answer, once it is there.
    pub(super) fn poll_reading(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Next {
        let Some(reading) = &mut self.reading else { return Next::Something };
        let Poll::Ready(read) = reading.poll_unpin(cx) else { return Next::Nothing };
        self.reading = None;
        match read {
            Ok(Ok(read)) => self.take(read, scratch),
            // The client comes back with its cursor and loses nothing.
            Ok(Err(error)) => {
                tracing::error!(%error, "a stream ended: the log can't be read");
                self.has_ended = true;
            }
            Err(error) => {
                tracing::error!(%error, "a stream ended: a read of the log broke");
                self.has_ended = true;
            }
        }
        Next::Something
    }

    /// When the hub lost the log, this connection did too: once.
    pub(super) fn notice_loss(&mut self, scratch: &mut Scratch) {
        let (losses, reason) = {
            let ring = self.hub.ring();
            (ring.losses, ring.loss)
        };
        if losses != self.losses {
            self.reset(reason, scratch);
        }
    }

    /// Tells the client to load its snapshot again, and goes on from the end of the ring.
    fn reset(&mut self, reason: ResetReason, scratch: &mut Scratch) {
        {
            let ring = self.hub.ring();
            self.losses = ring.losses;
            self.walk = Walk { place: ring.end().clone(), is_on_ring: true };
        }
        (self.page, self.reading) = (None, None);
        self.begin_changes_here();
        self.tell_reset(reason, scratch);
    }

    fn tell_reset(&self, reason: ResetReason, scratch: &mut Scratch) {
        self.hub.counters.resets.fetch_add(1, Relaxed);
        scratch.push_about(StreamEvent::Reset { reason }, &self.walk.place, self.encoding);
    }

    fn take(&mut self, read: Read, scratch: &mut Scratch) {
        match (read, std::mem::take(&mut self.stage)) {
            (Read::Reached, Stage::Asking(change)) => self.stage = Stage::Reaching(change),
            (Read::Refill(Refill::Gone(reason)), Stage::Catching(mut catching)) => {
                catching.finish();
                self.stage = Stage::Catching(catching);
                self.tell_reset(reason, scratch);
            }
            (Read::Refill(Refill::Found(page)), stage) => {
                let is_empty = page.is_empty();
                self.stage = stage;
                match &mut self.stage {
                    Stage::Catching(catching) if is_empty => catching.finish(),
                    _ if is_empty => self.doubt(ResetReason::Unknown),
                    _ => self.pour_page(&page, 0, scratch),
                }
            }
            (Read::Refill(Refill::Gone(ResetReason::Trimmed)), stage) => {
                self.stage = stage;
                self.reset(ResetReason::Trimmed, scratch);
            }
            (Read::Refill(Refill::Gone(reason)), stage) => {
                self.stage = stage;
                self.doubt(reason);
            }
            (Read::Doubted(reason), stage) => {
                self.stage = stage;
                self.reset(reason, scratch);
            }
            (Read::Reached, stage) => self.stage = stage,
        }
    }

    /// The log is another one, or shorter than it was. The hub is about to find that out as well, and one word of it is enough.
    fn doubt(&mut self, reason: ResetReason) {
        let (hub, losses) = (Arc::clone(&self.hub), self.losses);
        self.read(async move {
            hub.wait_for_loss(losses).await;
            Ok(Read::Doubted(reason))
        });
    }

    /// Gives what is wanted of a page, from a frame on, as far as there is room.
    pub(super) fn pour_page(&mut self, page: &Page, from: usize, scratch: &mut Scratch) {
        let desk = self.seat.desk();
        for (at, frame) in page.iter().enumerate().skip(from) {
            let (walk, topics) = match &mut self.stage {
                Stage::Catching(catching) if frame.cursor.position > catching.until => return catching.finish(),
                Stage::Catching(catching) => (&mut catching.walk, &catching.added),
                _ => (&mut self.walk, &desk.topics),
            };
            if scratch.is_full() {
                self.page = Some((Arc::downgrade(page), at));
                return;
            }
            if frame.topics().iter().any(|topic| topics.contains(topic)) {
                scratch.push(frame, self.encoding);
            }
            walk.place.position = frame.cursor.position;
        }
    }
}
