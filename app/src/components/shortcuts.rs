//! What keys do: two letters go to a place, `/` searches, `?` lists them all.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast;

use super::{Allowed, Glyph, Icon};
use crate::domain::Role;

/// The id of the search field, wherever a page has one.
pub const SEARCH_ID: &str = "search";

/// How long the second letter may follow the first.
const CHORD_LIMIT_MS: f64 = 1_500.0;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Go(&'static str),
    Search,
    List,
    /// The first of two letters: the second decides.
    Wait,
}

fn wish(after_g: bool, key: &str) -> Option<Wish> {
    match (after_g, key) {
        (true, "i") => Some(Wish::Go("/imports")),
        (true, "c") => Some(Wish::Go("/customers")),
        (true, "e") => Some(Wish::Go("/events")),
        (true, "n") => Some(Wish::Go("/customers/import")),
        (true, "u") => Some(Wish::Go("/users")),
        (true, "t") => Some(Wish::Go("/tokens")),
        (true, "a") => Some(Wish::Go("/audit")),
        (_, "g") => Some(Wish::Wait),
        (false, "/") => Some(Wish::Search),
        (false, "?") => Some(Wish::List),
        _ => None,
    }
}

/// Listens to the keys of the whole page, and holds the dialog that lists them.
#[component]
pub fn Shortcuts() -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let navigate = use_navigate();
    let g_pressed_ms = StoredValue::new(f64::NEG_INFINITY);

    let on_key = move |event: ev::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) {
            return;
        }
        let after_g = event.time_stamp() - g_pressed_ms.get_value() < CHORD_LIMIT_MS;
        g_pressed_ms.set_value(f64::NEG_INFINITY);
        match wish(after_g, &event.key()) {
            Some(Wish::Wait) => g_pressed_ms.set_value(event.time_stamp()),
            Some(Wish::Go(path)) => navigate(path, NavigateOptions::default()),
            Some(Wish::Search) => {
                // Firefox would open its own search.
                event.prevent_default();
                if !focus_search() {
                    navigate(&format!("/customers#{SEARCH_ID}"), NavigateOptions::default());
                }
            }
            Some(Wish::List) => open(dialog),
            None => {}
        }
    };
    Effect::new(move |_| {
        let listener = window_event_listener(ev::keydown, on_key.clone());
        on_cleanup(move || listener.remove());
    });

    view! {
        <button
            type="button"
            class="shortcuts-button needs-script"
            title="Keyboard shortcuts (?)"
            on:click=move |_| open(dialog)
        >
            <Icon glyph=Glyph::Keyboard />
            <span class="visually-hidden">"Keyboard shortcuts"</span>
        </button>
        <dialog class="shortcuts" node_ref=dialog aria-labelledby="shortcuts-title">
            <form method="dialog">
                <h2 id="shortcuts-title">"Keyboard shortcuts"</h2>
                <button class="button-plain" title="Close (Esc)">
                    <Icon glyph=Glyph::Close />
                    <span class="visually-hidden">"Close"</span>
                </button>
            </form>
            <dl>
                <Shortcut keys=&["g", "c"] does="Customers" />
                <Shortcut keys=&["g", "i"] does="Imports" />
                <Allowed role=Role::Operator>
                    <Shortcut keys=&["g", "n"] does="Import a file" />
                </Allowed>
                <Shortcut keys=&["g", "e"] does="Events" />
                <Allowed role=Role::Admin>
                    <Shortcut keys=&["g", "u"] does="Users" />
                    <Shortcut keys=&["g", "t"] does="Tokens" />
                    <Shortcut keys=&["g", "a"] does="Audit" />
                </Allowed>
                <Shortcut keys=&["/"] does="Search" />
                <Shortcut keys=&["?"] does="This list" />
                <Shortcut keys=&["Esc"] does="Close" />
            </dl>
        </dialog>
    }
}

/// A line of the list.
#[component]
fn Shortcut(
    /// The keys, pressed one after the other.
    keys: &'static [&'static str],
    /// What they do.
    does: &'static str,
) -> impl IntoView {
    view! {
        <div>
            <dt>{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</dt>
            <dd>{does}</dd>
        </div>
    }
}

/// Puts the cursor into the page's search field. Browser only. Returns whether there is one.
pub fn focus_search() -> bool {
    let field = document()
        .get_element_by_id(SEARCH_ID)
        .and_then(|element| element.dyn_into::<web_sys::HtmlInputElement>().ok());
    field.is_some_and(|field| {
        field.select();
        field.focus().is_ok()
    })
}

fn open(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        // An open dialog refuses to be opened again, which is as good.
        let _ = dialog.show_modal();
    }
}

fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok());
    target.is_some_and(|element| {
        let is_choice = element
            .dyn_ref::<web_sys::HtmlInputElement>()
            .is_some_and(|input| matches!(input.type_().as_str(), "radio" | "checkbox" | "file"));
        !is_choice
            && (matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") || element.is_content_editable())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_go_to_a_place_and_one_alone_does_nothing() {
        assert_eq!(wish(false, "g"), Some(Wish::Wait));
        assert_eq!(wish(true, "i"), Some(Wish::Go("/imports")));
        assert_eq!(wish(false, "i"), None);
        assert_eq!(wish(true, "x"), None);
    }
}
