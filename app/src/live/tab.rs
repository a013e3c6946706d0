//! One tab: its connection, its followers, and who of the browser's tabs holds the line. Pure: news come in, acts come out.
//!
//! The connection does not know which way its line goes. In the tab that leads it is an `EventSource`; in one that follows it is what
//! the leader relays, and opening it means to tell the leader what is wanted. So a leader that dies is a line that breaks, and each tab
//! comes back from its own places, whoever held the line before.

use std::rc::Rc;

use super::{
    ConnectionState, Notice,
    connection::{Connection, Input, Order},
    followers::{Followers, Told},
    frame::Frame,
    news::{Act, Moment, News},
    receipt::Receipt,
    recognition::Recognition,
    relay::{Kind, Message},
};
use crate::events::{ByeReason, Cursor, Envelope, Stamped, StreamEvent};

/// A tab that keeps a line for itself lets it go when it was hidden for so long: a browser has six lines to a server, and a few forgotten
/// tabs would leave none for the pages.
const HIDDEN_LIMIT_MS: f64 = 10_000.0;

/// Who holds the line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    /// This tab, for itself alone: the browser can't share.
    Alone,
    /// This tab, for all.
    Leading,
    /// Another one.
    Following {
        /// Which, as far as it is known.
        leader: Option<String>,
        /// Since when it owes an answer.
        unanswered_ms: Option<f64>,
    },
    /// Somebody else may: this page is being stopped.
    Away,
}

impl Role {
    pub(super) const FOLLOWING: Self = Self::Following { leader: None, unanswered_ms: None };
}

/// One tab.
pub struct Tab {
    pub(super) name: String,
    pub(super) connection: Connection,
    /// Who follows what in this tab, and in others while this one leads.
    pub followers: Followers,
    /// What arrived.
    pub receipt: Receipt,
    /// The connection that serves this tab, as it was told last.
    pub connection_id: Option<String>,
    pub(super) role: Role,
    /// Since when nobody can see it.
    pub(super) hidden_ms: Option<f64>,
    /// The server's greeting on the open line, for tabs that come later.
    pub(super) greeting: Option<(String, String)>,
    pub(super) acts: Vec<Act>,
    pub(super) told: Vec<Told>,
}

impl Tab {
    /// A tab that keeps a line for itself.
    pub fn alone() -> Self {
        Self {
            name: String::new(),
            connection: Connection::default(),
            followers: Followers::default(),
            receipt: Receipt::default(),
            connection_id: None,
            role: Role::Alone,
            hidden_ms: None,
            greeting: None,
            acts: Vec::new(),
            told: Vec::new(),
        }
    }

    /// Shares a line with the other tabs from now on, before any was opened. No other tab has its name.
    pub fn share(&mut self, name: String) {
        (self.name, self.role) = (name, Role::FOLLOWING);
    }

    /// Takes news in. Returns what has to be done, and then who has to be told what.
    pub fn take(&mut self, news: News, at: Moment) -> (Vec<Act>, Vec<Told>) {
        match news {
            News::Browser(Input::Tick) if self.is_forgotten(at) => self.step(Input::Freeze, at),
            News::Browser(input) => {
                self.before(input, at);
                self.step(input, at);
            }
            News::Frame { id, json } => {
                self.relay(&id, &json);
                self.receive(&id, &json, at);
            }
            News::Unserved => {
                self.step(Input::Lost, at);
                self.acts.push(Act::Recognize);
            }
            News::Doubted => self.acts.push(Act::Recognize),
            News::Recognized(Recognition::Same) => {}
            News::Recognized(Recognition::Another) => self.depart(Act::DrawAgain, at),
            News::Recognized(Recognition::Nobody) => self.depart(Act::SignIn, at),
            News::Wanted => self.ask(at),
            News::Impatient => {
                self.post_question(Kind::Impatient, at);
                self.step(Input::Impatient, at);
            }
            News::Unheard(connection_id) => {
                // A line that can't be changed is of no use: a new one carries the right topics from the start.
                if self.followers.connection_id() == Some(&*connection_id) {
                    self.step(Input::Lost, at);
                }
            }
            News::Heard(message) => self.hear(message, at),
            News::Granted => self.lead(),
            News::Settled => {
                if self.role == Role::Leading {
                    self.step(Input::Moved, at);
                }
            }
            News::Stolen => self.step_down(at),
        }
        (std::mem::take(&mut self.acts), std::mem::take(&mut self.told))
    }

    /// This page is over: it lets the line go before the browser takes it away.
    fn depart(&mut self, act: Act, at: Moment) {
        self.before(Input::Freeze, at);
        self.step(Input::Freeze, at);
        self.acts.push(act);
    }

    fn is_forgotten(&self, at: Moment) -> bool {
        self.role == Role::Alone && self.hidden_ms.is_some_and(|since_ms| at.now_ms - since_ms > HIDDEN_LIMIT_MS)
    }

    /// What to show.
    pub fn state(&self, now_ms: f64) -> ConnectionState {
        self.followers.state(self.connection.state(now_ms))
    }

    /// Takes an input of the connection, and does what it orders.
    pub(super) fn step(&mut self, input: Input, at: Moment) {
        let order = self.connection.step(input, at.now_ms, at.chance);
        let is_mine = matches!(self.role, Role::Alone | Role::Leading);
        match order {
            Some(Order::Open) => {
                self.drop_line();
                if is_mine {
                    self.give_up(None, at);
                    let (topics, from) = self.followers.line_up();
                    self.acts.push(Act::Open(topics, from));
                } else {
                    self.ask(at);
                }
            }
            Some(Order::Close) => self.drop_line(),
            Some(Order::Probe) if is_mine => {
                self.followers.doubt();
                self.ask(at);
            }
            Some(Order::Probe) => self.post_question(Kind::Ask, at),
            None => {}
        }
        if input == Input::Tick {
            let overdue = self.followers.overdue(at.now_ms, at.chance);
            self.tell(overdue, at);
        }
    }

    /// Asks whoever can answer for what is wanted now, if it is not in force.
    pub(super) fn ask(&mut self, at: Moment) {
        if matches!(self.role, Role::Following { .. }) {
            return self.post_question(Kind::Wants, at);
        }
        self.give_up(None, at);
        if let Some(connection_id) = self.followers.connection_id().map(str::to_owned)
            && let Some(wish) = self.followers.wish()
        {
            self.acts.push(Act::Ask(connection_id, wish));
        }
    }

    pub(super) fn drop_line(&mut self) {
        self.followers.disconnect();
        if matches!(self.role, Role::Alone | Role::Leading) {
            self.acts.push(Act::Close);
        }
        if self.greeting.take().is_some() {
            self.post(Kind::Broken);
        }
    }

    /// Takes one frame, from whichever line: its id and its JSON.
    pub(super) fn receive(&mut self, id: &str, json: &str, at: Moment) {
        match (id.parse::<Cursor>(), Frame::read(json)) {
            (Ok(cursor), Some(Frame::Event(stamped))) => {
                self.step(Input::Frame, at);
                self.receipt.stamped(stamp(stamped.timestamp), at.wall_ms);
                let told = self.followers.take(&Rc::new(Envelope { cursor, stamped }));
                self.tell(told, at);
            }
            (Ok(cursor), Some(Frame::Stream(Stamped { event, timestamp }))) => {
                self.about_stream(event, stamp(timestamp), id, json, at);
                self.followers.pass(&cursor);
            }
            // Whatever it was, it is missed.
            _ => {
                self.step(Input::Frame, at);
                self.followers.give_everyone_up(at.now_ms, at.chance);
            }
        }
    }

    fn about_stream(&mut self, event: StreamEvent, stamped_ms: f64, id: &str, json: &str, at: Moment) {
        if let StreamEvent::Connected(connected) = &event {
            self.receipt.greeted(connected.replayed, stamped_ms);
        }
        self.receipt.stamped(stamped_ms, at.wall_ms);
        let is_mine = matches!(self.role, Role::Alone | Role::Leading);
        match event {
            StreamEvent::Connected(connected) => {
                self.step(Input::Connected { heartbeat_ms: connected.heartbeat_ms }, at);
                self.connection_id = Some(connected.connection_id.clone());
                if is_mine {
                    self.greeting = Some((id.to_owned(), json.to_owned()));
                    self.followers.connect(connected.connection_id, connected.cursor.epoch.clone());
                    self.give_up(Some(&connected.cursor), at);
                    self.serve(at);
                }
            }
            StreamEvent::Subscribed { .. } | StreamEvent::Unsubscribed { .. } => {
                self.step(Input::Frame, at);
                if is_mine {
                    self.serve(at);
                }
            }
            StreamEvent::Heartbeat { .. } => self.step(Input::Frame, at),
            StreamEvent::Reset { .. } => {
                self.step(Input::Frame, at);
                self.receipt.reset();
                let told = self.followers.lose(at.now_ms, at.chance);
                self.tell(told, at);
            }
            StreamEvent::Rejected { .. } if is_mine => self.step(Input::Refused, at),
            // The session of whoever opened the line ended, and the reader may have another one since. Each tab asks for itself.
            StreamEvent::Bye { reason: ByeReason::SignedOut } => {
                self.step(Input::Lost, at);
                self.acts.push(Act::Recognize);
            }
            // Where another tab was refused, that one stays away. Asking it again costs the server nothing.
            StreamEvent::Rejected { .. } | StreamEvent::Bye { .. } => self.step(Input::Lost, at),
        }
    }

    /// The server serves what it was asked for. What changed meanwhile is asked for next.
    fn serve(&mut self, at: Moment) {
        let (waiting, elsewhere) = self.followers.served();
        self.tell(waiting, at);
        for (tab, number) in elsewhere {
            self.acts.push(Act::Post(Message { to: tab, numbers: vec![number], ..self.message(Kind::Served) }));
        }
        self.ask(at);
    }

    /// Whoever can't be served, by a line that just began there or by the open one, is told so, in whichever tab it is.
    fn give_up(&mut self, begins: Option<&Cursor>, at: Moment) {
        for (tab, number) in self.followers.give_up(begins, at.now_ms, at.chance) {
            self.acts.push(Act::Post(Message { to: tab, numbers: vec![number], ..self.message(Kind::GivenUp) }));
        }
    }

    pub(super) fn tell(&mut self, told: Vec<Told>, at: Moment) {
        for (_, notice) in &told {
            if let Notice::Event(envelope) = notice {
                self.receipt.took(&envelope.cursor.to_string(), at.now_ms);
            }
        }
        self.told.extend(told);
    }
}

/// A stamp of the server as the page's clocks count.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit for another 285,000 years")]
pub const fn stamp(timestamp_ms: i64) -> f64 {
    timestamp_ms as f64
}
