//! A button that ends a stream, and asks first, in its own place.
//!
//! What keeps the stream comes to lie where the button was, and the question takes the focus instead of an answer: neither a second
//! click nor a key that is held down ends anything.

use leptos::{ev, html, prelude::*};

/// The button; once it is pressed, the question.
#[component]
pub fn KickButton(
    /// What it ends, as in `the SSE stream of 127.0.0.1`.
    name: String,
    /// Ends it.
    kick: Callback<()>,
) -> impl IntoView {
    let is_asking = RwSignal::new(false);
    let was_asked = StoredValue::new(false);
    let button = NodeRef::<html::Button>::new();
    let question = NodeRef::<html::Div>::new();
    let ask = move |_| {
        was_asked.set_value(true);
        is_asking.set(true);
    };
    let keep = move || is_asking.set(false);
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            keep();
        }
    };
    // What could not be focused can still be pressed: nothing to do about a refusal.
    Effect::new(move |_| {
        if let Some(question) = question.get() {
            let _ = question.focus();
        }
    });
    Effect::new(move |_| {
        if let Some(button) = button.get().filter(|_| was_asked.get_value()) {
            let _ = button.focus();
        }
    });
    let label = format!("Kick {name}");
    let asked = format!("Kick {name}? Its client may come back.");

    view! {
        <Show
            when=move || is_asking.get()
            fallback=move || {
                view! {
                    <button
                        type="button"
                        class="button button-small"
                        aria-label=label.clone()
                        node_ref=button
                        on:click=ask
                    >
                        "Kick"
                    </button>
                }
            }
        >
            <div
                class="kick-question"
                role="group"
                tabindex="-1"
                aria-label=asked.clone()
                title=asked.clone()
                node_ref=question
                on:keydown=on_key
            >
                <button type="button" class="button button-small button-danger" on:click=move |_| kick.run(())>
                    "Kick it"
                </button>
                <button type="button" class="button button-small" on:click=move |_| keep()>
                    "Keep"
                </button>
            </div>
        </Show>
    }
}
