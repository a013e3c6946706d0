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
    on_notice: OnNotice,
}

/// Who follows what, and what the open line carries.
#[derive(Default)]
pub struct Followers {
    /// Names the open line when its topics are changed; `None` while there is none.
    connection_id: Option<String>,
    /// Topics that the server was asked to send on the open line.
    asked: BTreeSet<Topic>,
    /// Topics that it said it sends.
    in_force: BTreeSet<Topic>,
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
        self.list.push(Follower { number: self.counted, topics, cursor: from, on_notice });
        self.counted
    }

    /// Lets a follower go.
    pub fn remove(&mut self, number: u64) {
        self.list.retain(|follower| follower.number != number);
    }

    /// A line was opened, or its topics were changed: these it carries now.
    pub fn carried(&mut self, topics: impl IntoIterator<Item = Topic>) {
        self.in_force = topics.into_iter().collect();
    }

    /// The server greeted on a new line.
    pub fn connect(&mut self, connection_id: String, topics: Vec<Topic>) {
        self.connection_id = Some(connection_id);
        self.asked = topics.iter().cloned().collect();
        self.carried(topics);
    }

    /// The name of the open line.
    pub fn connection_id(&self) -> Option<&str> {
        self.connection_id.as_deref()
    }

    /// Topics that anybody wants.
    pub fn wanted(&self) -> BTreeSet<Topic> {
        self.list.iter().flat_map(|follower| follower.topics.iter().cloned()).collect()
    }

    /// Where a new line has to begin so that nobody misses anything: the earliest place that a follower knows everything up to.
    pub fn resume_from(&self) -> Option<Cursor> {
        let earliest = self.list.iter().map(|follower| &follower.cursor).min_by_key(|cursor| cursor.position);
        earliest.or(self.seen.as_ref()).cloned()
    }

    /// What to ask for, so that what the server sends is what is wanted; `None` when it is so already.
    pub fn wish(&mut self) -> Option<TopicWish> {
        let wanted = self.wanted();
        let add: Vec<Topic> = wanted.difference(&self.asked).cloned().collect();
        let remove: Vec<Topic> = self.asked.difference(&wanted).cloned().collect();
        if add.is_empty() && remove.is_empty() {
            return None;
        }
        let newcomers = self.list.iter().filter(|follower| follower.topics.iter().any(|topic| add.contains(topic)));
        let from = newcomers.map(|follower| &follower.cursor).min_by_key(|cursor| cursor.position).cloned();
        self.asked = wanted;
        Some(TopicWish { add, remove, from })
    }

    /// The line was dropped.
    pub fn disconnect(&mut self) {
        self.connection_id = None;
        self.asked.clear();
        self.in_force.clear();
    }

    /// Notes that everything up to a place was sent to those whose topics are in force. Who knows more keeps what it knows.
    pub fn pass(&mut self, cursor: &Cursor) {
        let in_force = &self.in_force;
        let served = |follower: &&mut Follower| follower.topics.iter().all(|topic| in_force.contains(topic));
        let places = self.list.iter_mut().filter(served).map(|follower| &mut follower.cursor).chain(self.seen.as_mut());
        for place in places {
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

    #[test]
    fn a_new_line_begins_where_the_slowest_follower_is() {
        let mut followers = Followers::default();
        followers.add(vec![Topic::Imports], cursor(9), silent());
        followers.add(vec![Topic::Customers], cursor(5), silent());

        assert_eq!(followers.resume_from(), Some(cursor(5)));
    }

    #[test]
    fn frames_move_on_only_those_whose_topics_the_line_carries() {
        let mut followers = Followers::default();
        followers.add(vec![Topic::Imports], cursor(5), silent());
        followers.connect("c".into(), vec![Topic::Imports]);
        followers.add(vec![Topic::Customers], cursor(7), silent());

        followers.pass(&cursor(20));
        assert_eq!(followers.resume_from(), Some(cursor(7)));

        followers.carried([Topic::Imports, Topic::Customers]);
        followers.pass(&cursor(21));
        assert_eq!(followers.resume_from(), Some(cursor(21)));
    }

    #[test]
    fn a_newcomer_is_asked_for_once_and_from_its_own_place() {
        let mut followers = Followers::default();
        followers.add(vec![Topic::Imports], cursor(5), silent());
        followers.connect("c".into(), vec![Topic::Imports]);
        assert_eq!(followers.wish(), None);

        followers.add(vec![Topic::Customers], cursor(3), silent());

        let wish = TopicWish { add: vec![Topic::Customers], remove: vec![], from: Some(cursor(3)) };
        assert_eq!(followers.wish(), Some(wish));
        assert_eq!(followers.wish(), None);
    }

    #[test]
    fn topics_that_nobody_wants_any_more_are_taken_away() {
        let mut followers = Followers::default();
        let number = followers.add(vec![Topic::Imports], cursor(5), silent());
        followers.connect("c".into(), vec![Topic::Imports]);

        followers.remove(number);

        let wish = TopicWish { add: vec![], remove: vec![Topic::Imports], from: None };
        assert_eq!(followers.wish(), Some(wish));
    }
}
