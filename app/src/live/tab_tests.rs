//! One tab, which has a line for itself.

use std::{cell::Cell, rc::Rc};

use super::{
    ConnectionState, Notice,
    connection::Input,
    news::{Act, Moment, News},
    tab::Tab,
};
use crate::events::{Connected, Cursor, Stamped, StreamEvent, Topic};

const EVENT: &str = r#"{"timestamp": 0, "type": "system_notification", "level": "info", "message": ""}"#;

fn cursor() -> Cursor {
    "e-5".parse().expect("a cursor")
}

/// A tab, and what it was told.
struct Told {
    tab: Tab,
    events: Rc<Cell<u32>>,
    resets: Rc<Cell<u32>>,
}

impl Told {
    /// A page of it follows the notices.
    fn live() -> Self {
        let mut told = Self { tab: Tab::alone(), events: Rc::default(), resets: Rc::default() };
        told.load();
        told.take(News::Browser(Input::Start), 0.0);
        let connected = StreamEvent::Connected(Connected {
            connection_id: "c".into(),
            cursor: cursor(),
            resumed: true,
            replayed: 0,
            heartbeat_ms: 15_000,
            server_version: String::new(),
            topics: vec![Topic::General],
        });
        let json = serde_json::to_string(&Stamped { timestamp: 0, event: connected }).expect("serialises");
        told.take(News::Frame { id: "e-5".into(), json }, 0.0);
        told
    }

    /// The page has its snapshot. Returns the number of its follower.
    fn load(&mut self) -> u64 {
        let (events, resets) = (Rc::clone(&self.events), Rc::clone(&self.resets));
        let on_notice = move |notice| match notice {
            Notice::Event(_) => events.set(events.get() + 1),
            Notice::Reset => resets.set(resets.get() + 1),
        };
        self.tab.followers.add(vec![Topic::General], cursor(), Rc::new(on_notice))
    }

    fn take(&mut self, news: News, now_ms: f64) -> Vec<Act> {
        let (acts, told) = self.tab.take(news, Moment { now_ms, wall_ms: now_ms, chance: 0.5 });
        for (on_notice, notice) in told {
            on_notice(notice);
        }
        acts
    }

    fn frame(&mut self, id: &str, json: &str, now_ms: f64) {
        self.take(News::Frame { id: id.into(), json: json.into() }, now_ms);
    }
}

#[test]
fn a_frame_that_this_build_cannot_read_is_never_passed_over() {
    for (id, json) in [
        ("e-6", r#"{"timestamp": 0, "type": "tea_time"}"#),
        ("e-6", r#"{"timestamp": 0, "type": "system_notification", "level": "apocalyptic", "message": ""}"#),
        ("6th of e", EVENT),
        ("e-6", "tea"),
    ] {
        let mut told = Told::live();
        assert_eq!(told.tab.state(100.0), ConnectionState::Live);

        told.frame(id, json, 200.0);
        told.frame("e-7", EVENT, 300.0);
        assert_eq!(told.tab.state(300.0), ConnectionState::Stale, "{json}");
        told.take(News::Browser(Input::Tick), 4_200.0);

        assert_eq!((told.events.get(), told.resets.get()), (0, 1), "{json}");
    }
}

#[test]
fn a_page_does_not_load_as_fast_as_unreadable_frames_come() {
    let mut told = Told::live();
    let mut number = 1;

    for round in 1..=1_000 {
        let now_ms = f64::from(round) * 20.0;
        let resets = told.resets.get();
        told.frame("e-6", "tea", now_ms);
        told.take(News::Browser(Input::Tick), now_ms);
        if told.resets.get() > resets {
            told.tab.followers.remove(number);
            number = told.load();
        }
    }

    assert!((5..=40).contains(&told.resets.get()), "{} times in 20 s", told.resets.get());
}

#[test]
fn a_reader_without_a_network_who_does_not_want_to_wait_opens_one_line() {
    let mut told = Told::live();
    told.take(News::Browser(Input::WentOffline), 100.0);

    let acts = told.take(News::Impatient, 200.0);

    assert_eq!(acts.iter().filter(|act| matches!(act, Act::Open(..))).count(), 1);
}
