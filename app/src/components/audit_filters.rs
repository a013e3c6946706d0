//! What is shown of the audit log. A form whose address shows the result; with the WASM the page stays while it changes.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{Glyph, Icon, audit_words};
use crate::domain::AuditQuery;

/// Names the list of actions for its field.
const ACTIONS_ID: &str = "audit-actions";

/// How entries may have ended, as an address says it, and in words.
const OUTCOMES: [(&str, &str); 3] = [("", "Any"), ("done", "Done"), ("refused", "Refused")];

/// The form.
#[component]
pub fn AuditFilters(
    /// What is shown now.
    query: Memo<AuditQuery>,
    /// The address that shows something else.
    address_of: Callback<AuditQuery, String>,
) -> impl IntoView {
    let [actor, action, text] = std::array::from_fn(|_| NodeRef::<html::Input>::new());
    let outcome = NodeRef::<html::Select>::new();
    let first = query.get_untracked();
    let is_first = |name: &str| first.outcome.as_deref().unwrap_or_default() == name;
    let outcomes = OUTCOMES.map(|(name, words)| view! { <option value=name selected=is_first(name)>{words}</option> });
    // The code of a refusal comes by a link, and is no choice of the list.
    let other = first.outcome.clone().filter(|code| OUTCOMES.iter().all(|(name, _)| name != code));
    let other = other.map(|code| view! { <option value=code.clone() selected=true>{code.clone()}</option> });
    let navigate = use_navigate();
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let said = |field: NodeRef<html::Input>| field.get_untracked().and_then(|field| value(&field.value()));
        let wanted = AuditQuery {
            actor: said(actor),
            action: said(action),
            outcome: outcome.get_untracked().and_then(|outcome| value(&outcome.value())),
            text: said(text),
            ..query.get_untracked()
        };
        navigate(&address_of.run(wanted), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    // Back and forward, and the links of actors, change the address without this form.
    Effect::new(move |before: Option<()>| {
        let AuditQuery { actor: who, action: what, outcome: ended, text: words, .. } = query.get();
        if before.is_none() {
            return;
        }
        for (field, said) in [(actor, who), (action, what), (text, words)] {
            if let Some(field) = field.get_untracked() {
                field.set_value(&said.unwrap_or_default());
            }
        }
        if let Some(outcome) = outcome.get_untracked() {
            outcome.set_value(&ended.unwrap_or_default());
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
                <label class="filter">
                    <span>"Outcome"</span>
                    <select name="outcome" autocomplete="off" node_ref=outcome>
                        {outcomes.collect_view()}
                        {other}
                    </select>
                </label>
                <label class="filter">
                    <span>"To what, or why"</span>
                    <input
                        type="text"
                        name="q"
                        placeholder="Target or reason"
                        autocomplete="off"
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
