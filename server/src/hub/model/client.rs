//! A client that knows what it has to be given next, and checks each frame against that.

use std::{collections::BTreeSet, future::poll_fn, sync::Arc, time::Duration};

use app::events::{Cursor, ResetReason, Topic};
use serde_json::Value;
use tokio::time::timeout;

use super::script::{Script, topics_of};
use crate::hub::{Encoding, Feed, Hub, Opening, Poured, Scratch, Transport, UserKey};

/// Longer than anything takes that needs no news.
const QUIET: Duration = Duration::from_secs(30);

pub(crate) struct Client {
    feed: Feed,
    topics: BTreeSet<Topic>,
    /// Up to here it has everything.
    place: Cursor,
    change: Option<Change>,
}

/// A change that was asked for and not confirmed.
struct Change {
    added: BTreeSet<Topic>,
    wanted: BTreeSet<Topic>,
    /// Up to here the added topics are told; `None` when they begin with the change.
    told: Option<Cursor>,
    /// A reset that came meanwhile. If the change was on its way already it tells from here on; else from where it was to.
    reset: Option<Cursor>,
}

impl Change {
    /// Whether an event, or the end of what was missed, may come now.
    fn may_go_on(&mut self, script: &Script, is_right: impl Fn(Option<Cursor>) -> bool) -> bool {
        let Some(told) = self.told.clone() else { return false };
        if !script.is_of_now(&told) || is_right(script.next(&told, &self.added)) {
            return true;
        }
        let Some(reset) = self.reset.take() else { return false };
        self.told = Some(reset.clone());
        !script.is_of_now(&reset) || is_right(script.next(&reset, &self.added))
    }
}

impl Client {
    pub(crate) async fn connect(hub: &Arc<Hub>, script: &Script, topics: u8) -> Self {
        Self::open(hub, script, topics_of(topics), None).await
    }

    /// Goes, and comes back with the last cursor that it has.
    pub(crate) async fn come_back(self, hub: &Arc<Hub>, script: &Script) -> Self {
        let Self { feed, topics, place, .. } = self;
        drop(feed);
        Self::open(hub, script, topics, Some(place)).await
    }

    pub(super) async fn open(hub: &Arc<Hub>, script: &Script, topics: BTreeSet<Topic>, resume: Option<Cursor>) -> Self {
        let opening = Opening {
            user: UserKey("model".into()),
            credential: None,
            transport: Transport::WebSocket,
            encoding: Encoding::Json,
            topics: topics.clone(),
            resume: resume.clone().map(Ok),
        };
        let mut feed = hub.open(opening).await.expect("opened");
        let mut scratch = Scratch::default();
        assert_eq!(poll_fn(|cx| feed.poll_pour(cx, &mut scratch)).await, Poured::Frames);
        let mut frames = scratch.take_each().into_iter().map(|frame| serde_json::from_slice(&frame).expect("JSON"));
        let greeting: Value = frames.next().expect("a greeting");
        assert_eq!(greeting["type"], "connected");
        let place = cursor(&greeting);
        if greeting["resumed"] == true {
            assert_eq!(Some(&place), resume.as_ref(), "it goes on where the client was");
        }
        script.follow().await;
        let mut client = Self { feed, topics, place, change: None };
        let mut is_excused = greeting["resumed"] == true || resume.is_none();
        for frame in frames {
            if !is_excused && frame["type"] == "reset" {
                is_excused = true;
                assert!(resume.as_ref().is_some_and(|place| script.may_be_lost(place)), "reset for no reason");
                client.place = cursor(&frame);
            } else {
                client.take(&frame, script);
            }
        }
        assert!(is_excused, "what was missed is neither told nor given up");
        client
    }

    /// Asks for other topics, unless the last change is under way still.
    pub(crate) fn change(&mut self, hub: &Arc<Hub>, add: u8, remove: u8, from: Option<Cursor>) {
        if self.change.is_some() {
            return;
        }
        let (added, removed) = (topics_of(add), topics_of(remove));
        let wanted = self.topics.difference(&removed).chain(&added).cloned().collect();
        let told = from.clone().filter(|_| !added.is_empty());
        self.change = Some(Change { added: added.clone(), wanted, told, reset: None });
        let (hub, id) = (Arc::clone(hub), self.feed.connection_id().to_owned());
        tokio::spawn(async move {
            let topics = (added.into_iter().collect(), removed.into_iter().collect());
            // The client may go before it is answered.
            let _ = hub.change(&UserKey("model".into()), &id, topics, from).await;
        });
    }

    /// Takes what leaves at once, if anything does.
    pub(crate) async fn read_once(&mut self, script: &Script) -> bool {
        let mut scratch = Scratch::default();
        let poured = timeout(QUIET, poll_fn(|cx| self.feed.poll_pour(cx, &mut scratch))).await;
        let Ok(poured) = poured else { return false };
        assert_eq!(poured, Poured::Frames);
        script.follow().await;
        for frame in scratch.take_each() {
            self.take(&serde_json::from_slice(&frame).expect("JSON"), script);
        }
        true
    }

    /// Whether something has to come: an event, the word about a change, or that about a log that was lost.
    pub(crate) fn is_owed(&self, script: &Script) -> bool {
        let is_even = script.is_of_now(&self.place) && script.next(&self.place, &self.topics).is_none();
        self.change.is_some() || !is_even
    }

    /// Takes everything; nothing may be left.
    pub(super) async fn read_all(&mut self, script: &Script) {
        while self.read_once(script).await {}
        assert!(self.change.is_none(), "a change was never confirmed");
        assert!(script.is_of_now(&self.place), "a lost log was never told of");
        assert_eq!(script.next(&self.place, &self.topics), None, "an event is missing");
    }

    fn take(&mut self, frame: &Value, script: &Script) {
        let at = cursor(frame);
        match frame["type"].as_str().expect("a type") {
            "reset" => self.take_reset(frame, at, script),
            "subscribed" | "unsubscribed" => {
                let mut change = self.change.take().expect("a change was asked for");
                let is_whole = |next: Option<Cursor>| next.is_none_or(|next| next.is_after(&at));
                assert!(change.told.is_none() || change.may_go_on(script, is_whole), "what was missed is incomplete");
                let told: BTreeSet<Topic> = serde_json::from_value(frame["topics"].clone()).expect("topics");
                assert_eq!(told, change.wanted);
                self.pass(&at, script);
                self.topics = change.wanted;
            }
            _ if at.is_after(&self.place) && self.is_next(&at, script) => self.place = at,
            _ => {
                assert!(!self.is_passed_over_by(&at, script), "an event was passed over");
                let change = self.change.as_mut().expect("an event came twice, or is not wanted");
                let is_next = |next: Option<Cursor>| next.as_ref() == Some(&at);
                assert!(change.may_go_on(script, is_next), "out of turn among what was missed");
                change.told = Some(at);
            }
        }
    }

    /// Whether an event is the next one of the topics that are listened to. What a lost log had can't be checked any more.
    fn is_next(&self, at: &Cursor, script: &Script) -> bool {
        !script.is_of_now(&self.place) || script.next(&self.place, &self.topics).as_ref() == Some(at)
    }

    /// Whether something of the topics that are listened to comes before a place and is not told.
    fn is_passed_over_by(&self, at: &Cursor, script: &Script) -> bool {
        script.next(&self.place, &self.topics).is_some_and(|next| !next.is_after(at))
    }

    /// Everything up to a place is told.
    fn pass(&mut self, at: &Cursor, script: &Script) {
        assert!(!self.is_passed_over_by(at, script), "an event was passed over");
        self.place = at.clone();
    }

    fn take_reset(&mut self, frame: &Value, at: Cursor, script: &Script) {
        let reason: ResetReason = serde_json::from_value(frame["reason"].clone()).expect("a reason");
        let told = self.change.as_ref().and_then(|change| change.told.as_ref());
        let is_excused = told.is_some_and(|told| script.may_be_lost(told)) || script.may_be_lost(&self.place);
        assert!(is_excused, "reset for no reason: {reason:?}");
        // It stands for everything up to there.
        if let Some(change) = &mut self.change {
            change.reset = Some(at.clone());
        }
        self.place = at;
    }
}

fn cursor(frame: &Value) -> Cursor {
    frame["id"].as_str().expect("an id").parse().expect("a cursor")
}
