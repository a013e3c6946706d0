//! An event, opened: its fields with their units, its JSON, and the command that gets it or tells it again.

use std::{sync::Arc, time::Duration};

use leptos::{html, prelude::*};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};

use super::{Glyph, Icon, event_facts, event_source};
use crate::live::EventLine;

/// How long the button says that it did it.
const SAID_FOR: Duration = Duration::from_secs(2);

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
            <Command command=event_source::curl(&origin, &cursor, &event) />
        </div>
    }
}

/// A command, and a button that copies it.
#[component]
fn Command(
    /// The command.
    command: String,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let said = RwSignal::new("Copy as curl");
    let on_click = {
        let command = command.clone();
        move |_| {
            let is_copied = copy(&command) || field.get_untracked().is_some_and(|field| copy_from(&field));
            said.set(if is_copied { "Copied" } else { "Press Ctrl+C" });
            set_timeout(
                move || {
                    // It may be closed by now.
                    let _ = said.try_set("Copy as curl");
                },
                SAID_FOR,
            );
        }
    };

    view! {
        <div class="event-command">
            <input type="text" readonly aria-label="The same by curl" value=command node_ref=field />
            <button type="button" class="button" on:click=on_click>
                <Icon glyph=Glyph::Copy />
                <span aria-live="polite">{said}</span>
            </button>
        </div>
    }
}

/// Through the browser's clipboard, which there is on pages of encrypted or local hosts only.
fn copy(text: &str) -> bool {
    let clipboard = member(&window().navigator(), "clipboard");
    call(&clipboard, "writeText", &[JsValue::from_str(text)]).is_some()
}

/// By the selection, as it was done before there was a clipboard. What can't be copied stays selected.
fn copy_from(field: &web_sys::HtmlInputElement) -> bool {
    field.select();
    call(&document(), "execCommand", &[JsValue::from_str("copy")]).is_some_and(|answer| answer.is_truthy())
}

fn member(of: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Calls a method; `None` where there is none, or it refuses.
fn call(of: &JsValue, name: &str, arguments: &[JsValue]) -> Option<JsValue> {
    if of.is_undefined() || of.is_null() {
        return None;
    }
    let method = member(of, name).dyn_into::<js_sys::Function>().ok()?;
    method.apply(of, &arguments.iter().collect()).ok()
}
