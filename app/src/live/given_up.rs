//! Whom the open line can't serve. They are lost: their pages load again and again, with pauses, and are not live meanwhile.

use std::collections::BTreeSet;

use super::{follower::Owner, followers::Followers};
use crate::events::{Cursor, MOST_TOPICS, Topic};

impl Followers {
    /// Gives those up whom the line can't serve: nothing on it comes after a place in another log, and it carries no more topics than
    /// so many, of those who came first; and where it just began, those whose place is before that. In this tab they are lost from now
    /// on, and told so after a pause, for a snapshot that is loaded at once may be as useless. Returns, for each other tab, the numbers
    /// of its followers.
    pub fn give_up(&mut self, begins: Option<&Cursor>, now_ms: f64, chance: f64) -> Vec<(String, u64)> {
        let (mut carried, mut elsewhere) = (BTreeSet::new(), Vec::new());
        let log = self.log.as_deref();
        self.list.retain_mut(|follower| {
            let more: BTreeSet<Topic> =
                follower.topics.iter().filter(|topic| !carried.contains(*topic)).cloned().collect();
            let has_room = carried.len() + more.len() <= MOST_TOPICS;
            let is_late = begins.is_some_and(|begins| follower.standing.is_before(begins));
            let is_served = has_room && !is_late && follower.standing.is_of(log);
            if let (false, Owner::Tab(tab)) = (is_served, &follower.owner) {
                elsewhere.push((tab.clone(), follower.number));
                return false;
            }
            if has_room {
                carried.extend(more);
            } else {
                follower.topics.clear();
            }
            if !is_served {
                follower.standing.lose(now_ms, chance);
            }
            true
        });
        elsewhere
    }

    /// The tab that holds the line says that it can't serve these followers of this tab.
    pub fn given_up_by_leader(&mut self, numbers: &[u64], now_ms: f64, chance: f64) {
        for follower in &mut self.list {
            if numbers.contains(&follower.asked_as) {
                follower.standing.lose(now_ms, chance);
            }
        }
    }

    /// Something came that can't be read. Everyone is lost, and told so after a pause: a newer server may go on like that.
    /// Other tabs find out by themselves.
    pub fn give_everyone_up(&mut self, now_ms: f64, chance: f64) {
        self.forget_tabs();
        self.seen = None;
        for follower in &mut self.list {
            follower.standing.lose(now_ms, chance);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::live::{ConnectionState, followers::OnNotice};

    fn silent() -> OnNotice {
        Rc::new(|_| {})
    }

    /// A line that serves one follower of the imports.
    fn served() -> Followers {
        let mut followers = Followers::default();
        followers.add(vec![Topic::Imports], place("e-5"), silent());
        followers.line_up();
        followers.connect("c".into(), "e".into());
        followers.served();
        followers
    }

    fn place(text: &str) -> Cursor {
        text.parse().expect("a cursor")
    }

    #[test]
    fn who_knows_its_place_in_another_log_than_the_line_tells_of_is_lost_and_told_so_after_a_pause() {
        let mut followers = Followers::default();
        followers.add(vec![Topic::Imports], place("old-5000"), silent());
        followers.add(vec![Topic::Customers], place("new-3"), silent());
        assert_eq!(followers.line_up().1, Some(place("new-3")), "the older log's places say nothing");
        followers.connect("c".into(), "new".into());

        followers.give_up(None, 0.0, 0.5);
        followers.served();

        assert_eq!(followers.state(ConnectionState::Live), ConnectionState::Stale);
        assert_eq!(followers.overdue(499.0, 0.5).len(), 0);
        assert_eq!(followers.overdue(4_000.0, 0.5).len(), 1);
    }

    #[test]
    fn a_line_that_begins_later_than_it_was_asked_to_serves_nobody_from_before() {
        let mut followers = Followers::default();
        followers.add(vec![Topic::Imports], place("e-5"), silent());
        followers.line_up();
        followers.connect("c".into(), "e".into());

        followers.give_up(Some(&place("e-9")), 0.0, 0.5);
        followers.served();

        assert_eq!(followers.state(ConnectionState::Live), ConnectionState::Stale);
    }

    #[test]
    fn a_newcomer_with_a_place_in_another_log_is_not_asked_for() {
        let mut followers = served();
        followers.add(vec![Topic::Customers], place("old-3"), silent());

        followers.give_up(None, 0.0, 0.5);

        assert_eq!(followers.wish(), None);
        assert_eq!(followers.overdue(4_000.0, 0.5).len(), 1);
    }

    #[test]
    fn another_tab_is_told_whom_the_line_cannot_serve_and_who_asked_again_since_is_not_meant() {
        let mut leader = served();
        let mut other = Followers::default();
        other.add(vec![Topic::Customers], place("old-3"), silent());
        leader.put_tab("b", other.wants());

        let given_up = leader.give_up(None, 0.0, 0.5);
        let (numbers, again) = (vec![given_up[0].1], leader.give_up(None, 0.0, 0.5));
        other.given_up_by_leader(&numbers, 0.0, 0.5);

        assert_eq!((given_up[0].0.as_str(), again.len()), ("b", 0));
        assert_eq!(other.state(ConnectionState::Live), ConnectionState::Stale);

        other.add(vec![Topic::Customers], place("e-7"), silent());
        assert_eq!(other.wants().len(), 1);
        other.given_up_by_leader(&numbers, 0.0, 0.5);
        assert_eq!(other.wants().len(), 1);
    }

    #[test]
    fn a_line_goes_on_in_the_next_log() {
        let mut followers = served();
        followers.lose(0.0, 0.5);
        followers.pass(&place("new-1"));
        followers.add(vec![Topic::Customers], place("new-2"), silent());

        followers.give_up(None, 0.0, 0.5);

        assert_eq!(followers.wish().and_then(|wish| wish.from), Some(place("new-2")));
    }

    fn many(count: usize, name: &str) -> Vec<Topic> {
        (0..count).map(|number| Topic::Custom(format!("{name}{number}"))).collect()
    }

    #[test]
    fn who_wants_more_than_a_line_carries_is_lost_until_others_go_and_nobody_else_is() {
        let mut followers = Followers::default();
        let first = followers.add(many(200, "a"), place("e-5"), silent());
        let second = followers.add(many(57, "b"), place("e-4"), silent());
        followers.add(many(56, "c"), place("e-6"), silent());

        followers.give_up(None, 0.0, 0.5);
        let (topics, from) = followers.line_up();

        assert_eq!((topics.len(), from), (256, Some(place("e-5"))));
        assert_eq!(followers.state(ConnectionState::Live), ConnectionState::Stale);
        assert_eq!(followers.overdue(4_000.0, 0.5).len(), 1);

        followers.remove(first);
        followers.remove(second);
        followers.add(many(57, "b"), place("e-8"), silent());
        followers.give_up(None, 0.0, 0.5);
        assert_eq!(followers.state(ConnectionState::Live), ConnectionState::Live);
    }

    #[test]
    fn a_topic_that_is_carried_already_takes_no_room() {
        let mut followers = Followers::default();
        followers.add(many(256, "a"), place("e-5"), silent());
        followers.add(many(256, "a"), place("e-5"), silent());

        followers.give_up(None, 0.0, 0.5);

        assert_eq!(followers.state(ConnectionState::Live), ConnectionState::Live);
    }

    #[test]
    fn the_lost_are_told_in_time_however_often_the_line_is_asked_for_something() {
        let mut followers = Followers::default();
        followers.add(many(257, "a"), place("e-5"), silent());

        let told: usize = (0..400_u32)
            .map(|round| {
                let now_ms = f64::from(round) * 10.0;
                followers.give_up(None, now_ms, 0.5);
                followers.overdue(now_ms, 0.5).len()
            })
            .sum();

        assert!((1..=8).contains(&told), "{told} times in 4 s");
    }
}
