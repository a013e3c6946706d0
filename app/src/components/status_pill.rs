//! A state, as semaphore and word.

use leptos::prelude::*;

use super::{Aspect, Signal};

/// A state. Its name is in `data-state`, for programs.
#[component]
pub fn StatusPill(
    /// The state's name, as the API writes it.
    #[prop(into)]
    state: Signal<&'static str>,
    /// How it is drawn.
    #[prop(into)]
    aspect: Signal<Aspect>,
    /// The word beside it.
    #[prop(into)]
    word: Signal<&'static str>,
) -> impl IntoView {
    view! {
        <span class="status-pill" data-state=state data-aspect=move || aspect.get().as_str()>
            <Signal aspect />
            {word}
        </span>
    }
}
