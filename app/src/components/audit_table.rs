//! The table of who did what. What was refused stands out; what was done is calm.

use leptos::prelude::*;

use super::{Aspect, StatusPill, audit_words, spans};
use crate::domain::AuditEntry;

/// The table.
#[component]
pub fn AuditTable(
    /// The entries, the youngest first.
    entries: Memo<Vec<AuditEntry>>,
    /// The address that shows what somebody did.
    of_actor: Callback<String, String>,
) -> impl IntoView {
    view! {
        <table class="table table-audit">
            <caption class="visually-hidden">"Who did what, the youngest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"When (UTC)"</th>
                    <th scope="col">"Who"</th>
                    <th scope="col">"What"</th>
                    <th scope="col">"To what"</th>
                    <th scope="col">"Before → after"</th>
                    <th scope="col">"Outcome"</th>
                    <th scope="col">"From"</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || entries.get()
                    key=|entry| entry.entry_id
                    children=move |entry| view! { <AuditRow entry of_actor /> }
                />
            </tbody>
        </table>
    }
}

/// An entry, as a row.
#[component]
fn AuditRow(
    /// The entry.
    entry: AuditEntry,
    /// The address that shows what somebody did.
    of_actor: Callback<String, String>,
) -> impl IntoView {
    let AuditEntry { entry_id, at, actor_kind, actor, action, target, reason, outcome, address, .. } = entry.clone();
    let moment = spans::exact(at);
    let who = if actor.is_empty() {
        view! { <span class="muted">{audit_words::nameless(&actor_kind)}</span> }.into_any()
    } else {
        view! {
            <a href=of_actor.run(actor.clone()) title=format!("All that {actor} did")>
                {actor.clone()}
            </a>
            " "
            <span class="tag">{actor_kind}</span>
        }
        .into_any()
    };
    let what = match audit_words::action(&action) {
        Some(words) => view! { <span title=action.clone()>{words}</span> }.into_any(),
        None => view! { <code>{action.clone()}</code> }.into_any(),
    };

    view! {
        <tr data-testid="audit-row" data-id=entry_id.to_string() data-action=action data-outcome=outcome.clone()>
            <td data-label="When">
                <time class="number" datetime=at.to_string()>
                    {moment.trim_end_matches(" UTC").to_owned()}
                </time>
            </td>
            <td data-label="Who">
                <div>{who}</div>
            </td>
            <td data-label="What">{what}</td>
            <td data-label="To what">{or_dash(target)}</td>
            <td data-label="Change">
                {or_dash(change(&entry))}
                {reason.map(|reason| view! { <p class="audit-reason muted">{format!("“{reason}”")}</p> })}
            </td>
            <td data-label="Outcome">
                <div>
                    <OutcomePill outcome=outcome.clone() />
                </div>
            </td>
            <td data-label="From">
                {match address {
                    Some(address) => view! { <code>{address}</code> }.into_any(),
                    None => or_dash(None).into_any(),
                }}
            </td>
        </tr>
    }
}

/// Whether it was done, and why not.
#[component]
fn OutcomePill(
    /// As the log has it.
    outcome: String,
) -> impl IntoView {
    if outcome == "done" {
        return view! { <StatusPill state="done" aspect=Aspect::Clear word="Done" /> }.into_any();
    }
    view! {
        <StatusPill state="refused" aspect=Aspect::Danger word="Refused" />
        " "
        <span class="muted outcome-why" title=outcome.clone()>
            {audit_words::refusal(&outcome)}
        </span>
    }
    .into_any()
}

/// From what to what.
fn change(entry: &AuditEntry) -> Option<String> {
    match (&entry.state_before, &entry.state_after) {
        (None, None) => None,
        (Some(before), None) => Some(format!("{before} → –")),
        (None, Some(after)) => Some(format!("– → {after}")),
        (Some(before), Some(after)) => Some(format!("{before} → {after}")),
    }
}

/// A value, or a faint dash that a screen reader passes over.
fn or_dash(value: Option<String>) -> impl IntoView {
    match value.filter(|value| !value.is_empty()) {
        Some(value) => value.into_any(),
        None => view! {
            <span class="faint" aria-hidden="true">
                "–"
            </span>
        }
        .into_any(),
    }
}
