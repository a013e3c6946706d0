//! A text that is there to be copied, and the button that does it.

use std::time::Duration;

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, JsValue};

use super::{Glyph, Icon};

/// How long the button says that it did it.
const SAID_FOR: Duration = Duration::from_secs(2);

/// The text, in a field that can be read and selected, and the button.
#[component]
pub fn CopyField(
    /// The text.
    text: String,
    /// What the text is.
    label: &'static str,
    /// On the button.
    word: &'static str,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let said = RwSignal::new(word);
    let on_click = {
        let text = text.clone();
        move |_| {
            let is_copied = copy(&text) || field.get_untracked().is_some_and(|field| copy_from(&field));
            said.set(if is_copied { "Copied" } else { "Press Ctrl+C" });
            set_timeout(
                move || {
                    // It may be gone by now.
                    let _ = said.try_set(word);
                },
                SAID_FOR,
            );
        }
    };

    view! {
        <div class="copy-field">
            <input type="text" readonly aria-label=label value=text node_ref=field />
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
