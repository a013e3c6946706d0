//! What a screen reader is told of a page that moves: seldom, and whole sentences.

use leptos::prelude::*;

/// A region that is read aloud whenever its sentence changes. Nobody sees it.
#[component]
pub fn Announcer(
    /// The sentence.
    #[prop(into)]
    sentence: Signal<String>,
) -> impl IntoView {
    // Silent at first: the page itself was just read.
    let spoken = RwSignal::new(String::new());
    Effect::new(move |before: Option<String>| {
        let sentence = sentence.get();
        if before.is_some_and(|before| before != sentence) {
            spoken.set(sentence.clone());
        }
        sentence
    });

    view! {
        <p class="visually-hidden" aria-live="polite">
            {spoken}
        </p>
    }
}
