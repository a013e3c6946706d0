//! The list of events, newest first: a line each, and one of them opened.
//!
//! A line's link leads to the event in the API, for readers without JavaScript; with it, the line opens in place.

use std::sync::Arc;

use leptos::{ev, prelude::*};
use serde_json::Value;

use super::{EventDetail, Signal, event_facts, event_words};
use crate::{
    events::{Cursor, Topic},
    live::EventLine,
};

/// The list.
#[component]
pub fn EventList(
    /// The lines, newest first.
    lines: RwSignal<Vec<Arc<EventLine>>>,
    /// The line that is open.
    opened: RwSignal<Option<Cursor>>,
    /// When the page was loaded, in milliseconds since 1970: what is of that day needs no date.
    today_ms: i64,
    /// The address that shows the events of a topic.
    address_of: Callback<Topic, String>,
) -> impl IntoView {
    view! {
        <div class="events-head" aria-hidden="true">
            <span>"Time, UTC"</span>
            <span>"Type"</span>
            <span>"Topic"</span>
            <span>"What"</span>
        </div>
        <ol class="events" aria-label="Events, newest first">
            <For
                each=move || lines.get()
                key=|line| line.cursor.position
                children=move |line| view! { <EventItem line opened today_ms address_of /> }
            />
        </ol>
    }
}

/// A line.
#[component]
fn EventItem(
    /// The event.
    line: Arc<EventLine>,
    /// The line that is open.
    opened: RwSignal<Option<Cursor>>,
    /// When the page was loaded.
    today_ms: i64,
    /// The address that shows the events of a topic.
    address_of: Callback<Topic, String>,
) -> impl IntoView {
    let event: Value = serde_json::from_str(&line.json).unwrap_or_default();
    let mark = event_words::mark(&line.kind, &event);
    let (words, kind) = (event_words::summary(&line.kind, &event), line.kind.clone());
    let id = line.cursor.to_string();
    let detail_id = format!("event-{id}");
    let cursor = line.cursor.clone();
    let is_open = Memo::new(move |_| opened.with(|opened| opened.as_ref() == Some(&cursor)));
    let cursor = line.cursor.clone();
    let on_click = move |event: ev::MouseEvent| {
        // What asks for another tab gets one.
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        event.prevent_default();
        opened.set((!is_open.get_untracked()).then(|| cursor.clone()));
    };
    let detail = {
        let (line, detail_id) = (Arc::clone(&line), detail_id.clone());
        move || {
            is_open.get().then(|| {
                let (line, id) = (Arc::clone(&line), detail_id.clone());
                view! { <EventDetail line id /> }
            })
        }
    };

    view! {
        <li class="event" class:is-open=is_open data-testid="event-row" data-id=id.clone()>
            <time title=event_facts::exact(line.at_ms)>{event_words::moment(line.at_ms, today_ms)}</time>
            <code class="event-kind" title=kind.clone()>{kind.clone()}</code>
            <Topics topics=line.topics.clone() address_of />
            <a
                class="event-what"
                data-aspect=mark.map(super::Aspect::as_str)
                href=format!("/api/v1/events/{id}")
                rel="external"
                aria-expanded=move || if is_open.get() { "true" } else { "false" }
                aria-controls=detail_id
                on:click=on_click
            >
                {mark.map(|aspect| view! { <Signal aspect /> })}
                <span>{words}</span>
            </a>
            {detail}
        </li>
    }
}

/// The topics that an event was told to: the most specific one, which leads to its events; the others as its title.
#[component]
fn Topics(
    /// The topics.
    topics: Vec<Topic>,
    /// The address that shows the events of a topic.
    address_of: Callback<Topic, String>,
) -> impl IntoView {
    let names = topics.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");

    topics.into_iter().next().map(|topic| {
        let name = event_words::topic(&topic.to_string());
        view! {
            <a class="event-topic" href=address_of.run(topic) title=names>
                {name}
            </a>
        }
    })
}
