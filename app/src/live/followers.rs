//! Who follows what, from where on, and what the open line carries: plain data without a socket, so that it is tested natively.
//!
//! The rule that matters: a follower's place moves on only while the server is known to send its topics. Were it moved by frames of
//! other topics, a line that breaks before its topics came in force would leave a hole.
//!
//! The other one: who missed something is lost until its page was loaded again. Meanwhile no event reaches it, and nobody says that
//! the page is live.

use std::{collections::BTreeSet, rc::Rc};

use super::{
    ConnectionState, Notice,
    follower::{Follower, Line, Standing},
};
use crate::events::{Cursor, Event, Topic};

/// What a follower does when it is told.
pub type OnNotice = Rc<dyn Fn(Notice)>;

/// Who follows what, and what the open line carries.
#[derive(Default)]
pub struct Followers {
    /// Names the open line when its topics are changed; `None` while there is none.
    connection_id: Option<String>,
    /// Topics that the server was asked to send on the open line.
    asked: BTreeSet<Topic>,
    list: Vec<Follower>,
    counted: u64,
    /// The last frame of any line.
    seen: Option<Cursor>,
}

/// A change of topics to ask the server for.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        self.take_in(topics, Standing::Following { cursor: from, line: Line::New }, on_notice)
    }

    /// Takes somebody in who has no snapshot to follow from, as loading it failed: lost from the start. `chance` lies in 0.0..1.0.
    pub fn add_lost(&mut self, now_ms: f64, chance: f64, on_notice: OnNotice) -> u64 {
        self.take_in(Vec::new(), Standing::lost(now_ms, chance), on_notice)
    }

    fn take_in(&mut self, topics: Vec<Topic>, standing: Standing, on_notice: OnNotice) -> u64 {
        self.counted += 1;
        self.list.push(Follower { number: self.counted, topics, standing, on_notice });
        self.counted
    }

    /// Lets a follower go.
    pub fn remove(&mut self, number: u64) {
        self.list.retain(|follower| follower.number != number);
    }

    /// Something may have been missed. Everyone is lost; those who have to be told so come back. `chance` lies in 0.0..1.0.
    pub fn lose(&mut self, now_ms: f64, chance: f64) -> Vec<OnNotice> {
        // A line for nobody but the lost begins now: what they missed is in no log.
        self.seen = None;
        let mut told = Vec::new();
        for follower in &mut self.list {
            follower.standing = Standing::lost(now_ms, chance);
            told.push(Rc::clone(&follower.on_notice));
        }
        told
    }

    /// Those of the lost whom it is time to tell again.
    pub fn overdue(&mut self, now_ms: f64, chance: f64) -> Vec<OnNotice> {
        let due = self
            .list
            .iter_mut()
            .filter_map(|follower| follower.standing.is_due(now_ms, chance).then(|| Rc::clone(&follower.on_notice)));
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

    /// The server put in force what it was asked for.
    pub fn served(&mut self) {
        for follower in &mut self.list {
            if follower.standing.line() == Some(Line::Asked) {
                follower.standing.put(Line::Served);
            }
        }
    }

    /// What a new line has to carry, and where it has to begin so that nobody misses anything: the earliest place that a follower
    /// knows everything up to.
    pub fn line_up(&mut self) -> (Vec<Topic>, Option<Cursor>) {
        for follower in &mut self.list {
            follower.standing.put(Line::Asked);
        }
        self.asked = self.wanted();
        let earliest =
            self.list.iter().filter_map(|follower| follower.standing.cursor()).min_by_key(|cursor| cursor.position);
        (self.asked.iter().cloned().collect(), earliest.or(self.seen.as_ref()).cloned())
    }

    /// The server greeted on a new line.
    pub fn connect(&mut self, connection_id: String) {
        self.connection_id = Some(connection_id);
        self.served();
    }

    /// The name of the open line.
    pub fn connection_id(&self) -> Option<&str> {
        self.connection_id.as_deref()
    }

    fn wanted(&self) -> BTreeSet<Topic> {
        self.list.iter().flat_map(|follower| follower.topics.iter().cloned()).collect()
    }

    /// What to ask for, so that the server sends what is wanted; `None` when it does so already. The topics of newcomers are asked
    /// for even where others follow them: what came between a newcomer's snapshot and now was sent before it listened.
    pub fn wish(&mut self) -> Option<TopicWish> {
        let wanted = self.wanted();
        let remove: Vec<Topic> = self.asked.difference(&wanted).cloned().collect();
        let mut add = BTreeSet::new();
        let mut from: Option<Cursor> = None;
        for newcomer in &mut self.list {
            let Standing::Following { cursor, line: line @ Line::New } = &mut newcomer.standing else { continue };
            *line = Line::Asked;
            add.extend(newcomer.topics.iter().cloned());
            let is_earlier = from.as_ref().is_none_or(|from| cursor.position < from.position);
            if is_earlier {
                from = Some(cursor.clone());
            }
        }
        self.asked = wanted;
        (!add.is_empty() || !remove.is_empty()).then(|| TopicWish { add: add.into_iter().collect(), remove, from })
    }

    /// The line was dropped.
    pub fn disconnect(&mut self) {
        self.connection_id = None;
        self.asked.clear();
        for follower in &mut self.list {
            follower.standing.put(Line::New);
        }
    }

    /// Notes that everything up to a place was sent to those who are served. Who knows more keeps what it knows.
    pub fn pass(&mut self, cursor: &Cursor) {
        let served = self.list.iter_mut().filter_map(|follower| match &mut follower.standing {
            Standing::Following { cursor, line: Line::Served } => Some(cursor),
            _ => None,
        });
        for place in served.chain(self.seen.as_mut()) {
            if cursor.is_after(place) {
                place.clone_from(cursor);
            }
        }
        self.seen.get_or_insert_with(|| cursor.clone());
    }

    /// Whom an event concerns. The lost are left out: what they show is from before a hole.
    pub fn listeners(&self, event: &Event) -> Vec<OnNotice> {
        let topics = event.topics();
        let wants = |follower: &&Follower| {
            !follower.standing.is_lost() && follower.topics.iter().any(|topic| topics.contains(topic))
        };
        self.list.iter().filter(wants).map(|follower| Rc::clone(&follower.on_notice)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(position: u64) -> Cursor {
        format!("e-{position}").parse().expect("a cursor")
    }

    fn silent() -> OnNotice {
        Rc::new(|_| {})
    }

    fn wish(add: &[Topic], remove: &[Topic], from: Option<u64>) -> TopicWish {
        TopicWish { add: add.to_vec(), remove: remove.to_vec(), from: from.map(cursor) }
    }

    /// A line that serves one follower of the imports, who knows everything up to 5.
    fn served() -> (Followers, u64) {
        let mut followers = Followers::default();
        let number = followers.add(vec![Topic::Imports], cursor(5), silent());
        followers.line_up();
        followers.connect("c".into());
        (followers, number)
    }

    #[test]
    fn a_new_line_begins_where_the_slowest_follower_is() {
        let mut followers = Followers::default();
        followers.add(vec![Topic::Imports], cursor(9), silent());
        followers.add(vec![Topic::Customers], cursor(5), silent());

        assert_eq!(followers.line_up(), (vec![Topic::Imports, Topic::Customers], Some(cursor(5))));
    }

    #[test]
    fn frames_move_on_only_those_who_are_served() {
        let (mut followers, _) = served();
        followers.add(vec![Topic::Customers], cursor(7), silent());

        followers.wish();
        followers.pass(&cursor(20));
        assert_eq!(followers.line_up().1, Some(cursor(7)));

        followers.served();
        followers.pass(&cursor(21));
        assert_eq!(followers.line_up().1, Some(cursor(21)));
    }

    #[test]
    fn a_newcomer_is_asked_for_once_and_from_its_own_place() {
        let (mut followers, _) = served();
        assert_eq!(followers.wish(), None);

        followers.add(vec![Topic::Customers], cursor(3), silent());

        assert_eq!(followers.wish(), Some(wish(&[Topic::Customers], &[], Some(3))));
        assert_eq!(followers.wish(), None);
    }

    #[test]
    fn a_newcomer_to_a_topic_that_is_sent_already_is_asked_for_too() {
        let (mut followers, before) = served();
        followers.pass(&cursor(11));

        followers.remove(before);
        followers.add(vec![Topic::Imports], cursor(10), silent());

        assert_eq!(followers.wish(), Some(wish(&[Topic::Imports], &[], Some(10))));
    }

    #[test]
    fn topics_that_nobody_wants_any_more_are_taken_away() {
        let (mut followers, number) = served();

        followers.remove(number);

        assert_eq!(followers.wish(), Some(wish(&[], &[Topic::Imports], None)));
    }

    #[test]
    fn after_a_lost_line_everyone_is_asked_for_again() {
        let (mut followers, _) = served();

        followers.disconnect();
        followers.line_up();
        followers.pass(&cursor(30));

        assert_eq!(followers.line_up().1, Some(cursor(5)));
    }
}
