//! A browser with several tabs, and a server, without either: what is on its way is on its way until the rules let it arrive.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use super::{
    Notice,
    connection::Input,
    followers::TopicWish,
    news::{Act, Moment, News},
    relay::Message,
    tab::Tab,
};
use crate::events::{Connected, Cursor, Custom, Event, Stamped, StreamEvent, Topic};

pub(super) fn topic(number: u64) -> Topic {
    Topic::Custom(["one", "two"][usize::from(number.is_multiple_of(2))].into())
}

fn cursor(position: u64) -> Cursor {
    format!("e-{position}").parse().expect("a cursor")
}

fn frame<E: serde::Serialize>(position: u64, event: E) -> (String, String) {
    (cursor(position).to_string(), serde_json::to_string(&Stamped { timestamp: 0, event }).expect("serialises"))
}

/// A follower: whose, of what, from where on, and what it was told.
pub(super) struct Reader {
    pub(super) tab: usize,
    pub(super) topic: Topic,
    pub(super) from: u64,
    pub(super) heard: Rc<RefCell<Vec<u64>>>,
}

pub(super) struct Line {
    id: String,
    topics: Vec<Topic>,
    frames: VecDeque<(String, String)>,
}

#[derive(Default)]
pub(super) struct Browser {
    pub(super) tabs: BTreeMap<usize, Tab>,
    pub(super) frozen: Vec<usize>,
    opened: usize,
    /// By sender and receiver: a channel keeps the order of one sender, and no other.
    mail: BTreeMap<(usize, usize), VecDeque<Message>>,
    /// What the browser itself has to tell a tab.
    own: BTreeMap<usize, VecDeque<News>>,
    pub(super) holder: Option<usize>,
    queue: VecDeque<usize>,
    pub(super) lines: BTreeMap<usize, Line>,
    lines_counted: u64,
    asked: VecDeque<(usize, String, TopicWish)>,
    /// The log ends here; each position is an event.
    pub(super) end: u64,
    pub(super) readers: Vec<Reader>,
    pub(super) now_ms: f64,
}

impl Browser {
    pub(super) fn tell(&mut self, number: usize, news: News) {
        let at = Moment { now_ms: self.now_ms, wall_ms: self.now_ms, chance: 0.5 };
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        let (acts, told) = tab.take(news, at);
        for (on_notice, notice) in told {
            on_notice(notice);
        }
        for act in acts {
            self.perform(number, act);
        }
    }

    fn perform(&mut self, number: usize, act: Act) {
        match act {
            Act::Open(topics, from) => self.open_line(number, topics, from),
            Act::Close => drop(self.lines.remove(&number)),
            Act::Ask(id, wish) => self.asked.push_back((number, id, wish)),
            Act::Post(message) => {
                for other in self.tabs.keys().copied().filter(|other| *other != number && !self.frozen.contains(other))
                {
                    self.mail.entry((number, other)).or_default().push_back(message.clone());
                }
            }
            Act::Queue => {
                self.leave_lock(number);
                self.queue.push_back(number);
                self.grant();
            }
            Act::Steal => {
                self.queue.retain(|waiting| *waiting != number);
                if let Some(robbed) = self.holder.replace(number) {
                    self.own.entry(robbed).or_default().push_back(News::Stolen);
                }
                self.own.entry(number).or_default().push_back(News::Granted);
            }
            Act::Release => self.leave_lock(number),
            Act::Settle => self.own.entry(number).or_default().push_back(News::Settled),
        }
    }

    fn leave_lock(&mut self, number: usize) {
        self.queue.retain(|waiting| *waiting != number);
        // What was not said yet about a lock that is given back is not said any more.
        self.own.entry(number).or_default().retain(|news| *news == News::Settled);
        if self.holder == Some(number) {
            self.holder = None;
            self.grant();
        }
    }

    fn grant(&mut self) {
        if self.holder.is_none()
            && let Some(next) = self.queue.pop_front()
        {
            self.holder = Some(next);
            self.own.entry(next).or_default().push_back(News::Granted);
        }
    }

    fn open_line(&mut self, number: usize, topics: Vec<Topic>, from: Option<Cursor>) {
        self.lines_counted += 1;
        let id = format!("line {}", self.lines_counted);
        let from = from.map_or(self.end, |from| from.position.major);
        let connected = StreamEvent::Connected(Connected {
            connection_id: id.clone(),
            cursor: cursor(from),
            resumed: true,
            replayed: 0,
            heartbeat_ms: 15_000,
            server_version: String::new(),
            topics: topics.clone(),
        });
        let frames = VecDeque::from([frame(from, connected)]);
        self.lines.insert(number, Line { id, topics: topics.clone(), frames });
        self.send(number, &topics, from);
    }

    /// Sends what happened on some topics after a place.
    fn send(&mut self, number: usize, topics: &[Topic], after: u64) {
        let Some(line) = self.lines.get_mut(&number) else { return };
        for position in (after + 1..=self.end).filter(|position| topics.contains(&topic(*position))) {
            let data = serde_json::Value::Null;
            line.frames.push_back(frame(position, Event::Custom(Custom { topic: topic(position), data })));
        }
    }

    pub(super) fn happen(&mut self) {
        self.end += 1;
        for number in self.lines.keys().copied().collect::<Vec<_>>() {
            let topics = self.lines[&number].topics.clone();
            self.send(number, &topics, self.end - 1);
        }
    }

    pub(super) fn answer(&mut self) {
        let Some((number, id, wish)) = self.asked.pop_front() else { return };
        if self.lines.get(&number).is_none_or(|line| line.id != id) {
            return self.tell(number, News::Unheard(id));
        }
        if let Some(from) = wish.from {
            self.send(number, &wish.add, from.position.major);
        }
        let line = self.lines.get_mut(&number).expect("it was there");
        line.topics.retain(|topic| !wish.remove.contains(topic));
        line.topics.extend(wish.add.iter().cloned());
        let topics = line.topics.clone();
        let word = if wish.add.is_empty() && !wish.remove.is_empty() {
            StreamEvent::Unsubscribed { topics }
        } else {
            StreamEvent::Subscribed { topics }
        };
        line.frames.push_back(frame(self.end, word));
    }

    pub(super) fn open_tab(&mut self) {
        let mut tab = Tab::alone();
        tab.share((self.opened + 1).to_string());
        self.open(tab);
    }

    /// Opens one in a browser where tabs can't share.
    pub(super) fn open_tab_alone(&mut self) {
        self.open(Tab::alone());
    }

    fn open(&mut self, tab: Tab) {
        self.opened += 1;
        self.tabs.insert(self.opened, tab);
        self.follow(self.opened, 0);
        self.tell(self.opened, News::Browser(Input::Start));
    }

    pub(super) fn follow(&mut self, number: usize, back: u64) {
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        let heard = Rc::new(RefCell::new(Vec::new()));
        let (from, topic, own) = (self.end.saturating_sub(back), topic(back), Rc::clone(&heard));
        let on_notice = move |notice| match notice {
            Notice::Event(event) => own.borrow_mut().push(event.cursor.position.major),
            Notice::Reset => unreachable!("the log is whole"),
        };
        tab.followers.add(vec![topic.clone()], cursor(from), Rc::new(on_notice));
        self.readers.push(Reader { tab: number, topic, from, heard });
        self.tell(number, News::Wanted);
    }

    pub(super) fn kill(&mut self, number: usize) {
        self.tabs.remove(&number);
        self.lines.remove(&number);
        self.readers.retain(|reader| reader.tab != number);
        self.mail.retain(|(_, to), _| *to != number);
        self.leave_lock(number);
        self.own.remove(&number);
    }

    pub(super) fn freeze(&mut self, number: usize) {
        self.tell(number, News::Browser(Input::Freeze));
        self.frozen.push(number);
    }

    pub(super) fn thaw(&mut self, number: usize) {
        self.frozen.retain(|frozen| *frozen != number);
        self.tell(number, News::Browser(Input::Woke));
    }

    pub(super) fn mail_for(&mut self, number: usize, choice: usize) {
        let senders: Vec<_> = self.mail.iter().filter(|((_, to), mail)| *to == number && !mail.is_empty()).collect();
        let Some(((from, _), _)) = senders.get(choice % senders.len().max(1)).copied() else { return };
        let message = self.mail.get_mut(&(*from, number)).and_then(VecDeque::pop_front);
        self.tell(number, News::Heard(message.expect("it is not empty")));
    }

    pub(super) fn frame_for(&mut self, number: usize) {
        if let Some((id, json)) = self.lines.get_mut(&number).and_then(|line| line.frames.pop_front()) {
            self.tell(number, News::Frame { id, json });
        }
    }

    pub(super) fn own_for(&mut self, number: usize) {
        if let Some(news) = self.own.get_mut(&number).and_then(VecDeque::pop_front) {
            self.tell(number, news);
        }
    }

    /// The server proves that the lines are whole.
    fn beat(&mut self) {
        for line in self.lines.values_mut() {
            line.frames.push_back(frame(self.end, StreamEvent::Heartbeat { cursor: cursor(self.end) }));
        }
    }

    /// Whether anything is on its way.
    fn is_busy(&self) -> bool {
        let is_alive = |number: &usize| self.tabs.contains_key(number);
        self.mail.iter().any(|((_, to), mail)| is_alive(to) && !mail.is_empty())
            || self.lines.values().any(|line| !line.frames.is_empty())
            || self.own.iter().any(|(to, news)| is_alive(to) && !news.is_empty())
            || !self.asked.is_empty()
    }

    /// Everything on its way arrives, and a minute goes by.
    pub(super) fn settle(&mut self) {
        for number in self.frozen.clone() {
            self.thaw(number);
        }
        for round in 0..240 {
            if round % 20 == 0 {
                self.beat();
            }
            let numbers: Vec<usize> = self.tabs.keys().copied().collect();
            while self.is_busy() {
                for (choice, number) in numbers.iter().enumerate() {
                    self.own_for(*number);
                    self.mail_for(*number, choice);
                    self.frame_for(*number);
                    self.answer();
                }
            }
            self.now_ms += 250.0;
            for number in numbers {
                self.tell(number, News::Browser(Input::Tick));
            }
        }
    }
}
