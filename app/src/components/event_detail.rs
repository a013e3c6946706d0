//! An event, opened: its fields with their units, its JSON, and the command that gets it or tells it again.

use std::sync::Arc;

use leptos::prelude::*;
use serde_json::Value;

use super::{CopyField, event_facts, event_source};
use crate::live::EventLine;

/// The event. It is drawn in the browser only.
#[component]
pub fn EventDetail(
    /// The event.
    line: Arc<EventLine>,
    /// Names it for the link that opens it.
    id: String,
) -> impl IntoView {
    let event: Value = serde_json::from_str(&line.json).unwrap_or_default();
    let facts = event_facts::facts(&event).into_iter().map(|fact| {
        view! {
            <tr>
                <th scope="row">{fact.name}</th>
                <td>{fact.value}</td>
            </tr>
        }
    });
    let origin = window().location().origin().unwrap_or_default();
    let cursor = line.cursor.to_string();

    view! {
        <div class="event-detail" id=id>
            <table class="facts-table">
                <caption class="visually-hidden">"What the event says"</caption>
                <tbody>
                    {facts.collect_view()}
                    <tr>
                        <th scope="row">"Cursor"</th>
                        <td>{cursor.clone()}</td>
                    </tr>
                </tbody>
            </table>
            // Its lines may be wider than the window: the keyboard can scroll it.
            <pre tabindex="0" role="region" aria-label="The event as JSON">
                <code>{event_source::pretty(&line.json)}</code>
            </pre>
            <CopyField
                text=event_source::curl(&origin, &cursor, &event)
                label="The same by curl"
                word="Copy as curl"
            />
        </div>
    }
}
