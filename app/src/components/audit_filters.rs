//! What is shown of the audit log. A form whose address shows the result; with the WASM the page stays while it changes.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{Glyph, Icon, audit_words};
use crate::domain::AuditQuery;

/// Names the list of actions for its field.
const ACTIONS_ID: &str = "audit-actions";

/// The form.
#[component]
pub fn AuditFilters(
    /// What is shown now.
    query: Memo<AuditQuery>,
    /// The address that shows something else.
    address_of: Callback<AuditQuery, String>,
) -> impl IntoView {
    let (actor, action) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let first = query.get_untracked();
    let navigate = use_navigate();
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let (Some(actor), Some(action)) = (actor.get_untracked(), action.get_untracked()) {
            let wanted = AuditQuery { actor: value(&actor.value()), action: value(&action.value()) };
            navigate(&address_of.run(wanted), NavigateOptions { scroll: false, ..NavigateOptions::default() });
        }
    };
    // Back and forward, and the links of actors, change the address without this form.
    Effect::new(move |before: Option<()>| {
        let query = query.get();
        if let (Some(()), Some(actor), Some(action)) = (before, actor.get_untracked(), action.get_untracked()) {
            actor.set_value(query.actor.as_deref().unwrap_or_default());
            action.set_value(query.action.as_deref().unwrap_or_default());
        }
    });
    let known = audit_words::ACTIONS.map(|(name, words)| view! { <option value=name>{words}</option> });

    view! {
        <search>
            <form class="filters" action="/audit" method="get" on:submit=on_submit>
                <label class="filter">
                    <span>"Who"</span>
                    <input
                        type="text"
                        name="actor"
                        placeholder="An e-mail, or a token's name"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        value=first.actor.unwrap_or_default()
                        node_ref=actor
                    />
                </label>
                <label class="filter">
                    <span>"What"</span>
                    <input
                        type="text"
                        name="action"
                        list=ACTIONS_ID
                        placeholder="user, token.created, signed_in …"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        value=first.action.unwrap_or_default()
                        node_ref=action
                    />
                </label>
                // Not within the label: its words are no part of the field's name.
                <datalist id=ACTIONS_ID>{known.collect_view()}</datalist>
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
