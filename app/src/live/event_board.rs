//! The latest events, newest first, as their page shows them: what came since waits until it may be shown.
//!
//! Nothing here grows without end: the list and what waits keep the newest. What they let go is in the log, one step back.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use crate::{
    domain::{EventPage, LoggedEvent, Sieve, Snapshot},
    events::{Cursor, Envelope, Stamped, Topic},
};

/// Events in the list at most, and as many may wait.
pub const MOST_LINES: usize = 2_000;

/// An event, as a line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// Its place in the log.
    pub cursor: Cursor,
    /// When it was written, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its type on the wire.
    pub kind: String,
    /// The topics that it was told to, the most specific first. Of a type that this build does not know, none.
    pub topics: Vec<Topic>,
    /// Its JSON.
    pub json: String,
}

impl From<LoggedEvent> for EventLine {
    fn from(LoggedEvent { cursor, json }: LoggedEvent) -> Self {
        let value: Value = serde_json::from_str(&json).unwrap_or_default();
        let topics = serde_json::from_str::<Stamped>(&json).map(|stamped| stamped.event.topics());
        Self {
            cursor,
            at_ms: value["timestamp"].as_i64().unwrap_or_default(),
            kind: value["type"].as_str().unwrap_or("unknown").to_owned(),
            topics: topics.unwrap_or_default(),
            json,
        }
    }
}

/// What came since, and is not in the list yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Events that wait.
    pub count: u64,
    /// Events that came before them and were let go: they are in the log only.
    pub let_go: u64,
}

/// The list.
#[derive(Clone, Debug, PartialEq)]
pub struct EventBoard {
    lines: VecDeque<Arc<EventLine>>,
    waiting: VecDeque<Arc<EventLine>>,
    let_go: u64,
    /// What the server said of what is before its page.
    older: Option<Cursor>,
    /// Whether lines of the list were let go, so that there is more before it in any case.
    is_cut: bool,
    cursor: Cursor,
    sieve: Sieve,
}

impl EventBoard {
    /// What the server gave, and what else belongs there.
    pub fn new(snapshot: Snapshot<EventPage>, sieve: Sieve) -> Self {
        let EventPage { items, older, .. } = snapshot.data;
        let lines: VecDeque<_> = items.into_iter().map(|event| Arc::new(EventLine::from(event))).collect();
        // Some may have come after the snapshot's place was noted: they come again, and are known.
        let cursor = match lines.front() {
            Some(newest) if newest.cursor.is_after(&snapshot.cursor) => newest.cursor.clone(),
            _ => snapshot.cursor,
        };
        Self { lines, waiting: VecDeque::new(), let_go: 0, older, is_cut: false, cursor, sieve }
    }

    /// Takes an event in; it waits. Returns whether it does: what is not newer than the board or was not asked for is not taken.
    pub fn take(&mut self, envelope: &Envelope) -> bool {
        if !envelope.cursor.is_after(&self.cursor) {
            return false;
        }
        self.cursor = envelope.cursor.clone();
        let Ok(json) = serde_json::to_string(&envelope.stamped) else { return false };
        if !self.sieve.lets_pass(&envelope.stamped.event, &json) {
            return false;
        }
        self.waiting.push_front(Arc::new(EventLine {
            cursor: envelope.cursor.clone(),
            at_ms: envelope.stamped.timestamp,
            kind: envelope.stamped.event.type_name().to_owned(),
            topics: envelope.stamped.event.topics(),
            json,
        }));
        if self.waiting.len() > MOST_LINES {
            self.waiting.pop_back();
            self.let_go += 1;
        }
        true
    }

    /// Puts what waits into the list.
    pub fn show(&mut self) {
        while let Some(line) = self.waiting.pop_back() {
            self.lines.push_front(line);
        }
        self.is_cut |= self.let_go > 0 || self.lines.len() > MOST_LINES;
        self.lines.truncate(MOST_LINES);
        self.let_go = 0;
    }

    /// The list, newest first.
    pub fn lines(&self) -> Vec<Arc<EventLine>> {
        self.lines.iter().cloned().collect()
    }

    /// What is not in the list yet.
    pub fn waiting(&self) -> Waiting {
        Waiting { count: self.waiting.len() as u64, let_go: self.let_go }
    }

    /// From where older events are read; `None` where the log begins with the last line.
    pub fn older(&self) -> Option<Cursor> {
        if self.is_cut { self.lines.back().map(|line| line.cursor.clone()) } else { self.older.clone() }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::{
        domain::EventQuery,
        events::{Custom, Event, Position},
    };

    fn told(number: u64) -> Envelope {
        let event = Event::Custom(Custom { topic: Topic::Custom("shop".into()), data: json!({"order": number}) });
        let cursor = Cursor { epoch: "e".into(), position: Position::single(number) };
        Envelope { cursor, stamped: Stamped { timestamp: 1_000, event } }
    }

    /// A page that the server gave when the log ended at `end`, with the events up to `last`.
    fn board(end: u64, last: u64, query: &EventQuery) -> EventBoard {
        let logged = |number| {
            let Envelope { cursor, stamped } = told(number);
            LoggedEvent { cursor, json: serde_json::to_string(&stamped).expect("serialises") }
        };
        let items = (1..=last).rev().map(logged).collect();
        let data = EventPage { items, older: None, topics: Vec::new() };
        let snapshot = Snapshot { cursor: told(end).cursor, taken_at: Timestamp::UNIX_EPOCH, data };
        EventBoard::new(snapshot, Sieve::of(query).expect("can be"))
    }

    fn numbers(board: &EventBoard) -> Vec<u64> {
        board.lines().iter().map(|line| line.cursor.position.major).collect()
    }

    #[test]
    fn what_came_waits_until_it_is_shown_in_order_and_once() {
        let mut board = board(2, 3, &EventQuery::default());

        // The third came between the snapshot's place and its data.
        assert!(!board.take(&told(3)));
        assert!(board.take(&told(4)) && board.take(&told(5)) && !board.take(&told(4)));

        assert_eq!((numbers(&board), board.waiting()), (vec![3, 2, 1], Waiting { count: 2, let_go: 0 }));
        board.show();
        assert_eq!((numbers(&board), board.waiting()), (vec![5, 4, 3, 2, 1], Waiting::default()));
        assert_eq!(board.older(), None);
    }

    #[test]
    fn a_line_has_what_its_event_has_whichever_way_it_came() {
        let mut board = board(1, 1, &EventQuery::default());
        board.take(&told(2));
        board.show();

        let [came, given] = &*board.lines() else { panic!("two lines") };

        assert_eq!((&came.kind, &came.topics, came.at_ms), (&given.kind, &given.topics, given.at_ms));
        assert_eq!(came.json.replace(":2}", ":1}"), given.json);
    }

    #[test]
    fn what_was_not_asked_for_does_not_wait() {
        let query = EventQuery { text: Some("\"order\":7".into()), ..EventQuery::default() };
        let mut board = board(0, 0, &query);

        let taken = (1..=20).filter(|number| board.take(&told(*number))).collect::<Vec<_>>();

        assert_eq!(taken, [7]);
    }

    #[test]
    fn the_list_and_what_waits_keep_the_newest_and_say_what_they_let_go() {
        let most = MOST_LINES as u64;
        let mut board = board(3, 3, &EventQuery::default());
        for number in 4..=(3 + most + 5) {
            board.take(&told(number));
        }

        assert_eq!(board.waiting(), Waiting { count: most, let_go: 5 });
        assert_eq!(numbers(&board), [3, 2, 1]);
        board.show();

        let newest = 3 + most + 5;
        assert_eq!(numbers(&board), (newest - most + 1..=newest).rev().collect::<Vec<_>>());
        assert_eq!(board.older(), Some(told(newest - most + 1).cursor));
    }

    #[test]
    fn an_event_of_a_type_that_nobody_here_knows_keeps_its_name() {
        let json = r#"{"type":"tea_time","timestamp":5}"#.to_owned();

        let line = EventLine::from(LoggedEvent { cursor: told(1).cursor, json });

        assert_eq!((line.kind.as_str(), line.at_ms, line.topics.len()), ("tea_time", 5, 0));
    }
}
