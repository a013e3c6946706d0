//! What is shown of the log. A form whose address shows the result; with the WASM it takes effect while one types.

use std::time::Duration;

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast;

use super::{Glyph, Icon, shortcuts};
use crate::{domain::EventQuery, events::Event};

/// How long the keys must rest before the list changes, so that a word is one change.
const REST: Duration = Duration::from_millis(300);

/// The fields of the form, once they are there.
#[derive(Clone, Copy, Default)]
struct Fields {
    topics: NodeRef<html::Input>,
    kind: NodeRef<html::Select>,
    text: NodeRef<html::Input>,
}

impl Fields {
    /// What they ask for: the latest events. Browser only.
    fn wanted(self) -> Option<EventQuery> {
        Some(EventQuery {
            topics: value(&self.topics.get_untracked()?.value()),
            kind: value(&self.kind.get_untracked()?.value()),
            text: value(&self.text.get_untracked()?.value()),
            before: None,
        })
    }

    /// Makes them say what is shown, but for a text that is being typed. Browser only.
    fn put(self, query: &EventQuery) {
        if let (Some(topics), Some(kind)) = (self.topics.get_untracked(), self.kind.get_untracked()) {
            topics.set_value(query.topics.as_deref().unwrap_or_default());
            kind.set_value(query.kind.as_deref().unwrap_or_default());
        }
        if let Some(text) = self.text.get_untracked()
            && document().active_element().as_ref() != Some(text.unchecked_ref())
        {
            text.set_value(query.text.as_deref().unwrap_or_default());
        }
    }

    /// Whether something was done to the field of text.
    fn is_text(self, event: &ev::Event) -> bool {
        let field = self.text.get_untracked();
        event.target().zip(field).is_some_and(|(target, field)| target.dyn_ref() == Some(&field))
    }
}

/// The form.
#[component]
pub fn EventFilters(
    /// What is shown now.
    query: Memo<EventQuery>,
    /// The address that shows something else.
    address_of: Callback<EventQuery, String>,
) -> impl IntoView {
    let fields = Fields::default();
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
        let shown = EventQuery { before: None, ..query.get_untracked() };
        if let Some(wanted) = fields.wanted().filter(|wanted| *wanted != shown) {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&address_of.run(wanted), options);
        }
    };
    let (on_change, after_rest) = (apply.clone(), apply.clone());
    let on_input = move |event: ev::Event| {
        wait_no_more();
        // The name of a topic is none until it is whole.
        if fields.is_text(&event) {
            timer.set_value(set_timeout_with_handle(after_rest.clone(), REST).ok());
        }
    };
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        apply();
    };
    // Back and forward, and the links of topics, change the address without a key.
    Effect::new(move |before: Option<()>| {
        let query = query.get();
        if before.is_some() {
            fields.put(&query);
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
            <form class="filters" action="/events" method="get" on:submit=on_submit on:input=on_input on:change=move |_| on_change()>
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
                        node_ref=fields.topics
                    />
                </label>
                <label class="filter">
                    <span>"Type"</span>
                    <select name="type" node_ref=fields.kind>
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
                        node_ref=fields.text
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
