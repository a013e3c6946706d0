//! The only `EventSource` of the tab. Browser only; it decides nothing.

use std::{cell::RefCell, time::Duration};

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use super::{Live, connection::Input, news::News, socket::news};
use crate::events::{Cursor, Topic};

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
}

/// Opens a line for these topics from a place on, or from now, dropping the one before it.
pub(super) fn open(live: Live, topics: &[Topic], from: Option<&Cursor>) {
    close();
    let Ok(source) = EventSource::new(&address(topics, from)) else {
        return news(live, News::Browser(Input::Lost));
    };
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
        if let Some(json) = message.data().as_string() {
            news(live, News::Frame { id: message.last_event_id(), json });
        }
    });
    let on_error = Closure::<dyn Fn()>::new({
        let source = source.clone();
        // The browser itself tries again where a connection broke, and gives up where it was answered with something else than a stream.
        move || {
            let is_answered = source.ready_state() == EventSource::CLOSED;
            news(live, if is_answered { News::Unserved } else { News::Browser(Input::Lost) });
        }
    });
    source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    LINE.set(Some(Line { source, _on_message: on_message, _on_error: on_error }));
}

/// Drops the line. A line is dropped from within its own callbacks too, so its closures are let go a moment later.
pub(super) fn close() {
    if let Some(line) = LINE.take() {
        line.source.close();
        set_timeout(move || drop(line), Duration::ZERO);
    }
}

fn address(topics: &[Topic], cursor: Option<&Cursor>) -> String {
    let topics: Vec<String> = topics.iter().map(ToString::to_string).collect();
    let topics = js_sys::encode_uri_component(&topics.join(","));
    let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    format!("/api/v1/sse/connect?names=off&topics={topics}{cursor}")
}
