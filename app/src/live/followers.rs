//! Who follows what, from where on, and what the open line carries: plain data without a socket, so that it is tested natively.
//!
//! The rule that matters: a follower's place moves on only while the server is known to send its topics. Were it moved by frames of
//! other topics, a line that breaks before its topics came in force would leave a hole.

use std::{collections::BTreeSet, rc::Rc};

use super::Notice;
use crate::events::{Cursor, Event, Topic};

/// What a follower does when it is told.
pub type OnNotice = Rc<dyn Fn(Notice)>;

/// Somebody who wants to know.
struct Follower {
    number: u64,
    topics: Vec<Topic>,
    /// Up to here it knows everything.
    cursor: Cursor,
    standing: Standing,
    on_notice: OnNotice,
}

/// How far a follower is with the open line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The server was not asked for it yet.
    New,
    /// It was asked for.
    Asked,
    /// The server said that it sends what it follows.
    Served,
}

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
        self.counted += 1;
        let standing = Standing::New;
        self.list.push(Follower { number: self.counted, topics, cursor: from, standing, on_notice });
        self.counted
    }

    /// Lets a follower go.
    pub fn remove(&mut self, number: u64) {
        self.list.retain(|follower| follower.number != number);
    }

    /// The server put in force what it was asked for.
    pub fn served(&mut self) {
        for follower in self.list.iter_mut().filter(|follower| follower.standing == Standing::Asked) {
            follower.standing = Standing::Served;
        }
    }

    /// What a new line has to carry, and where it has to begin so that nobody misses anything: the earliest place that a follower
    /// knows everything up to.
    pub fn line_up(&mut self) -> (Vec<Topic>, Option<Cursor>) {
        for follower in &mut self.list {
            follower.standing = Standing::Asked;
        }
        self.asked = self.wanted();
        let earliest = self.list.iter().map(|follower| &follower.cursor).min_by_key(|cursor| cursor.position);
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
        for newcomer in self.list.iter_mut().filter(|follower| follower.standing == Standing::New) {
            newcomer.standing = Standing::Asked;
            add.extend(newcomer.topics.iter().cloned());
            let is_earlier = from.as_ref().is_none_or(|from| newcomer.cursor.position < from.position);
            if is_earlier {
                from = Some(newcomer.cursor.clone());
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
            follower.standing = Standing::New;
        }
    }

    /// Notes that everything up to a place was sent to those who are served. Who knows more keeps what it knows.
    pub fn pass(&mut self, cursor: &Cursor) {
        let served = self.list.iter_mut().filter(|follower| follower.standing == Standing::Served);
        for place in served.map(|follower| &mut follower.cursor).chain(self.seen.as_mut()) {
            if cursor.is_after(place) {
                place.clone_from(cursor);
            }
        }
        self.seen.get_or_insert_with(|| cursor.clone());
    }

    /// Whom an event concerns.
    pub fn listeners(&self, event: &Event) -> Vec<OnNotice> {
        if *event == Event::Unknown {
            return self.everyone();
        }
        let topics = event.topics();
        let wants = |follower: &&Follower| follower.topics.iter().any(|topic| topics.contains(topic));
        self.list.iter().filter(wants).map(|follower| Rc::clone(&follower.on_notice)).collect()
    }

    /// All of them.
    pub fn everyone(&self) -> Vec<OnNotice> {
        self.list.iter().map(|follower| Rc::clone(&follower.on_notice)).collect()
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
