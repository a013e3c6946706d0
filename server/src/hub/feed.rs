//! One connection: a place in the log, and a way to wake it.
//!
//! It does no input or output of its own. Whoever carries it asks for frames when there is room for them, and takes what is given; a
//! carrier whose client reads slowly asks seldom, so what waits for that client waits in the ring and in the log, which are there anyway.

use std::{
    future::Future,
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
    task::{Context, Poll},
};

use app::events::{ByeReason, ResetReason, StreamEvent};
use bytes::Bytes;
use futures::{FutureExt, Stream};
use tokio::{task::JoinHandle, time::Instant};

use super::{
    Hub,
    change::{Next, Stage},
    frame::{Encoding, Frame, Scratch},
    refill::{Page, Refill},
    ring::{Leg, Walk},
    seats::Seat,
};
use crate::backplane::BackplaneError;

/// A connection.
pub struct Feed {
    pub(super) hub: Arc<Hub>,
    pub(super) seat: Arc<Seat>,
    pub(super) encoding: Encoding,
    pub(super) walk: Walk,
    /// As many losses of the log the client knows of.
    pub(super) losses: u64,
    pub(super) stage: Stage,
    /// A page that was not given whole, and how far it was. It is others that keep it: a reader that stopped holds no memory.
    pub(super) page: Option<(Weak<Vec<Arc<Frame>>>, usize)>,
    reading: Option<JoinHandle<Result<Read, BackplaneError>>>,
    /// What is said first.
    pub(super) greeting: Vec<StreamEvent>,
    has_ended: bool,
}

/// What somebody who waits for the log waited for.
pub(super) enum Read {
    /// What follows a place.
    Refill(Refill),
    /// The ring has reached the end that the log had.
    Reached,
    /// The hub had time to find out by itself that the log was lost.
    Doubted(ResetReason),
}

/// What came of a pour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poured {
    /// The scratch has frames.
    Frames,
    /// There are none, and there will be none.
    Ended,
}

impl Feed {
    pub(super) fn new(hub: Arc<Hub>, seat: Arc<Seat>, encoding: Encoding) -> Self {
        let walk = Walk::from(hub.ring().end().clone());
        Self {
            hub,
            seat,
            encoding,
            walk,
            losses: 0,
            stage: Stage::Idle,
            page: None,
            reading: None,
            greeting: Vec::new(),
            has_ended: false,
        }
    }

    /// Its name.
    pub fn connection_id(&self) -> &str {
        &self.seat.connection_id
    }

    /// Fills an empty scratch with whole frames, at least one; or sees to it that the caller is woken when there are some.
    pub fn poll_pour(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Poll<Poured> {
        if self.has_ended {
            return Poll::Ready(Poured::Ended);
        }
        // Before the look, so that nothing that comes after it is missed.
        self.seat.waker.register(cx.waker());
        for event in std::mem::take(&mut self.greeting) {
            scratch.push_about(event, &self.walk.place, self.encoding);
        }
        while !self.has_ended && !scratch.is_full() {
            if self.step(cx, scratch) == Next::Nothing {
                break;
            }
        }
        self.hub.counters.delivered.fetch_add(scratch.events(), Relaxed);
        let mut desk = self.seat.desk();
        desk.place.clone_from(&self.walk.place);
        if scratch.is_empty() && !self.has_ended {
            if !std::mem::take(&mut desk.owes_heartbeat) {
                return Poll::Pending;
            }
            scratch.push_about(StreamEvent::Heartbeat { cursor: desk.place.clone() }, &desk.place, self.encoding);
        }
        desk.owes_heartbeat = false;
        desk.last_sent = Instant::now();
        Poll::Ready(if scratch.is_empty() { Poured::Ended } else { Poured::Frames })
    }

    /// The frames as a stream of pieces, each of one or more whole frames.
    pub fn into_stream(mut self) -> impl Stream<Item = Bytes> + Send + 'static {
        futures::stream::poll_fn(move |cx| {
            let mut scratch = Scratch::default();
            self.poll_pour(cx, &mut scratch).map(|poured| (poured == Poured::Frames).then(|| scratch.take()))
        })
    }

    fn step(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Next {
        if let Some(reason) = self.reason_to_go() {
            // What was not given is there when the client comes back with its cursor.
            scratch.push_last(StreamEvent::Bye { reason }, &self.walk.place, self.encoding, self.pause_ms());
            self.has_ended = true;
            return Next::Nothing;
        }
        self.notice_loss(scratch);
        if let Some(reading) = &mut self.reading {
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
            return Next::Something;
        }
        if let Some((page, at)) = self.page.take()
            && let Some(page) = page.upgrade()
        {
            self.pour_page(&page, at, scratch);
            return Next::Something;
        }
        match self.walk_on(scratch) {
            Leg::Full => Next::Nothing,
            Leg::Even => self.go_on_with_change(scratch),
            Leg::Behind => {
                let place = match &self.stage {
                    Stage::Catching(catching) => catching.walk.place.clone(),
                    _ => self.walk.place.clone(),
                };
                let hub = Arc::clone(&self.hub);
                self.read(async move { hub.refills.after(place).await.map(Read::Refill) });
                Next::Something
            }
        }
    }

    /// Asks the log, on a task of its own: others may wait for the same answer, and must not have to wait until this client reads on.
    pub(super) fn read(&mut self, reading: impl Future<Output = Result<Read, BackplaneError>> + Send + 'static) {
        self.reading = Some(tokio::spawn(reading));
    }

    fn reason_to_go(&self) -> Option<ByeReason> {
        self.seat.desk().is_sent_away
    }

    /// The pause before the client may come back differs from connection to connection.
    fn pause_ms(&self) -> u64 {
        250 + 4 * u64::from(self.seat.connection_id.bytes().fold(0_u8, u8::wrapping_add))
    }

    /// When the hub lost the log, this connection did too: once.
    fn notice_loss(&mut self, scratch: &mut Scratch) {
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

    fn walk_on(&mut self, scratch: &mut Scratch) -> Leg {
        let (desk, ring) = (self.seat.desk(), self.hub.ring());
        let out = (scratch, self.encoding);
        match &mut self.stage {
            Stage::Catching(catching) if catching.is_done => Leg::Even,
            Stage::Catching(catching) => ring.walk(&mut catching.walk, &catching.added, Some(catching.until), out),
            _ => ring.walk(&mut self.walk, &desk.topics, None, out),
        }
    }

    /// Gives what is wanted of a page, from a frame on, as far as there is room.
    fn pour_page(&mut self, page: &Page, from: usize, scratch: &mut Scratch) {
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

impl Drop for Feed {
    fn drop(&mut self) {
        self.seat.room.close();
        let topics = {
            let mut desk = self.seat.desk();
            // Whoever waits for an answer hears that there is none.
            desk.changes.clear();
            std::mem::take(&mut desk.topics)
        };
        self.hub.ring().leave(&self.seat, &topics);
        self.hub.seats.give_up(&self.seat);
    }
}
