//! One connection: a place in the log, and a way to wake it.
//!
//! It does no input or output of its own. Whoever carries it asks for frames when there is room for them, and takes what is given; a
//! carrier whose client reads slowly asks seldom, so what waits for that client waits in the ring and in the log, which are there anyway.

use std::{
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
    task::{Context, Poll},
};

use app::events::{ByeReason, StreamEvent};
use tokio::{task::JoinHandle, time::Instant};

use super::{
    Hub,
    change::{Next, Stage},
    frame::{Encoding, Frame},
    gap::Read,
    ring::{Leg, Walk},
    scratch::Scratch,
    seats::{Carrier, Seat},
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
    pub(super) reading: Option<JoinHandle<Result<Read, BackplaneError>>>,
    /// What is said first.
    pub(super) greeting: Vec<StreamEvent>,
    is_even: bool,
    pub(super) has_ended: bool,
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
            is_even: false,
            has_ended: false,
        }
    }

    /// Its name.
    pub fn connection_id(&self) -> &str {
        &self.seat.connection_id
    }

    /// Names who sends its frames without being woken. Once only.
    pub fn carried_by(&self, carrier: Weak<dyn Carrier>) {
        // A feed has one carrier from beginning to end.
        let _ = self.seat.carrier.set(carrier);
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
        let mut next = Next::Something;
        if !self.has_poured_from_ring(scratch) {
            while !self.has_ended && !scratch.is_full() && next == Next::Something {
                next = self.step(cx, scratch);
            }
        }
        self.is_even = !self.has_ended && !scratch.is_full() && next != Next::Later;
        let mut desk = self.seat.desk();
        desk.delivered += scratch.events();
        desk.place.epoch.clone_from(&self.walk.place.epoch);
        desk.place.position = self.walk.place.position;
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

    /// Whether everything was given that there was when it was last asked: its caller is woken when there is more.
    pub const fn is_even(&self) -> bool {
        self.is_even
    }

    /// What most looks are: nothing is under way, and whatever comes next is on the ring. Says whether it was so.
    fn has_poured_from_ring(&mut self, scratch: &mut Scratch) -> bool {
        if self.reading.is_some() || self.page.is_some() || !matches!(self.stage, Stage::Idle) {
            return false;
        }
        let desk = self.seat.desk();
        if desk.is_sent_away.is_some() || !desk.changes.is_empty() {
            return false;
        }
        let ring = self.hub.ring();
        let out = (scratch, self.encoding);
        ring.losses == self.losses && ring.walk(&mut self.walk, &ring.lines_at(&desk.lines), None, out) != Leg::Behind
    }

    fn step(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Next {
        if let Some(reason) = self.reason_to_go() {
            // What was not given is there when the client comes back with its cursor.
            scratch.push_last(StreamEvent::Bye { reason }, &self.walk.place, self.encoding, self.pause_ms());
            self.has_ended = true;
            return Next::Nothing;
        }
        self.notice_loss(scratch);
        if self.reading.is_some() {
            return self.poll_reading(cx, scratch);
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
            Leg::Behind if !scratch.is_empty() => Next::Later,
            Leg::Behind => {
                self.refill();
                Next::Something
            }
        }
    }

    fn reason_to_go(&self) -> Option<ByeReason> {
        self.seat.desk().is_sent_away
    }

    /// The pause before the client may come back differs from connection to connection.
    fn pause_ms(&self) -> u64 {
        250 + 4 * u64::from(self.seat.connection_id.bytes().fold(0_u8, u8::wrapping_add))
    }

    fn walk_on(&mut self, scratch: &mut Scratch) -> Leg {
        let (desk, ring) = (self.seat.desk(), self.hub.ring());
        let out = (scratch, self.encoding);
        match &mut self.stage {
            Stage::Catching(catching) if catching.is_done => Leg::Even,
            Stage::Catching(catching) => {
                ring.walk(&mut catching.walk, &ring.lines_of(&catching.added), Some(catching.until), out)
            }
            _ => ring.walk(&mut self.walk, &ring.lines_at(&desk.lines), None, out),
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
            self.hub.counters.delivered.fetch_add(std::mem::take(&mut desk.delivered), Relaxed);
            std::mem::take(&mut desk.topics)
        };
        self.hub.ring().leave(&self.seat, &topics);
        self.hub.seats.give_up(&self.seat);
    }
}
