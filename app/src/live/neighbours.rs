//! The other tabs of the browser: a channel to them, and the lock that makes one of all the leader. Browser only; it decides nothing.
//!
//! Both carry the name of this build, so tabs of two builds share nothing. `navigator.locks` is reached by name: its types are not yet
//! part of the bindings' stable half, and it is there on pages of a trusted origin only (<https://www.w3.org/TR/web-locks/>).

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, BroadcastChannel, MessageEvent};

use super::{Live, news::News, relay::Message, socket::news};

/// How a tab comes by the lock.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// When its turn has come.
    Queue,
    /// At once, from whoever has it.
    Steal,
}

/// A place in the queue for the lock, and the lock once it is had.
struct Turn {
    patience: AbortController,
    is_over: Cell<bool>,
    give_back: RefCell<Option<Function>>,
}

thread_local! {
    static CHANNEL: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
    /// What takes the messages, for as long as the tab lives.
    static LISTENER: RefCell<Option<Function>> = const { RefCell::new(None) };
    static TURN: RefCell<Option<Rc<Turn>>> = const { RefCell::new(None) };
}

/// Listens to the other tabs. Returns a name for this one, or `None` where tabs can't share.
pub(super) fn meet(live: Live) -> Option<String> {
    locks()?;
    let name = window().crypto().ok()?.random_uuid();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
        let text = message.data().as_string();
        if let Some(message) = text.and_then(|text| serde_json::from_str(&text).ok()) {
            news(live, News::Heard(message));
        }
    });
    LISTENER.set(Some(on_message.into_js_value().unchecked_into()));
    join().map(|()| name)
}

/// Listens to the other tabs, after the first time or after it left them.
pub(super) fn join() -> Option<()> {
    let channel = BroadcastChannel::new(&build()?).ok()?;
    LISTENER.with_borrow(|listener| channel.set_onmessage(listener.as_ref()));
    CHANNEL.set(Some(channel));
    Some(())
}

/// Listens to the other tabs no longer. What they say to a page that is stopped would pile up, and a page that may be told something is
/// not kept for the reader's way back.
pub(super) fn leave() {
    if let Some(channel) = CHANNEL.take() {
        channel.close();
    }
}

/// Tells the other tabs.
pub(super) fn post(message: &Message) {
    CHANNEL.with_borrow(|channel| {
        if let (Some(channel), Ok(text)) = (channel, serde_json::to_string(message)) {
            // A string can't fail to be copied.
            let _ = channel.post_message(&text.into());
        }
    });
}

/// Comes by the lock, in one manner or the other, and says so.
pub(super) fn come_by_the_lock(live: Live, manner: Manner) {
    release();
    let Ok(patience) = AbortController::new() else { return };
    let options = Object::new();
    let (key, value) = match manner {
        Manner::Queue => ("signal", JsValue::from(patience.signal())),
        Manner::Steal => ("steal", JsValue::TRUE),
    };
    let turn = Rc::new(Turn { patience, is_over: Cell::new(false), give_back: RefCell::new(None) });
    TURN.set(Some(Rc::clone(&turn)));
    let _ = Reflect::set(&options, &key.into(), &value);
    let asked = request(&options, Rc::clone(&turn), live);
    leptos::task::spawn_local(async move {
        let Some(asked) = asked else { return };
        // The promise is kept when the lock was given back, and broken when it was taken away.
        let is_taken_away = JsFuture::from(asked).await.is_err();
        if is_taken_away && turn.give_back.take().is_some() && !turn.is_over.get() {
            news(live, News::Stolen);
        }
    });
}

/// Gives the lock back, or waits for it no longer.
pub(super) fn release() {
    if let Some(turn) = TURN.take() {
        turn.is_over.set(true);
        turn.patience.abort();
        if let Some(give_back) = turn.give_back.take() {
            let _ = give_back.call0(&JsValue::NULL);
        }
    }
}

fn request(options: &Object, turn: Rc<Turn>, live: Live) -> Option<Promise> {
    let on_grant = Closure::once_into_js(move |_lock: JsValue| -> JsValue {
        if turn.is_over.get() {
            return JsValue::UNDEFINED;
        }
        let kept = Promise::new(&mut |resolve, _| *turn.give_back.borrow_mut() = Some(resolve));
        news(live, News::Granted);
        kept.into()
    });
    let locks = locks()?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    request.call3(&locks, &build()?.into(), options, &on_grant).ok()?.dyn_into().ok()
}

fn locks() -> Option<JsValue> {
    Reflect::get(&window().navigator(), &"locks".into()).ok().filter(JsValue::is_object)
}

/// The name of this build: that of the file which this code is in.
fn build() -> Option<String> {
    document().query_selector("link[rel=preload][as=fetch]").ok()??.get_attribute("href")
}
