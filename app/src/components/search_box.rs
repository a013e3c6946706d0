//! The search field of a list. It is a form whose address shows the result; with the WASM it searches while one types.

use std::time::Duration;

use leptos::{ev, html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use super::{Glyph, Icon, shortcuts};
use crate::domain::SortBy;

/// How long the keys must rest before a search, so that a word is one search.
const REST: Duration = Duration::from_millis(200);

/// The field.
#[component]
pub fn SearchBox(
    /// What is searched for now.
    text: Memo<Option<String>>,
    /// The order, kept by the search.
    sort: Memo<SortBy>,
    /// The address that shows the result for a text.
    address_of: Callback<Option<String>, String>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let hash = use_location().hash;
    let navigate = use_navigate();
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let wait_no_more = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(wait_no_more);

    let search = move |replace: bool| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let wanted = Some(input.value().trim().to_owned()).filter(|wanted| !wanted.is_empty());
        if wanted != text.get_untracked() {
            let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
            navigate(&address_of.run(wanted), options);
        }
    };
    let on_input = {
        let search = search.clone();
        move |_| {
            wait_no_more();
            let search = search.clone();
            timer.set_value(set_timeout_with_handle(move || search(true), REST).ok());
        }
    };
    let on_submit = {
        let search = search.clone();
        move |event: ev::SubmitEvent| {
            event.prevent_default();
            wait_no_more();
            search(false);
        }
    };

    // Words typed before this code came, and the way from another page straight to the field.
    Effect::new(move |was_here: Option<()>| {
        if was_here.is_none() {
            search(true);
        }
        if hash.with(|hash| hash.trim_start_matches('#') == shortcuts::SEARCH_ID) {
            shortcuts::focus_search();
        }
    });
    // Back and forward change the address without a key.
    Effect::new(move |before: Option<()>| {
        let text = text.get().unwrap_or_default();
        if let (Some(()), Some(input)) = (before, input.get_untracked())
            && input.value().trim() != text
            && !is_focused(&input)
        {
            input.set_value(&text);
        }
    });

    view! {
        <search>
            <form class="search-box" action="/customers" method="get" on:submit=on_submit>
                <label class="visually-hidden" for=shortcuts::SEARCH_ID>
                    "Search customers"
                </label>
                <Icon glyph=Glyph::Search />
                <input
                    id=shortcuts::SEARCH_ID
                    type="search"
                    name="q"
                    placeholder="Name, e-mail, company, phone or city"
                    autocomplete="off"
                    spellcheck="false"
                    value=text.get_untracked().unwrap_or_default()
                    node_ref=input
                    on:input=on_input
                />
                {move || {
                    let other = Some(sort.get()).filter(|sort| *sort != SortBy::default());
                    other.map(|sort| view! { <input type="hidden" name="sort" value=sort.to_string() /> })
                }}
                <button type="submit" class="button">
                    "Search"
                </button>
            </form>
        </search>
    }
}

fn is_focused(input: &web_sys::HtmlInputElement) -> bool {
    let field: &web_sys::Element = input;
    document().active_element().as_ref() == Some(field)
}
