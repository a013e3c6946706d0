//! Who is asked for, from where on, and who is told what.

use std::{cell::RefCell, rc::Rc};

use proptest::prelude::*;

use super::{
    Notice,
    followers::{Followers, OnNotice, Told, TopicWish},
};
use crate::events::{Cursor, Envelope, Event, NoticeLevel, Stamped, SystemNotification, Topic};

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
    followers.connect("c".into(), "e".into());
    followers.served();
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
    followers.served();
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

#[test]
fn a_second_question_waits_for_the_answer_to_the_first() {
    let (mut followers, _) = served();
    followers.add(vec![Topic::Customers], cursor(3), silent());
    followers.wish();
    followers.add(vec![Topic::General], cursor(4), silent());

    assert_eq!(followers.wish(), None);
    followers.served();

    assert_eq!(followers.wish(), Some(wish(&[Topic::General], &[], Some(4))));
}

#[test]
fn a_doubted_line_is_asked_for_nothing_so_that_it_says_something() {
    let (mut followers, _) = served();

    followers.doubt();

    assert_eq!(followers.wish(), Some(TopicWish::default()));
    followers.served();
    assert_eq!(followers.wish(), None);
}

#[test]
fn a_follower_for_whom_too_much_would_have_to_wait_is_lost() {
    let (mut followers, _) = served();
    followers.add(vec![Topic::General], cursor(5), silent());
    followers.wish();

    for position in 6..=5_006 {
        followers.take(&notice_at(position));
    }

    assert_eq!(followers.overdue(0.0, 0.5).len(), 1);
}

fn notice_at(position: u64) -> Rc<Envelope> {
    let notice = SystemNotification { level: NoticeLevel::Info, message: String::new() };
    Rc::new(Envelope {
        cursor: cursor(position),
        stamped: Stamped { timestamp: 0, event: Event::SystemNotification(notice) },
    })
}

type Heard = Rc<RefCell<Vec<u64>>>;

fn tell(told: Vec<Told>) {
    for (on_notice, notice) in told {
        on_notice(notice);
    }
}

proptest! {
    /// The line carries on live while newcomers are asked for; the server sends what they missed and then its word, as its stream
    /// does. `newcomers` come after so many events, with a snapshot so far back.
    #[test]
    fn every_newcomer_gets_each_event_after_its_snapshot_once_and_in_order(
        steps in prop::collection::vec(0..5_u8, 1..200), back in 0..12_u64
    ) {
        let mut followers = Followers::default();
        let (mut end, mut everyone): (u64, Vec<(u64, Heard)>) = (20, Vec::new());
        let mut question: Option<TopicWish> = None;
        followers.line_up();
        followers.connect("c".into(), "e".into());
        followers.served();

        for step in steps.into_iter().chain([1, 3, 3, 1, 3, 3]) {
            match step {
                0 => {
                    let heard = Heard::default();
                    let own = Rc::clone(&heard);
                    let from = end - back.min(end);
                    followers.add(vec![Topic::General], cursor(from), Rc::new(move |notice| {
                        if let Notice::Event(event) = notice {
                            own.borrow_mut().push(event.cursor.position.major);
                        }
                    }));
                    everyone.push((from, heard));
                }
                1 => question = question.or_else(|| followers.wish()),
                3 => {
                    if let Some(TopicWish { from: Some(from), .. }) = question.take() {
                        for position in from.position.major + 1..=end {
                            tell(followers.take(&notice_at(position)));
                        }
                    }
                    tell(followers.served().0);
                }
                _ => {
                    end += 1;
                    tell(followers.take(&notice_at(end)));
                }
            }
        }

        for (from, heard) in everyone {
            let right: Vec<u64> = (from + 1..=end).collect();
            prop_assert_eq!(&*heard.borrow(), &right);
        }
    }
}
