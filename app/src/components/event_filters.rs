//! What is shown of the log. A form whose address shows the result; with the WASM it takes effect while one types.

use std::time::Duration;

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast;

use super::{Glyph, Icon, shortcuts};
use crate::{domain::EventQuery, events::Event};

/// How long the keys must rest before the list changes, so that a word is one change.
const REST: Duration = Duration::from_millis(300);

/// The form.
#[component]
pub fn EventFilters(
    /// What is shown now.
    query: Memo<EventQuery>,
    /// The address that shows something else.
    address_of: Callback<EventQuery, String>,
) -> impl IntoView {
    let (topics, kind, text) =
        (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new(), NodeRef::<html::Input>::new());
    let first = query.get_untracked();
    let navigate = use_navigate();
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let wait_no_more = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(wait_no_more);

    let apply = move || {
        wait_no_more();
        let (Some(topics), Some(kind), Some(text)) =
            (topics.get_untracked(), kind.get_untracked(), text.get_untracked())
        else {
            return;
        };
        let wanted = EventQuery {
            topics: value(&topics.value()),
            kind: value(&kind.value()),
            text: value(&text.value()),
            before: None,
        };
        let shown = EventQuery { before: None, ..query.get_untracked() };
        if wanted != shown {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&address_of.run(wanted), options);
        }
    };
    let on_input = {
        let apply = apply.clone();
        move |event: ev::Event| {
            wait_no_more();
            // The name of a topic is none until it is whole.
            if event.target().is_some_and(|target| target.dyn_ref() == text.get_untracked().as_deref()) {
                timer.set_value(set_timeout_with_handle(apply.clone(), REST).ok());
            }
        }
    };
    let on_change = {
        let apply = apply.clone();
        move |_| apply()
    };
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        apply();
    };
    // Back and forward, and the links of topics, change the address without a key.
    Effect::new(move |before: Option<()>| {
        let query = query.get();
        if before.is_some()
            && let (Some(topics), Some(kind), Some(text)) =
                (topics.get_untracked(), kind.get_untracked(), text.get_untracked())
        {
            topics.set_value(query.topics.as_deref().unwrap_or_default());
            kind.set_value(query.kind.as_deref().unwrap_or_default());
            if document().active_element().as_ref() != Some(text.unchecked_ref()) {
                text.set_value(query.text.as_deref().unwrap_or_default());
            }
        }
    });
    let kinds = Event::TYPE_NAMES.map(|name| {
        view! {
            <option value=name selected=first.kind.as_deref() == Some(name)>
                {name}
            </option>
        }
    });

    view! {
        <search>
            <form class="filters" action="/events" method="get" on:submit=on_submit on:input=on_input on:change=on_change>
                <label class="filter filter-wide">
                    <span>"Topics"</span>
                    <input
                        type="text"
                        name="topics"
                        placeholder="All that are known; or queue:test, custom:shop"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        value=first.topics.unwrap_or_default()
                        node_ref=topics
                    />
                </label>
                <label class="filter">
                    <span>"Type"</span>
                    <select name="type" node_ref=kind>
                        <option value="" selected=first.kind.is_none()>
                            "All types"
                        </option>
                        {kinds.collect_view()}
                    </select>
                </label>
                <label class="filter">
                    <span>"Text"</span>
                    <input
                        id=shortcuts::SEARCH_ID
                        type="search"
                        name="q"
                        placeholder="Anywhere in the event"
                        autocomplete="off"
                        spellcheck="false"
                        value=first.text.unwrap_or_default()
                        node_ref=text
                    />
                </label>
                <button type="submit" class="button">
                    <Icon glyph=Glyph::Search />
                    "Filter"
                </button>
            </form>
        </search>
    }
}

/// What a field says; an empty one says nothing.
fn value(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
