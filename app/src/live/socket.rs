//! The only `EventSource` of the tab, and the browser's signs of trouble. The thin shell around
//! `connection`: it decides nothing. On the server nothing of it exists.

#[cfg(feature = "hydrate")]
pub(super) use in_browser::{follow, keep_trying, start};
#[cfg(not(feature = "hydrate"))]
pub(super) use on_server::{follow, keep_trying, start};

#[cfg(feature = "hydrate")]
mod in_browser {
    use std::{
        cell::{Cell, RefCell},
        rc::Rc,
        time::Duration,
    };

    use gloo_net::http::Request;
    use leptos::prelude::*;
    use serde::Serialize;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{AbortController, EventSource, MessageEvent, VisibilityState};

    use crate::{
        events::{Cursor, Envelope, Event, Stamped, StreamEvent, Topic},
        live::{
            Live, Notice,
            connection::{Connection, Input, Order},
            followers::{Followers, OnNotice, TopicWish},
        },
    };

    /// How often silence is looked at.
    const TICK: Duration = Duration::from_millis(250);
    /// How long a change of topics may take. The server itself gives up after five seconds.
    const CHANGE_LIMIT: Duration = Duration::from_secs(8);

    /// An open line. Dropping it closes it.
    struct Line {
        source: EventSource,
        _on_message: Closure<dyn Fn(MessageEvent)>,
        _on_error: Closure<dyn Fn()>,
    }

    impl Drop for Line {
        fn drop(&mut self) {
            self.source.set_onmessage(None);
            self.source.set_onerror(None);
            self.source.close();
        }
    }

    thread_local! {
        static LINE: RefCell<Option<Line>> = const { RefCell::new(None) };
        static CONNECTION: RefCell<Connection> = RefCell::new(Connection::default());
        static ASKING: Cell<bool> = const { Cell::new(false) };
        static FOLLOWERS: RefCell<Followers> = RefCell::new(Followers::default());
    }

    /// Works on the followers. None of them is called meanwhile: it may well come back here.
    fn with<R>(work: impl FnOnce(&mut Followers) -> R) -> R {
        FOLLOWERS.with_borrow_mut(work)
    }

    /// Takes a follower in until the owner of the call is cleaned up.
    pub(in crate::live) fn follow(live: Live, topics: Vec<Topic>, from: Cursor, on_notice: OnNotice) {
        let number = with(|followers| followers.add(topics, from, on_notice));
        topics_changed(live);
        on_cleanup(move || {
            with(|followers| followers.remove(number));
            topics_changed(live);
        });
    }

    /// Takes somebody in who is lost from the start, until the owner of the call is cleaned up.
    pub(in crate::live) fn keep_trying(live: Live, on_notice: OnNotice) {
        let number = with(|followers| followers.add_lost(now_ms(), js_sys::Math::random(), on_notice));
        show(live);
        on_cleanup(move || with(|followers| followers.remove(number)));
    }

    /// Milliseconds by a clock that never goes back.
    fn now_ms() -> f64 {
        window().performance().map_or_else(js_sys::Date::now, |clock| clock.now())
    }

    /// Takes one input, does what it orders, and shows the state that it led to.
    fn step(live: Live, input: Input) {
        let now_ms = now_ms();
        let order = CONNECTION.with_borrow_mut(|connection| connection.step(input, now_ms, js_sys::Math::random()));
        match order {
            Some(Order::Open) => open(live),
            Some(Order::Close) => close(),
            None => {}
        }
        show(live);
    }

    /// Shows the state as it is now.
    fn show(live: Live) {
        let of_connection = CONNECTION.with_borrow(|connection| connection.state(now_ms()));
        let state = with(|followers| followers.state(of_connection));
        if live.state.try_get_untracked().is_some_and(|shown| shown != state) {
            live.state.set(state);
        }
    }

    /// Connects, and listens to the browser's signs of trouble for as long as the tab lives.
    pub(in crate::live) fn start(live: Live) {
        on_window("online", live, || Input::WentOnline);
        on_window("offline", live, || Input::WentOffline);
        on_window("pageshow", live, || Input::Woke);
        let woke = move || {
            if document().visibility_state() == VisibilityState::Visible {
                step(live, Input::Woke);
            }
        };
        let listener = Closure::<dyn Fn()>::new(woke).into_js_value();
        // A listener of a document that is there can't be refused.
        let _ = document().add_event_listener_with_callback("visibilitychange", listener.unchecked_ref());
        let tick = move || {
            step(live, Input::Tick);
            tell(with(|followers| followers.overdue(now_ms(), js_sys::Math::random())), &Notice::Reset);
        };
        set_interval(tick, TICK);
        // After the pages' own effects, so that the first line carries their topics.
        set_timeout(move || step(live, Input::Start), Duration::ZERO);
    }

    fn on_window(event: &'static str, live: Live, input: fn() -> Input) {
        let listener = Closure::<dyn Fn()>::new(move || step(live, input())).into_js_value();
        let _ = window().add_event_listener_with_callback(event, listener.unchecked_ref());
    }

    /// Takes one frame: its id and its JSON.
    fn receive(live: Live, id: &str, json: &str) {
        let Ok(cursor) = id.parse::<Cursor>() else { return };
        if let Ok(Stamped { event, .. }) = serde_json::from_str::<Stamped<StreamEvent>>(json) {
            about_stream(live, event);
            with(|followers| followers.pass(&cursor));
            return;
        }
        step(live, Input::Frame);
        let Ok(stamped) = serde_json::from_str::<Stamped>(json) else { return };
        with(|followers| followers.pass(&cursor));
        // A newer server speaks of something that this build can't draw.
        if stamped.event == Event::Unknown {
            return lose(live);
        }
        let told = with(|followers| followers.listeners(&stamped.event));
        tell(told, &Notice::Event(Rc::new(Envelope { cursor, stamped })));
    }

    fn tell(followers: Vec<OnNotice>, notice: &Notice) {
        for on_notice in followers {
            on_notice(notice.clone());
        }
    }

    /// Something may have been missed: every page has to load its snapshot again.
    fn lose(live: Live) {
        let told = with(|followers| followers.lose(now_ms(), js_sys::Math::random()));
        show(live);
        tell(told, &Notice::Reset);
    }

    fn about_stream(live: Live, event: StreamEvent) {
        match event {
            StreamEvent::Connected(connected) => {
                step(live, Input::Connected { heartbeat_ms: connected.heartbeat_ms });
                with(|followers| followers.connect(connected.connection_id));
                // Pages may have come and gone while the line was being opened.
                topics_changed(live);
            }
            StreamEvent::Subscribed { .. } | StreamEvent::Unsubscribed { .. } => {
                step(live, Input::Frame);
                with(Followers::served);
            }
            StreamEvent::Heartbeat { .. } => step(live, Input::Frame),
            StreamEvent::Reset { .. } => {
                step(live, Input::Frame);
                lose(live);
            }
            StreamEvent::Rejected { .. } | StreamEvent::Bye { .. } => step(live, Input::Lost),
        }
    }

    /// Opens a line for all that is wanted now, from where the slowest follower is.
    fn open(live: Live) {
        close();
        let (topics, cursor) = with(Followers::line_up);
        let Ok(source) = EventSource::new(&address(&topics, cursor.as_ref())) else {
            step(live, Input::Lost);
            return;
        };
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            if let Some(json) = message.data().as_string() {
                receive(live, &message.last_event_id(), &json);
            }
        });
        let on_error = Closure::<dyn Fn()>::new(move || step(live, Input::Lost));
        source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        LINE.set(Some(Line { source, _on_message: on_message, _on_error: on_error }));
    }

    /// Drops the line. A line is dropped from within its own callbacks too, so its closures are let go a moment later.
    fn close() {
        with(Followers::disconnect);
        // A request about the line that is gone may hang for minutes; the next line does not wait for it.
        ASKING.set(false);
        if let Some(line) = LINE.take() {
            line.source.close();
            set_timeout(move || drop(line), Duration::ZERO);
        }
    }

    /// Asks the server for what is wanted now, if a line is open and something else is in force. One request at a time, for two could
    /// overtake each other; what changes meanwhile, and within one turn of the page, is asked for together.
    fn topics_changed(live: Live) {
        if !ASKING.replace(true) {
            leptos::task::spawn_local(async move {
                while let Some((connection_id, wish)) =
                    with(|followers| Some((followers.connection_id()?.to_owned(), followers.wish()?)))
                {
                    ask(live, connection_id, wish).await;
                }
                ASKING.set(false);
            });
        }
    }

    #[derive(Serialize)]
    struct Change {
        add: Vec<Topic>,
        remove: Vec<Topic>,
        from: Option<Cursor>,
    }

    async fn ask(live: Live, connection_id: String, wish: TopicWish) {
        let change = Change { add: wish.add, remove: wish.remove, from: wish.from };
        // By hand, for `AbortSignal.timeout` is younger than the browsers that this page works in.
        let limit = AbortController::new().ok();
        let request = Request::post(&format!("/api/v1/sse/{connection_id}/topics"))
            .abort_signal(limit.as_ref().map(AbortController::signal).as_ref())
            .json(&change);
        if let Some(limit) = limit {
            // What was answered by then can't be stopped any more.
            set_timeout(move || limit.abort(), CHANGE_LIMIT);
        }
        let is_done = match request {
            Ok(request) => request.send().await.is_ok_and(|answer| answer.ok()),
            Err(_) => false,
        };
        // A line that can't be changed is of no use: a new one carries the right topics from the start.
        let is_same_line = with(|followers| followers.connection_id() == Some(&*connection_id));
        if !is_done && is_same_line {
            step(live, Input::Lost);
        }
    }

    fn address(topics: &[Topic], cursor: Option<&Cursor>) -> String {
        let topics: Vec<String> = topics.iter().map(ToString::to_string).collect();
        let topics = js_sys::encode_uri_component(&topics.join(","));
        let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        format!("/api/v1/sse/connect?names=off&topics={topics}{cursor}")
    }
}

#[cfg(not(feature = "hydrate"))]
mod on_server {
    use crate::{
        events::{Cursor, Topic},
        live::{Live, followers::OnNotice},
    };

    pub(in crate::live) const fn start(_: Live) {}

    pub(in crate::live) fn follow(_: Live, _: Vec<Topic>, _: Cursor, _: OnNotice) {}

    pub(in crate::live) fn keep_trying(_: Live, _: OnNotice) {}
}
