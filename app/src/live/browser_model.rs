//! A browser with several tabs, without one: what is on its way is on its way until the rules let it arrive.

use std::collections::{BTreeMap, VecDeque};

use super::{
    connection::Input,
    followers::TopicWish,
    news::{Act, Moment, News},
    reader_model::Reader,
    recognition::Recognition,
    relay::Message,
    server_model::{Manner, Server},
    tab::Tab,
};

/// How often the timer of a page ticks.
const TICK_MS: f64 = 250.0;
/// How often, when it was not seen for long.
const HIDDEN_TICK_MS: f64 = 60_000.0;

#[derive(Default)]
pub(super) struct Browser {
    pub(super) tabs: BTreeMap<usize, Tab>,
    pub(super) frozen: Vec<usize>,
    /// Tabs that don't listen to the others.
    away: Vec<usize>,
    /// Tabs that nobody sees, and when their timers tick next.
    pub(super) hidden: BTreeMap<usize, f64>,
    opened: usize,
    /// By sender and receiver: a channel keeps the order of one sender, and no other.
    mail: BTreeMap<(usize, usize), VecDeque<Message>>,
    /// What the browser itself has to tell a tab.
    own: BTreeMap<usize, VecDeque<News>>,
    pub(super) holder: Option<usize>,
    queue: VecDeque<usize>,
    asked: VecDeque<(usize, String, TopicWish)>,
    pub(super) server: Server,
    pub(super) readers: Vec<Reader>,
    /// Whom the server takes the reader for, where that is somebody else than before.
    pub(super) recognized: Option<Recognition>,
    /// Tabs that left their page, and how.
    pub(super) left: BTreeMap<usize, Act>,
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
            Act::Open(topics, from) => {
                self.server.cut(number);
                self.server.open_line(number, topics, from);
            }
            Act::Close => drop(self.server.cut(number)),
            Act::Ask(id, wish) => self.asked.push_back((number, id, wish)),
            Act::Post(message) => {
                for other in self.tabs.keys().copied().filter(|other| *other != number && !self.away.contains(other)) {
                    self.mail.entry((number, other)).or_default().push_back(message.clone());
                }
            }
            Act::Join => self.away.retain(|away| *away != number),
            Act::Leave => {
                self.away.push(number);
                self.mail.retain(|(_, to), _| *to != number);
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
            Act::Recognize => {
                let recognition = self.recognized.unwrap_or(Recognition::Same);
                self.own.entry(number).or_default().push_back(News::Recognized(recognition));
            }
            Act::SignIn | Act::DrawAgain => {
                self.left.insert(number, act);
            }
        }
    }

    fn leave_lock(&mut self, number: usize) {
        self.queue.retain(|waiting| *waiting != number);
        // What was not said yet about a lock that is given back is not said any more.
        self.own.entry(number).or_default().retain(|news| matches!(news, News::Settled | News::Recognized(_)));
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

    /// The server gets a change of topics.
    pub(super) fn answer(&mut self) {
        if let Some((number, id, wish)) = self.asked.pop_front()
            && !self.server.change(number, &id, &wish)
        {
            self.tell(number, News::Unheard(id));
        }
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

    pub(super) fn kill(&mut self, number: usize) {
        self.tabs.remove(&number);
        self.hidden.remove(&number);
        self.server.cut(number);
        self.readers.retain(|reader| reader.tab != number);
        self.mail.retain(|(_, to), _| *to != number);
        self.asked.retain(|(by, ..)| *by != number);
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

    /// Nobody sees the tab any more.
    pub(super) fn hide(&mut self, number: usize) {
        self.hidden.insert(number, self.now_ms + HIDDEN_TICK_MS);
        self.tell(number, News::Browser(Input::Hidden));
    }

    /// Somebody looks at the tab.
    pub(super) fn look_at(&mut self, number: usize) {
        self.hidden.remove(&number);
        self.tell(number, News::Browser(Input::Woke));
    }

    /// Somebody looks at each of the tabs.
    pub(super) fn look_at_all(&mut self) {
        for number in self.hidden.keys().copied().collect::<Vec<_>>() {
            self.look_at(number);
        }
    }

    /// The line of a tab breaks, if it has one.
    pub(super) fn cut(&mut self, number: usize) {
        if self.server.cut(number) {
            self.tell(number, News::Browser(Input::Lost));
        }
    }

    /// The log is lost while the server was away, so nobody is told.
    pub(super) fn lose_log_and_lines(&mut self) {
        let holders = self.server.holders();
        for number in &holders {
            self.server.cut(*number);
        }
        self.server.lose_log();
        for number in holders {
            self.tell(number, News::Browser(Input::Lost));
        }
    }

    pub(super) fn mail_for(&mut self, number: usize, choice: usize) {
        let senders: Vec<_> = self.mail.iter().filter(|((_, to), mail)| *to == number && !mail.is_empty()).collect();
        let Some(((from, _), _)) = senders.get(choice % senders.len().max(1)).copied() else { return };
        let message = self.mail.get_mut(&(*from, number)).and_then(VecDeque::pop_front);
        self.tell(number, News::Heard(message.expect("it is not empty")));
    }

    pub(super) fn frame_for(&mut self, number: usize) {
        if let Some((id, json)) = self.server.deliver(number) {
            self.tell(number, News::Frame { id, json });
        }
    }

    pub(super) fn own_for(&mut self, number: usize) {
        if let Some(news) = self.own.get_mut(&number).and_then(VecDeque::pop_front) {
            self.tell(number, news);
        }
    }

    /// Messages that wait for a tab.
    pub(super) fn waiting_for(&self, number: usize) -> usize {
        self.mail.iter().filter(|((_, to), _)| *to == number).map(|(_, mail)| mail.len()).sum()
    }

    /// Whether anything is on its way.
    fn is_busy(&self) -> bool {
        let is_alive = |number: &usize| self.tabs.contains_key(number) && !self.frozen.contains(number);
        self.mail.iter().any(|((_, to), mail)| is_alive(to) && !mail.is_empty())
            || self.server.is_busy()
            || self.own.iter().any(|(to, news)| is_alive(to) && !news.is_empty())
            || self.loading().is_some()
            || !self.asked.is_empty()
    }

    /// Some time goes by, and a tab's timer ticks, if it is time for that.
    pub(super) fn tick(&mut self, number: usize, after_ms: f64) {
        self.now_ms += after_ms;
        if let Some(next_ms) = self.hidden.get_mut(&number) {
            if self.now_ms < *next_ms {
                return;
            }
            *next_ms = self.now_ms + HIDDEN_TICK_MS;
        }
        self.tell(number, News::Browser(Input::Tick));
    }

    /// The server is well, everything on its way arrives, and a minute goes by, in which somebody looks at a tab.
    pub(super) fn settle(&mut self) {
        self.server.manner = Manner::Greets;
        for number in self.frozen.clone() {
            self.thaw(number);
        }
        if let Some(number) = self.tabs.keys().next().copied()
            && self.hidden.len() == self.tabs.len()
        {
            self.look_at(number);
        }
        self.go_on_for(60_000.0);
    }

    /// Everything on its way arrives at once, for some time.
    pub(super) fn go_on_for(&mut self, duration_ms: f64) {
        let until_ms = self.now_ms + duration_ms;
        let mut round = 0;
        while self.now_ms < until_ms {
            if round % 20 == 0 {
                self.server.beat();
            }
            round += 1;
            let numbers: Vec<usize> =
                self.tabs.keys().copied().filter(|number| !self.frozen.contains(number)).collect();
            let mut patience = 10_000;
            while self.is_busy() {
                patience -= 1;
                assert!(patience > 0, "it never ends");
                for (choice, number) in numbers.iter().enumerate() {
                    self.own_for(*number);
                    self.mail_for(*number, choice);
                    self.frame_for(*number);
                    self.answer();
                    self.load();
                }
            }
            self.now_ms += TICK_MS;
            for number in numbers {
                self.tick(number, 0.0);
            }
        }
    }
}
