//! Who missed something is lost until a follower with a new snapshot takes its place.

use std::rc::Rc;

use super::{
    ConnectionState,
    followers::{Followers, OnNotice},
};
use crate::events::{Cursor, Envelope, Event, NoticeLevel, Stamped, SystemNotification, Topic};

fn cursor(position: u64) -> Cursor {
    format!("e-{position}").parse().expect("a cursor")
}

fn silent() -> OnNotice {
    Rc::new(|_| {})
}

/// A line that serves one follower of the imports, who knows everything up to 5.
fn served() -> (Followers, u64) {
    let mut followers = Followers::default();
    let number = followers.add(vec![Topic::Imports], cursor(5), silent());
    followers.line_up();
    followers.connect("c".into(), "e".into());
    followers.served();
    followers.pass(&cursor(6));
    (followers, number)
}

#[test]
fn a_new_line_does_not_begin_where_a_lost_follower_was() {
    let (mut followers, _) = served();
    followers.lose(0.0, 0.5);
    assert_eq!(followers.line_up(), (vec![Topic::Imports], None));

    followers.add(vec![Topic::Customers], cursor(40), silent());

    assert_eq!(followers.line_up().1, Some(cursor(40)));
}

#[test]
fn events_reach_nobody_who_is_lost() {
    let notice = SystemNotification { level: NoticeLevel::Info, message: String::new() };
    let at = |position| {
        let stamped = Stamped { timestamp: 0, event: Event::SystemNotification(notice.clone()) };
        Rc::new(Envelope { cursor: cursor(position), stamped })
    };
    let mut followers = Followers::default();
    followers.add(vec![Topic::General], cursor(5), silent());
    followers.line_up();
    followers.served();
    assert_eq!(followers.take(&at(6)).len(), 1);

    followers.lose(0.0, 0.5);

    assert_eq!(followers.take(&at(7)).len(), 0);
}

#[test]
fn the_page_is_not_live_while_a_follower_is_lost() {
    let (mut followers, number) = served();
    assert_eq!(followers.state(ConnectionState::Live), ConnectionState::Live);

    assert_eq!(followers.lose(0.0, 0.5).len(), 1);
    assert_eq!(followers.state(ConnectionState::Live), ConnectionState::Stale);
    assert_eq!(followers.state(ConnectionState::Offline), ConnectionState::Offline);

    // The line breaks and comes back: no matter, the page was not loaded again.
    followers.disconnect();
    followers.line_up();
    followers.connect("d".into(), "e".into());
    followers.served();
    followers.pass(&cursor(50));
    assert_eq!(followers.state(ConnectionState::Live), ConnectionState::Stale);

    followers.remove(number);
    followers.add(vec![Topic::Imports], cursor(50), silent());
    assert_eq!(followers.state(ConnectionState::Live), ConnectionState::Live);
}

#[test]
fn a_lost_follower_is_told_again_until_it_is_replaced() {
    for chance in [0.0, 0.999] {
        let (mut followers, number) = served();
        followers.lose(0.0, chance);
        assert_eq!(followers.overdue(1.0, chance).len(), 0);

        let mut now_ms = 0.0;
        for _ in 0..20 {
            now_ms += 4_000.0;
            assert_eq!(followers.overdue(now_ms, chance).len(), 1);
            assert_eq!(followers.overdue(now_ms + 250.0, chance).len(), 0);
        }

        followers.remove(number);
        followers.add(vec![Topic::Imports], cursor(50), silent());
        assert_eq!(followers.overdue(now_ms + 4_000.0, chance).len(), 0);
    }
}

#[test]
fn a_page_that_could_not_be_loaded_is_lost_from_the_start() {
    let mut followers = Followers::default();

    followers.add_lost(0.0, 0.5, silent());

    assert_eq!(followers.state(ConnectionState::Live), ConnectionState::Stale);
    assert_eq!(followers.overdue(4_000.0, 0.5).len(), 1);
    assert_eq!(followers.wish(), None);
}
