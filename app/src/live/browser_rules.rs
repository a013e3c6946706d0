//! Tabs and a server, driven by chance: events come, tabs are opened, hidden, frozen, robbed of the lock and killed, lines break, the log
//! is lost, the server refuses or says nothing, messages and frames are on their way for any time. Whatever happens, each follower is told
//! every event after its snapshot, once and in order, and when it is quiet all are live by one line of one leader.

use proptest::prelude::*;

use super::{
    ConnectionState,
    browser_model::Browser,
    connection::Input,
    news::News,
    reader_model::Reader,
    server_model::{Manner, topic},
    tab::Role,
};
use crate::events::{Cursor, Topic};

impl Browser {
    /// What a reader has to have been told since its snapshot.
    fn right_for(&self, reader: &Reader) -> Vec<Cursor> {
        let positions = reader.from.position.major + 1..=self.server.end;
        positions.filter(|at| reader.topics.contains(&topic(*at))).map(|at| self.server.place(at)).collect()
    }

    fn step(&mut self, kind: u8, choice: usize) {
        let Some(number) = self.tabs.keys().copied().nth(choice % self.tabs.len().max(1)) else {
            return self.open_tab();
        };
        if kind == 13 && self.frozen.contains(&number) {
            return self.thaw(number);
        }
        if self.frozen.contains(&number) {
            return;
        }
        match kind {
            0 | 1 => self.server.happen(),
            2..=4 => self.mail_for(number, choice / 7),
            5 | 6 => self.frame_for(number),
            7 => self.answer(),
            8 => self.own_for(number),
            9 => self.tick(number, 250.0),
            10 => self.tick(number, 4_500.0),
            11 if self.tabs.len() < 7 => self.open_tab(),
            12 if choice.is_multiple_of(3) => self.kill(number),
            13 => self.freeze(number),
            14 => self.cut(number),
            15 => self.follow(number, (choice as u64) % 9),
            16 if self.hidden.contains_key(&number) => self.look_at(number),
            16 => self.hide(number),
            17 => self.load(),
            18 if choice.is_multiple_of(8) => self.server.lose_log(),
            18 if choice.is_multiple_of(4) => self.lose_log_and_lines(),
            19 => self.tell(number, News::Impatient),
            20 => self.server.manner = [Manner::Greets, Manner::Silent, Manner::Refuses][choice % 3],
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_becomes_of_the_tabs_each_follower_is_told_every_event_once_and_in_order(
        steps in prop::collection::vec((0..21_u8, 0..1_000_usize), 1..250)
    ) {
        let mut browser = Browser::default();
        browser.open_tab();
        for (kind, choice) in steps {
            browser.step(kind, choice);
        }

        browser.settle();
        for (number, tab) in browser.tabs.iter().filter(|(number, _)| !browser.hidden.contains_key(number)) {
            prop_assert_eq!(tab.state(browser.now_ms), ConnectionState::Live, "tab {}, which is seen", number);
        }
        browser.look_at_all();
        browser.server.happen();
        browser.server.happen();
        browser.settle();

        for reader in &browser.readers {
            prop_assert_eq!(&*reader.heard.borrow(), &browser.right_for(reader), "tab {}", reader.tab);
        }
        for tab in browser.tabs.values() {
            prop_assert_eq!(tab.state(browser.now_ms), ConnectionState::Live);
        }
        let leaders = browser.tabs.values().filter(|tab| tab.role == Role::Leading).count();
        prop_assert_eq!((leaders, browser.server.holders().len()), (browser.tabs.len().min(1), browser.tabs.len().min(1)));
    }
}

#[test]
fn when_the_leader_is_closed_the_others_stay_live_and_lose_nothing() {
    let mut browser = Browser::default();
    for _ in 0..7 {
        browser.open_tab();
    }
    browser.settle();
    assert_eq!(browser.server.holders().len(), 1);
    let leader = browser.holder.expect("there is one");

    browser.server.happen();
    browser.kill(leader);
    browser.server.happen();
    browser.settle();

    assert_eq!(browser.server.holders().len(), 1);
    assert!(browser.tabs.values().all(|tab| tab.state(browser.now_ms) == ConnectionState::Live));
    assert!(browser.readers.iter().all(|reader| reader.heard.borrow().len() == 1));
}

#[test]
fn where_tabs_cannot_share_a_hidden_one_lets_its_line_go_and_comes_back_from_its_place_when_it_is_seen() {
    let mut browser = Browser::default();
    browser.open_tab_alone();
    browser.settle();
    let tab = *browser.tabs.keys().next().expect("it is open");

    browser.tell(tab, News::Browser(Input::Hidden));
    browser.settle();
    assert!(browser.server.holders().is_empty());
    browser.server.happen();
    browser.server.happen();
    browser.tell(tab, News::Browser(Input::Woke));
    browser.settle();

    assert_eq!(browser.server.holders().len(), 1);
    assert_eq!(*browser.readers[0].heard.borrow(), [browser.server.place(2)]);
}

/// Two tabs; the one that holds the line is hidden.
fn two_tabs_of_which_the_first_is_hidden() -> Browser {
    let mut browser = Browser::default();
    browser.open_tab();
    browser.open_tab();
    browser.settle();
    let leader = browser.holder.expect("there is one");
    browser.hide(leader);
    browser
}

fn are_live(browser: &Browser) -> bool {
    browser.tabs.values().all(|tab| tab.state(browser.now_ms) == ConnectionState::Live)
}

#[test]
fn a_line_that_broke_under_a_hidden_tab_is_there_again_for_those_who_are_seen_within_five_seconds() {
    let mut browser = two_tabs_of_which_the_first_is_hidden();
    let leader = browser.holder.expect("there is one");

    browser.cut(leader);
    browser.go_on_for(5_000.0);

    assert!(are_live(&browser));
}

#[test]
fn a_server_that_takes_lines_and_says_nothing_is_tried_again_although_the_tab_that_does_it_is_hidden() {
    let mut browser = two_tabs_of_which_the_first_is_hidden();
    let leader = browser.holder.expect("there is one");

    browser.server.manner = Manner::Silent;
    browser.cut(leader);
    browser.go_on_for(20_000.0);
    let tries = browser.server.lines_counted;
    browser.server.manner = Manner::Greets;
    browser.go_on_for(10_000.0);

    assert!(tries >= 3);
    assert!(are_live(&browser));
}

#[test]
fn a_tab_that_comes_with_a_place_in_the_next_log_leaves_nobody_behind_in_the_last_one() {
    let mut browser = Browser::default();
    browser.open_tab();
    for _ in 0..9 {
        browser.server.happen();
    }
    browser.settle();

    browser.lose_log_and_lines();
    browser.open_tab();
    browser.settle();
    browser.server.happen();
    browser.server.happen();
    browser.settle();

    assert!(are_live(&browser));
    for reader in &browser.readers {
        assert_eq!(*reader.heard.borrow(), browser.right_for(reader));
    }
}

#[test]
fn where_there_are_too_many_streams_no_glance_at_any_tab_makes_another_try() {
    let mut browser = Browser::default();
    browser.open_tab();
    browser.open_tab();
    browser.settle();
    browser.server.manner = Manner::Refuses;
    browser.cut(browser.holder.expect("there is one"));
    browser.go_on_for(2_000.0);
    let tries = browser.server.lines_counted;

    for _ in 0..20 {
        for tab in [1, 2] {
            browser.tell(tab, News::Browser(Input::Hidden));
            browser.tell(tab, News::Browser(Input::Woke));
        }
        browser.go_on_for(1_000.0);
    }

    assert_eq!(browser.server.lines_counted, tries);
}

#[test]
fn a_reader_who_does_not_want_to_wait_in_one_tab_makes_all_of_them_live() {
    for impatient in [1, 2] {
        let mut browser = Browser::default();
        browser.open_tab();
        browser.open_tab();
        browser.settle();
        browser.server.manner = Manner::Refuses;
        browser.cut(browser.holder.expect("there is one"));
        browser.go_on_for(2_000.0);

        browser.server.manner = Manner::Greets;
        browser.tell(impatient, News::Impatient);
        browser.go_on_for(5_000.0);

        assert!(are_live(&browser));
    }
}

#[test]
fn nothing_piles_up_for_a_tab_that_is_stopped_and_it_loses_nothing() {
    let mut browser = Browser::default();
    browser.open_tab();
    browser.open_tab();
    browser.settle();
    let stopped = if browser.holder == Some(1) { 2 } else { 1 };

    browser.freeze(stopped);
    for _ in 0..50 {
        browser.server.happen();
    }
    browser.go_on_for(10_000.0);
    assert_eq!(browser.waiting_for(stopped), 0);
    browser.thaw(stopped);
    browser.go_on_for(1_000.0);

    assert!(are_live(&browser));
    for reader in &browser.readers {
        assert_eq!(*reader.heard.borrow(), browser.right_for(reader));
    }
}

#[test]
fn tabs_that_want_more_than_one_line_carries_keep_it_and_load_again_with_pauses_until_there_is_room() {
    let mut browser = Browser::default();
    for (tab, name) in [(1, "a"), (2, "b")] {
        browser.open_tab();
        browser.settle();
        let topics = (0..200).map(|number| Topic::Custom(format!("{name}{number}"))).collect();
        browser.follow_topics(tab, topics, browser.server.place(0));
    }
    browser.settle();

    let states: Vec<ConnectionState> = browser.tabs.values().map(|tab| tab.state(browser.now_ms)).collect();
    let loads: Vec<u32> = browser.readers.iter().map(|reader| reader.loads).collect();
    assert_eq!(states, [ConnectionState::Live, ConnectionState::Stale]);
    assert!(loads[..3] == [0; 3] && (10..=120).contains(&loads[3]), "{loads:?}");
    assert_eq!(browser.server.lines_counted, 1);

    browser.kill(1);
    browser.settle();
    assert!(are_live(&browser));
}
