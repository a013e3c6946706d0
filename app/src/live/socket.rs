//! The browser around `Tab`: its signs of trouble, its timer, and the requests. It decides nothing. On the server nothing of it exists.

#[cfg(feature = "hydrate")]
pub(super) use in_browser::{doubt_reader, follow, keep_trying, let_go, news, now_ms, reconnect_now, start};
#[cfg(not(feature = "hydrate"))]
pub(super) use on_server::{doubt_reader, follow, keep_trying, let_go, now_ms, reconnect_now, start};

#[cfg(feature = "hydrate")]
mod in_browser {
    use std::{
        cell::{Cell, RefCell},
        time::Duration,
    };

    use gloo_net::http::Request;
    use leptos::prelude::*;
    use serde::Serialize;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{AbortController, EventTarget, VisibilityState};

    use crate::{
        events::{Cursor, Topic},
        live::{
            Live, Notice,
            clock::Clock,
            connection::Input,
            followers::{OnNotice, TopicWish},
            line,
            neighbours::{self, Manner},
            news::{Act, Moment, News},
            recognition,
            tab::{Tab, stamp},
        },
    };

    /// How often silence is looked at.
    const TICK: Duration = Duration::from_millis(250);
    /// How long a change of topics may take. The server itself gives up after five seconds.
    const CHANGE_LIMIT: Duration = Duration::from_secs(8);
    /// How long a new leader waits for what the other tabs want, so that its line carries that from the start.
    const SETTLING: Duration = Duration::from_millis(50);

    thread_local! {
        static TAB: RefCell<Tab> = RefCell::new(Tab::alone());
        static CLOCK: Cell<Clock> = Cell::new(Clock::default());
        static IS_ASKING_SOON: Cell<bool> = const { Cell::new(false) };
        static PAINTING: Cell<Option<AnimationFrameRequestHandle>> = const { Cell::new(None) };
    }

    /// Works on the tab. None of its followers is called meanwhile: it may well come back here.
    fn with<R>(work: impl FnOnce(&mut Tab) -> R) -> R {
        TAB.with_borrow_mut(work)
    }

    /// Takes news in, does what follows from them, and shows the state that they led to.
    pub(in crate::live) fn news(live: Live, news: News) {
        let (acts, told) = with(|tab| tab.take(news, moment()));
        for act in acts {
            perform(live, act);
        }
        show(live);
        for (on_notice, notice) in told {
            if let Notice::Event(event) = &notice {
                painted_next(live, stamp(event.stamped.timestamp));
            }
            on_notice(notice);
        }
    }

    fn perform(live: Live, act: Act) {
        match act {
            Act::Open(topics, from) => line::open(live, &topics, from.as_ref()),
            Act::Close => line::close(),
            Act::Ask(connection_id, wish) => leptos::task::spawn_local(ask(live, connection_id, wish)),
            Act::Post(message) => neighbours::post(&message),
            Act::Join => {
                // A browser in which tabs can share, can do so later, too.
                let _ = neighbours::join();
            }
            Act::Leave => neighbours::leave(),
            Act::Queue => neighbours::come_by_the_lock(live, Manner::Queue),
            Act::Steal => neighbours::come_by_the_lock(live, Manner::Steal),
            Act::Release => neighbours::release(),
            Act::Recognize => recognition::ask(live),
            Act::SignIn => recognition::sign_in(),
            Act::DrawAgain => recognition::draw_again(),
            Act::Settle => set_timeout(move || self::news(live, News::Settled), SETTLING),
        }
    }

    /// Takes a follower in until the owner of the call is cleaned up.
    pub(in crate::live) fn follow(live: Live, topics: Vec<Topic>, from: Cursor, on_notice: OnNotice) {
        let number = with(|tab| tab.followers.add(topics, from, on_notice));
        ask_soon(live);
        on_cleanup(move || {
            with(|tab| tab.followers.remove(number));
            ask_soon(live);
        });
    }

    /// Takes somebody in who is lost from the start, until the owner of the call is cleaned up.
    pub(in crate::live) fn keep_trying(live: Live, on_notice: OnNotice) {
        let number = with(|tab| tab.followers.add_lost(now_ms(), js_sys::Math::random(), on_notice));
        show(live);
        on_cleanup(move || with(|tab| tab.followers.remove(number)));
    }

    /// Does not wait for the next try.
    pub(in crate::live) fn reconnect_now(live: Live) {
        news(live, News::Impatient);
    }

    /// Listens no more, until the page is looked at anew.
    pub(in crate::live) fn let_go(live: Live) {
        news(live, News::Browser(Input::Freeze));
    }

    /// Has the server say who reads.
    pub(in crate::live) fn doubt_reader(live: Live) {
        news(live, News::Doubted);
    }

    /// What changes within one turn of the page is asked for together.
    fn ask_soon(live: Live) {
        if !IS_ASKING_SOON.replace(true) {
            leptos::task::spawn_local(async move {
                IS_ASKING_SOON.set(false);
                news(live, News::Wanted);
            });
        }
    }

    /// Milliseconds by a clock that never goes back.
    pub(in crate::live) fn now_ms() -> f64 {
        let steady_ms = window().performance().map_or_else(js_sys::Date::now, |clock| clock.now());
        let mut clock = CLOCK.get();
        let now_ms = clock.read(steady_ms, js_sys::Date::now());
        CLOCK.set(clock);
        now_ms
    }

    fn moment() -> Moment {
        Moment { now_ms: now_ms(), wall_ms: js_sys::Date::now(), chance: js_sys::Math::random() }
    }

    /// Shows the state as it is now.
    fn show(live: Live) {
        let (state, receipt, id) = with(|tab| (tab.state(now_ms()), tab.receipt, tab.connection_id.clone()));
        if live.connection_id.try_with_untracked(|shown| *shown != id) == Some(true) {
            live.connection_id.set(id);
        }
        if live.state.try_get_untracked().is_some_and(|shown| shown != state) {
            live.state.set(state);
        }
        if live.receipt.try_get_untracked().is_some_and(|shown| shown != receipt) {
            live.receipt.set(receipt);
        }
    }

    /// Measures when an event can be seen. A hidden page paints nothing; of several events in one picture the first is measured.
    fn painted_next(live: Live, stamped_ms: f64) {
        if is_visible() && PAINTING.get().is_none() {
            let on_picture = move || {
                PAINTING.set(None);
                with(|tab| tab.receipt.painted(stamped_ms, js_sys::Date::now()));
                show(live);
            };
            PAINTING.set(request_animation_frame_with_handle(on_picture).ok());
        }
    }

    /// What waits for a picture that is not drawn, as the page is hidden, would be measured when the page is seen again.
    fn stop_painting() {
        if let Some(picture) = PAINTING.take() {
            picture.cancel();
        }
    }

    fn is_visible() -> bool {
        document().visibility_state() == VisibilityState::Visible
    }

    /// Connects, and listens to the browser's signs of trouble for as long as the tab lives.
    pub(in crate::live) fn start(live: Live) {
        if let Some(name) = neighbours::meet(live) {
            // Followers may be there already: pages have run their effects.
            with(|tab| tab.share(name));
        }
        on_window("online", live, || Input::WentOnline);
        on_window("offline", live, || Input::WentOffline);
        on_window("pageshow", live, || Input::Woke);
        on_window("pagehide", live, || Input::Freeze);
        on_document("freeze", live, || Input::Freeze);
        on_document("resume", live, || Input::Woke);
        on_document("visibilitychange", live, || {
            if is_visible() {
                return Input::Woke;
            }
            stop_painting();
            Input::Hidden
        });
        set_interval(move || news(live, News::Browser(Input::Tick)), TICK);
        // After the pages' own effects, so that the first line carries their topics.
        set_timeout(move || news(live, News::Browser(Input::Start)), Duration::ZERO);
    }

    fn on_window(event: &'static str, live: Live, input: fn() -> Input) {
        on(&window(), event, live, input);
    }

    fn on_document(event: &'static str, live: Live, input: fn() -> Input) {
        on(&document(), event, live, input);
    }

    fn on(target: &EventTarget, event: &'static str, live: Live, input: fn() -> Input) {
        let listen = move || {
            let input = input();
            news(live, News::Browser(input));
            // A page that was stopped is not told what happened to the network meanwhile. That there is none is not asked for: a
            // server on the same machine can be reached without.
            if input == Input::Woke && window().navigator().on_line() {
                news(live, News::Browser(Input::WentOnline));
            }
        };
        let listener = Closure::<dyn Fn()>::new(listen).into_js_value();
        // A listener of what is there can't be refused.
        let _ = target.add_event_listener_with_callback(event, listener.unchecked_ref());
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
        if !is_done {
            news(live, News::Unheard(connection_id));
        }
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

    pub(in crate::live) const fn reconnect_now(_: Live) {}

    pub(in crate::live) const fn let_go(_: Live) {}

    pub(in crate::live) const fn doubt_reader(_: Live) {}

    pub(in crate::live) const fn now_ms() -> f64 {
        0.0
    }
}
