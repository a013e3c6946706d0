//! Who follows what, from where on, and what the open line carries: plain data without a socket, so that it is tested natively.
//!
//! The rule that matters: a follower's place moves on only while the server is known to send its topics. Were it moved by frames of
//! other topics, a line that breaks before its topics came in force would leave a hole. And a follower is told only what lies after
//! its place, so a line that begins earlier for somebody else's sake tells it nothing twice.
//!
//! The other one: who missed something is lost until its page was loaded again. Meanwhile no event reaches it, and nobody says that
//! the page is live.

use std::{collections::BTreeSet, rc::Rc};

use super::{
    ConnectionState, Notice,
    follower::{Follower, Line, Owner, Standing},
    relay::Want,
};
use crate::events::{Cursor, Envelope, Topic};

/// What a follower does when it is told.
pub type OnNotice = Rc<dyn Fn(Notice)>;

/// Who has to be told what.
pub type Told = (OnNotice, Notice);

/// Who follows what, and what the open line carries.
#[derive(Default)]
pub struct Followers {
    /// Names the open line when its topics are changed; `None` while there is none.
    connection_id: Option<String>,
    /// The log that the open line tells of.
    pub(super) log: Option<String>,
    /// Topics that the server was asked to send on the open line.
    asked: BTreeSet<Topic>,
    /// The server did not say yet that what it was asked for is in force. Its word names no question, so there is one at a time.
    is_asking: bool,
    /// The server shall say something, whatever it is.
    is_doubted: bool,
    pub(super) list: Vec<Follower>,
    counted: u64,
    /// The last frame of any line.
    pub(super) seen: Option<Cursor>,
}

/// A change of topics to ask the server for. One that changes nothing is answered with a frame as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicWish {
    /// Topics to add.
    pub add: Vec<Topic>,
    /// Topics to take away.
    pub remove: Vec<Topic>,
    /// Where the added ones have to begin.
    pub from: Option<Cursor>,
}

impl Followers {
    /// Takes a follower in, who knows everything up to `from`. Returns the number that it is removed by.
    pub fn add(&mut self, topics: Vec<Topic>, from: Cursor, on_notice: OnNotice) -> u64 {
        self.take_in(topics, Standing::at(from), on_notice)
    }

    /// Takes somebody in who has no snapshot to follow from, as loading it failed: lost from the start. `chance` lies in 0.0..1.0.
    pub fn add_lost(&mut self, now_ms: f64, chance: f64, on_notice: OnNotice) -> u64 {
        self.take_in(Vec::new(), Standing::lost(now_ms, chance), on_notice)
    }

    fn take_in(&mut self, topics: Vec<Topic>, standing: Standing, on_notice: OnNotice) -> u64 {
        self.counted += 1;
        let owner = Owner::Here(on_notice);
        self.list.push(Follower { number: self.counted, asked_as: 0, topics, standing, owner });
        self.counted
    }

    /// Lets a follower of this tab go.
    pub fn remove(&mut self, number: u64) {
        self.list.retain(|follower| matches!(follower.owner, Owner::Tab(_)) || follower.number != number);
    }

    /// What the pages of another tab want now. What is known already stays where it is.
    pub fn put_tab(&mut self, tab: &str, wants: Vec<Want>) {
        let is_wanted = |follower: &Follower| wants.iter().any(|want| want.number == follower.number);
        self.list.retain(|follower| !follower.is_of(tab) || is_wanted(follower));
        for Want { number, topics, cursor } in wants {
            if !self.list.iter().any(|follower| follower.is_of(tab) && follower.number == number) {
                let (owner, standing) = (Owner::Tab(tab.to_owned()), Standing::at(cursor));
                self.list.push(Follower { number, asked_as: number, topics, standing, owner });
            }
        }
    }

    /// Forgets the pages of all other tabs: this tab holds the line no longer.
    pub fn forget_tabs(&mut self) {
        self.list.retain(|follower| matches!(follower.owner, Owner::Here(_)));
    }

    /// What the pages of this tab want, for the tab that holds the line; from now on they are asked for.
    pub fn wants(&mut self) -> Vec<Want> {
        for follower in &mut self.list {
            if follower.standing.line() == Some(Line::New) {
                self.counted += 1;
                follower.asked_as = self.counted;
                follower.standing.put(Line::Asked);
            }
        }
        self.list.iter().filter_map(Follower::want).collect()
    }

    /// Something may have been missed. Everyone is lost; those who have to be told so come back. `chance` lies in 0.0..1.0. Other tabs
    /// find out by themselves.
    pub fn lose(&mut self, now_ms: f64, chance: f64) -> Vec<Told> {
        // A line for nobody but the lost begins now: what they missed is in no log.
        self.seen = None;
        self.forget_tabs();
        for follower in &mut self.list {
            follower.standing = Standing::lost(now_ms, chance);
        }
        self.list.iter().filter_map(|follower| told(follower, Notice::Reset)).collect()
    }

    /// Those of the lost whom it is time to tell again.
    pub fn overdue(&mut self, now_ms: f64, chance: f64) -> Vec<Told> {
        let due = self.list.iter_mut().filter_map(|follower| {
            if follower.standing.is_due(now_ms, chance) { told(follower, Notice::Reset) } else { None }
        });
        due.collect()
    }

    /// What to say of the connection: what it says of itself, but never *live* while somebody is lost.
    pub fn state(&self, line: ConnectionState) -> ConnectionState {
        let is_anyone_lost = self.list.iter().any(|follower| follower.standing.is_lost());
        match line {
            ConnectionState::Live if is_anyone_lost => ConnectionState::Stale,
            line => line,
        }
    }

    /// The server put in force what it was asked for. Returns what waited for that in this tab, and for each other tab the numbers of
    /// its followers that are served from now on.
    pub fn served(&mut self) -> (Vec<Told>, Vec<(String, u64)>) {
        self.is_asking = false;
        let (mut waiting, mut elsewhere) = (Vec::new(), Vec::new());
        for follower in &mut self.list {
            if follower.standing.line() != Some(Line::Asked) {
                continue;
            }
            serve(follower, &mut waiting);
            if let Owner::Tab(tab) = &follower.owner {
                elsewhere.push((tab.clone(), follower.number));
            }
        }
        (waiting, elsewhere)
    }

    /// The tab that holds the line says that it serves these followers of this tab. Returns what waited for that.
    pub fn served_by_leader(&mut self, numbers: &[u64]) -> Vec<Told> {
        let mut waiting = Vec::new();
        for follower in &mut self.list {
            if numbers.contains(&follower.asked_as) && follower.standing.line() == Some(Line::Asked) {
                serve(follower, &mut waiting);
            }
        }
        waiting
    }

    /// What a new line has to carry, and where it has to begin so that nobody misses anything: the earliest place that a follower
    /// knows everything up to.
    pub fn line_up(&mut self) -> (Vec<Topic>, Option<Cursor>) {
        for follower in &mut self.list {
            follower.standing.put(Line::Asked);
        }
        self.asked = self.wanted();
        let places = || self.list.iter().filter_map(|follower| follower.standing.cursor());
        // Places in different logs can't be compared. Of two logs the one that who came last knows is more likely to be there.
        let log = places().next_back().map(|cursor| &cursor.epoch);
        let earliest = places().filter(|cursor| Some(&cursor.epoch) == log).min_by_key(|cursor| cursor.position);
        (self.asked.iter().cloned().collect(), earliest.or(self.seen.as_ref()).cloned())
    }

    /// The server greeted on a new line, which has this name and tells of this log.
    pub fn connect(&mut self, connection_id: String, log: String) {
        (self.connection_id, self.log) = (Some(connection_id), Some(log));
    }

    /// The name of the open line.
    pub fn connection_id(&self) -> Option<&str> {
        self.connection_id.as_deref()
    }

    /// Makes the server say something on the open line.
    pub const fn doubt(&mut self) {
        self.is_doubted = true;
    }

    fn wanted(&self) -> BTreeSet<Topic> {
        self.list.iter().flat_map(|follower| follower.topics.iter().cloned()).collect()
    }

    /// What to ask for, so that the server sends what is wanted; `None` when it does so already, or was asked and did not answer yet.
    /// The topics of newcomers are asked for even where others follow them: what came between a newcomer's snapshot and now was sent
    /// before it listened.
    pub fn wish(&mut self) -> Option<TopicWish> {
        if self.is_asking {
            return None;
        }
        let wanted = self.wanted();
        let remove: Vec<Topic> = self.asked.difference(&wanted).cloned().collect();
        let mut add = BTreeSet::new();
        let mut from: Option<Cursor> = None;
        for newcomer in &mut self.list {
            let Standing::Following { cursor, line: line @ Line::New, .. } = &mut newcomer.standing else { continue };
            *line = Line::Asked;
            add.extend(newcomer.topics.iter().cloned());
            if from.as_ref().is_none_or(|from| cursor.position < from.position) {
                from = Some(cursor.clone());
            }
        }
        self.asked = wanted;
        self.is_asking = !add.is_empty() || !remove.is_empty() || self.is_doubted;
        self.is_doubted = false;
        self.is_asking.then(|| TopicWish { add: add.into_iter().collect(), remove, from })
    }

    /// The line was dropped.
    pub fn disconnect(&mut self) {
        (self.connection_id, self.log) = (None, None);
        self.asked.clear();
        self.is_asking = false;
        self.is_doubted = false;
        for follower in &mut self.list {
            follower.standing.put(Line::New);
        }
    }

    /// Notes that everything up to a place was sent to those who are served.
    pub fn pass(&mut self, cursor: &Cursor) {
        for follower in &mut self.list {
            follower.standing.pass(cursor);
        }
        if self.seen.as_ref().is_none_or(|seen| cursor.is_after(seen) || cursor.epoch != seen.epoch) {
            self.seen = Some(cursor.clone());
        }
        // The log may be lost while the line is open. It goes on in the next one.
        if let Some(log) = &mut self.log {
            log.clone_from(&cursor.epoch);
        }
    }

    /// Takes an event in. Returns who has to be told it now. The lost are left out: what they show is from before a hole.
    pub fn take(&mut self, envelope: &Rc<Envelope>) -> Vec<Told> {
        let topics = envelope.stamped.event.topics();
        let mut now = Vec::new();
        for follower in &mut self.list {
            let is_concerned = follower.topics.iter().any(|topic| topics.contains(topic));
            if is_concerned && matches!(follower.owner, Owner::Here(_)) && follower.standing.take(envelope) {
                now.extend(told(follower, Notice::Event(Rc::clone(envelope))));
            }
        }
        self.pass(&envelope.cursor);
        now
    }
}

fn told(follower: &Follower, notice: Notice) -> Option<Told> {
    match &follower.owner {
        Owner::Here(on_notice) => Some((Rc::clone(on_notice), notice)),
        Owner::Tab(_) => None,
    }
}

fn serve(follower: &mut Follower, waiting: &mut Vec<Told>) {
    let held = follower.standing.serve();
    waiting.extend(held.into_iter().filter_map(|envelope| told(follower, Notice::Event(envelope))));
}
