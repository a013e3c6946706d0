//! Tabs and a server, driven by chance: events come, tabs are opened, frozen, robbed of the lock and killed, lines break, messages and
//! frames are on their way for any time. Whatever happens, each follower is told every event after its snapshot, once and in order, and
//! when it is quiet all are live by one line of one leader.

use proptest::prelude::*;

use super::{
    ConnectionState,
    browser_model::{Browser, topic},
    connection::Input,
    news::News,
    tab::Role,
};

impl Browser {
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
            0 | 1 => self.happen(),
            2..=4 => self.mail_for(number, choice / 7),
            5 | 6 => self.frame_for(number),
            7 => self.answer(),
            8 => self.own_for(number),
            9 => self.tick(number, 250.0),
            10 => self.tick(number, 4_500.0),
            11 if self.tabs.len() < 7 => self.open_tab(),
            12 if choice.is_multiple_of(3) => self.kill(number),
            13 => self.freeze(number),
            14 if self.lines.remove(&number).is_some() => self.tell(number, News::Browser(Input::Lost)),
            15 => self.follow(number, (choice as u64) % 9),
            _ => {}
        }
    }

    fn tick(&mut self, number: usize, after_ms: f64) {
        self.now_ms += after_ms;
        self.tell(number, News::Browser(Input::Tick));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_becomes_of_the_tabs_each_follower_is_told_every_event_once_and_in_order(
        steps in prop::collection::vec((0..16_u8, 0..1_000_usize), 1..250)
    ) {
        let mut browser = Browser::default();
        browser.open_tab();
        for (kind, choice) in steps {
            browser.step(kind, choice);
        }

        browser.settle();
        browser.happen();
        browser.happen();
        browser.settle();

        for reader in &browser.readers {
            let right: Vec<u64> = (reader.from + 1..=browser.end).filter(|at| topic(*at) == reader.topic).collect();
            prop_assert_eq!(&*reader.heard.borrow(), &right, "tab {}", reader.tab);
        }
        for tab in browser.tabs.values() {
            prop_assert_eq!(tab.state(browser.now_ms), ConnectionState::Live);
        }
        let leaders = browser.tabs.values().filter(|tab| tab.role == Role::Leading).count();
        prop_assert_eq!((leaders, browser.lines.len()), (browser.tabs.len().min(1), browser.tabs.len().min(1)));
    }
}

#[test]
fn when_the_leader_is_closed_the_others_stay_live_and_lose_nothing() {
    let mut browser = Browser::default();
    for _ in 0..7 {
        browser.open_tab();
    }
    browser.settle();
    assert_eq!(browser.lines.len(), 1);
    let leader = browser.holder.expect("there is one");

    browser.happen();
    browser.kill(leader);
    browser.happen();
    browser.settle();

    assert_eq!(browser.lines.len(), 1);
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
    assert!(browser.lines.is_empty());
    browser.happen();
    browser.happen();
    browser.tell(tab, News::Browser(Input::Woke));
    browser.settle();

    assert_eq!(browser.lines.len(), 1);
    assert_eq!(*browser.readers[0].heard.borrow(), [2]);
}
