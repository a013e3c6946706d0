//! The live stream as pages use it: its state, and what to be told of.
//!
//! There is one connection, whatever the number of followers and of tabs; `tab` knows which tab holds it. A follower that comes while it is
//! open is added to it, from its snapshot's cursor on, so that nothing lies between the snapshot and the first event.

use std::rc::Rc;

use leptos::prelude::*;

use super::{ConnectionState, KickAnswer, Receipt, StreamUse, kick, socket, stream_use};
use crate::{
    domain::Me,
    events::{Cursor, Envelope, Topic},
};

/// What a follower is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Something happened on one of its topics.
    Event(Rc<Envelope>),
    /// Something may have been missed: load the snapshot again and follow from its cursor.
    Reset,
}

/// The live stream of this tab, provided once by the app and used by every page. A handle: what it stands for lives in the browser
/// only, so a page that is rendered on the server may be dropped on any thread.
#[derive(Clone, Copy)]
pub struct Live {
    pub(super) state: RwSignal<ConnectionState>,
    pub(super) receipt: RwSignal<Receipt>,
    pub(super) connection_id: RwSignal<Option<String>>,
    /// Read in the browser only.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a page is drawn again in a browser only"))]
    pub(super) drawn_for: StoredValue<Option<Me>>,
}

impl Live {
    /// Makes the stream of a page that was drawn for somebody, and provides it to all below. In the browser it connects after hydration.
    pub fn provide(drawn_for: Option<Me>) -> Self {
        let live = Self {
            state: RwSignal::default(),
            receipt: RwSignal::default(),
            connection_id: RwSignal::default(),
            drawn_for: StoredValue::new(drawn_for),
        };
        provide_context(live);
        // Effects run in the browser only, and after the first rendering.
        Effect::new(move |_| socket::start(live));
        live
    }

    /// The stream that the app provided.
    pub fn expect() -> Self {
        expect_context()
    }

    /// The state of the connection, for the indicator.
    pub fn state(self) -> ReadSignal<ConnectionState> {
        self.state.read_only()
    }

    /// What the page can prove of the connection.
    pub fn receipt(self) -> ReadSignal<Receipt> {
        self.receipt.read_only()
    }

    /// The name of the connection that serves this tab, which it may share with others, as it was told last.
    pub fn connection_id(self) -> ReadSignal<Option<String>> {
        self.connection_id.read_only()
    }

    /// Milliseconds by the clock of the receipt. On the server it stands still.
    pub fn now_ms(self) -> f64 {
        socket::now_ms()
    }

    /// Connects again at once, instead of when it is time for the next try. On the server it does nothing.
    pub fn reconnect_now(self) {
        socket::reconnect_now(self);
    }

    /// Lets the line go: another document comes in the place of this one. On the server it does nothing.
    pub fn let_go(self) {
        socket::let_go(self);
    }

    /// Asks the server who reads, for it answered as if it did not know him; leaves for the sign-in where that is so. On the server it does
    /// nothing.
    pub fn doubt_reader(self) {
        socket::doubt_reader(self);
    }

    /// Asks how many streams this reader has open; `None` where the server does not tell. On the server nothing is asked.
    pub fn stream_use(self, on_answer: impl FnOnce(Option<StreamUse>) + 'static) {
        stream_use::ask(Box::new(on_answer));
    }

    /// Asks the server to end a stream, whosoever it is. On the server nothing is asked.
    pub fn kick(self, connection_id: &str, on_answer: impl FnOnce(KickAnswer) + 'static) {
        kick::ask(connection_id, Box::new(on_answer));
    }

    /// Follows topics from a snapshot's cursor until the owner of the call is cleaned up. Call it in an `Effect`.
    /// On the server it does nothing.
    pub fn follow(self, topics: Vec<Topic>, from: Cursor, on_notice: impl Fn(Notice) + 'static) {
        socket::follow(self, topics, from, Rc::new(on_notice));
    }

    /// Calls `load` again and again, with the pauses of the connection, until the owner of the call is cleaned up: for a page whose
    /// snapshot could not be loaded. Until then the state is not live. Call it in an `Effect`. On the server it does nothing.
    pub fn keep_trying(self, load: impl Fn() + 'static) {
        socket::keep_trying(self, Rc::new(move |_| load()));
    }
}
