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
    news::{Act, Moment, News},
    receipt::Receipt,
    relay::{Kind, Message},
};
use crate::events::{Cursor, Envelope, Event, Stamped, StreamEvent};

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
            News::Browser(input) => {
                self.before(input, at);
                self.step(input, at);
            }
            News::Frame { id, json } => {
                self.relay(&id, &json);
                self.receive(&id, &json, at);
            }
            News::Wanted => self.ask(at),
            News::Impatient => {
                self.post_question(Kind::Ask, at);
                self.step(Input::WentOnline, at);
                self.step(Input::Moved, at);
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
        let Ok(cursor) = id.parse::<Cursor>() else { return };
        if let Ok(Stamped { event, timestamp }) = serde_json::from_str::<Stamped<StreamEvent>>(json) {
            self.about_stream(event, stamp(timestamp), id, json, at);
            return self.followers.pass(&cursor);
        }
        self.step(Input::Frame, at);
        let Ok(stamped) = serde_json::from_str::<Stamped>(json) else { return };
        // A newer server speaks of something that this build can't draw.
        if stamped.event == Event::Unknown {
            return self.lose(at);
        }
        self.receipt.stamped(stamp(stamped.timestamp), at.wall_ms);
        let told = self.followers.take(&Rc::new(Envelope { cursor, stamped }));
        self.tell(told, at);
    }

    fn about_stream(&mut self, event: StreamEvent, stamped_ms: f64, id: &str, json: &str, at: Moment) {
        self.receipt.stamped(stamped_ms, at.wall_ms);
        let is_mine = matches!(self.role, Role::Alone | Role::Leading);
        match event {
            StreamEvent::Connected(connected) => {
                self.step(Input::Connected { heartbeat_ms: connected.heartbeat_ms }, at);
                self.receipt.greeted(connected.replayed, stamped_ms);
                self.connection_id = Some(connected.connection_id.clone());
                if is_mine {
                    self.greeting = Some((id.to_owned(), json.to_owned()));
                    self.followers.connect(connected.connection_id);
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
                self.lose(at);
            }
            StreamEvent::Rejected { .. } => self.step(Input::Refused, at),
            StreamEvent::Bye { .. } => self.step(Input::Lost, at),
        }
    }

    /// The server serves what it was asked for. What changed meanwhile is asked for next.
    fn serve(&mut self, at: Moment) {
        let (waiting, elsewhere) = self.followers.served();
        self.tell(waiting, at);
        for (tab, number) in elsewhere {
            self.acts.push(Act::Post(Message { to: tab, served: vec![number], ..self.message(Kind::Served) }));
        }
        self.ask(at);
    }

    /// Something may have been missed: every page has to load its snapshot again.
    fn lose(&mut self, at: Moment) {
        let told = self.followers.lose(at.now_ms, at.chance);
        self.tell(told, at);
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
