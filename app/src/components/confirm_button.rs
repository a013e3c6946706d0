//! A button for what can't be undone: it asks first, in its own place.
//!
//! What keeps things as they are comes to lie where the button was, and the question takes the focus instead of an answer: neither a second
//! click nor a key that is held down does anything.

use leptos::{ev, html, prelude::*};

/// What the button says, and what it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// On the button, as in `Kick`.
    pub word: &'static str,
    /// The same with what it touches, as in `Kick the SSE stream of ada@example.com`.
    pub name: String,
    /// The question, which names it too, and says what else happens.
    pub words: String,
    /// Does it, as in `Kick it`.
    pub yes: String,
    /// Does nothing, as in `Keep`.
    pub no: &'static str,
}

/// The button; once it is pressed, the question.
#[component]
pub fn ConfirmButton(
    /// What is said and asked.
    question: Question,
    /// Does it.
    act: Callback<()>,
) -> impl IntoView {
    let Question { word, name, words, yes, no } = question;
    let is_asking = RwSignal::new(false);
    let was_asked = StoredValue::new(false);
    let button = NodeRef::<html::Button>::new();
    let group = NodeRef::<html::Div>::new();
    let ask = move |_| {
        was_asked.set_value(true);
        is_asking.set(true);
    };
    let keep = move || is_asking.set(false);
    let go = move || {
        // Whatever tells of what is done takes the focus.
        was_asked.set_value(false);
        is_asking.set(false);
        act.run(());
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            keep();
        }
    };
    // What could not be focused can still be pressed: nothing to do about a refusal.
    Effect::new(move |_| {
        if let Some(group) = group.get() {
            let _ = group.focus();
        }
    });
    Effect::new(move |_| {
        if let Some(button) = button.get().filter(|_| was_asked.get_value()) {
            let _ = button.focus();
        }
    });

    view! {
        <Show
            when=move || is_asking.get()
            fallback=move || {
                view! {
                    <button
                        type="button"
                        class="button button-small"
                        aria-label=name.clone()
                        node_ref=button
                        on:click=ask
                    >
                        {word}
                    </button>
                }
            }
        >
            <div
                class="question"
                role="group"
                tabindex="-1"
                aria-label=words.clone()
                title=words.clone()
                node_ref=group
                on:keydown=on_key
            >
                <span class="question-words" aria-hidden="true">
                    {words.clone()}
                </span>
                <button type="button" class="button button-small button-danger" on:click=move |_| go()>
                    {yes.clone()}
                </button>
                <button type="button" class="button button-small" on:click=move |_| keep()>
                    {no}
                </button>
            </div>
        </Show>
    }
}
