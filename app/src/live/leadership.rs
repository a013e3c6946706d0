//! Who of the browser's tabs holds the line, and what a tab does about it.
//!
//! A lock of the browser makes the leader; whoever dies gives it back without a word. It says nothing of a tab that is stopped or hangs,
//! so a leader that owes an answer for some seconds is robbed of it.

use super::{
    ConnectionState,
    connection::Input,
    news::{Act, Moment},
    relay::{Kind, Message},
    tab::{Role, Tab},
};

/// How long a leader may take to answer.
const ANSWER_LIMIT_MS: f64 = 4_000.0;

impl Tab {
    pub(super) fn message(&self, kind: Kind) -> Message {
        Message { kind, from: self.name.clone(), ..Message::default() }
    }

    pub(super) fn post(&mut self, kind: Kind) {
        if self.role != Role::Alone {
            self.acts.push(Act::Post(self.message(kind)));
        }
    }

    /// Hands a frame on to the other tabs, before anything that follows from it.
    pub(super) fn relay(&mut self, id: &str, json: &str) {
        if self.role == Role::Leading {
            self.acts.push(Act::Post(Message {
                id: id.to_owned(),
                json: json.to_owned(),
                ..self.message(Kind::Frame)
            }));
        }
    }

    /// Puts a question to the leader, which is to answer. Where none is known, whoever leads is asked to show itself first: what is
    /// wanted is said to a known leader only, so that two of them can't both take it for theirs.
    pub(super) fn post_question(&mut self, kind: Kind, at: Moment) {
        let Role::Following { leader, unanswered_ms } = &mut self.role else { return };
        unanswered_ms.get_or_insert(at.now_ms);
        let to = leader.clone().unwrap_or_default();
        let is_known = leader.is_some();
        let wants = if kind == Kind::Wants && is_known { self.followers.wants() } else { Vec::new() };
        self.acts.push(Act::Post(Message { to, wants, ..self.message(kind) }));
    }

    /// What an input of the browser means for the role, before it means anything for the line.
    pub(super) fn before(&mut self, input: Input, at: Moment) {
        match input {
            Input::Hidden => self.hidden_ms = Some(at.now_ms),
            Input::Woke => self.hidden_ms = None,
            _ => {}
        }
        match (input, &mut self.role) {
            (Input::Start, Role::Following { .. }) => self.acts.push(Act::Queue),
            (Input::Woke, Role::Away) => {
                self.role = Role::FOLLOWING;
                self.acts.extend([Act::Join, Act::Queue]);
                self.step(Input::Moved, at);
            }
            (Input::Freeze, Role::Leading | Role::Following { .. }) => {
                self.drop_line();
                self.followers.forget_tabs();
                self.post(Kind::Gone);
                self.acts.extend([Act::Leave, Act::Release]);
                self.role = Role::Away;
            }
            (Input::Tick, Role::Following { unanswered_ms: Some(since_ms), .. })
                if at.now_ms - *since_ms > ANSWER_LIMIT_MS =>
            {
                *since_ms = at.now_ms;
                self.acts.push(Act::Steal);
            }
            (Input::Tick, Role::Following { unanswered_ms: None, .. })
                if self.connection.state(at.now_ms) == ConnectionState::Stale =>
            {
                self.post_question(Kind::Ask, at);
            }
            _ => {}
        }
    }

    /// This tab holds the line from now on. The others say what they want before it is opened.
    pub(super) fn lead(&mut self) {
        if matches!(self.role, Role::Following { .. }) {
            self.followers.disconnect();
            self.role = Role::Leading;
            self.post(Kind::Leads);
            self.acts.push(Act::Settle);
        }
    }

    /// Another tab holds the line from now on.
    pub(super) fn step_down(&mut self, at: Moment) {
        if self.role == Role::Leading {
            self.drop_line();
            self.followers.forget_tabs();
            self.role = Role::FOLLOWING;
            self.acts.push(Act::Queue);
            self.step(Input::Moved, at);
        }
    }

    /// Takes what another tab said.
    pub(super) fn hear(&mut self, message: Message, at: Moment) {
        if !message.to.is_empty() && message.to != self.name {
            return;
        }
        match &self.role {
            Role::Leading => {
                self.hear_as_leader(message, at);
                // A browser lets the timer of a hidden page run once a minute, and delivers messages all the same: so whoever is seen
                // and waits for the line drives the clock of who holds it.
                self.step(Input::Tick, at);
            }
            Role::Following { .. } => self.hear_as_follower(message, at),
            Role::Alone | Role::Away => {}
        }
    }

    fn hear_as_leader(&mut self, message: Message, at: Moment) {
        match message.kind {
            Kind::Wants if message.to.is_empty() => self.answer(&message.from, None),
            Kind::Wants => {
                self.answer(&message.from, self.greeting.clone().filter(|_| !self.connection.is_silent(at.now_ms)));
                self.followers.put_tab(&message.from, message.wants);
                self.ask(at);
            }
            Kind::Ask => {
                self.answer(&message.from, None);
                self.step(Input::Woke, at);
            }
            Kind::Impatient => {
                self.answer(&message.from, None);
                self.step(Input::Impatient, at);
            }
            Kind::Gone => {
                self.followers.put_tab(&message.from, Vec::new());
                self.ask(at);
            }
            Kind::Leads | Kind::Here | Kind::Frame | Kind::Served | Kind::GivenUp | Kind::Broken => {}
        }
    }

    /// Tells a tab that its question arrived, and shows it the greeting of a line that is open already.
    fn answer(&mut self, tab: &str, greeting: Option<(String, String)>) {
        self.acts.push(Act::Post(Message { to: tab.to_owned(), ..self.message(Kind::Here) }));
        if let Some((id, json)) = greeting {
            self.acts.push(Act::Post(Message { to: tab.to_owned(), id, json, ..self.message(Kind::Frame) }));
        }
    }

    fn hear_as_follower(&mut self, message: Message, at: Moment) {
        let Role::Following { leader, unanswered_ms } = &mut self.role else { return };
        let is_leader = leader.as_ref() == Some(&message.from);
        match message.kind {
            Kind::Here if is_leader => *unanswered_ms = None,
            Kind::Here if leader.is_some() => {}
            Kind::Leads | Kind::Here => {
                (*leader, *unanswered_ms) = (Some(message.from), None);
                self.step(Input::Moved, at);
            }
            Kind::Gone if is_leader => {
                (*leader, *unanswered_ms) = (None, None);
                self.step(Input::Moved, at);
            }
            // Somebody took this tab for the leader.
            Kind::Wants | Kind::Ask | Kind::Impatient if !message.to.is_empty() => {
                self.acts.push(Act::Post(Message { to: message.from, ..self.message(Kind::Gone) }));
            }
            _ if is_leader => {
                *unanswered_ms = None;
                match message.kind {
                    Kind::Frame => {
                        let repair = self.receipt.repair;
                        self.receive(&message.id, &message.json, at);
                        // A greeting for this tab alone is an old one: the line did not break.
                        if !message.to.is_empty() {
                            self.receipt.repair = repair;
                        }
                    }
                    Kind::Served => {
                        let waiting = self.followers.served_by_leader(&message.numbers);
                        self.tell(waiting, at);
                    }
                    Kind::GivenUp => {
                        self.followers.given_up_by_leader(&message.numbers, at.now_ms, at.chance);
                    }
                    Kind::Broken => self.step(Input::Moved, at),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}
