//! What went wrong with a form.

use leptos::prelude::*;

use super::{Aspect, Signal, SignalSize};

/// What went wrong, and what to do; read aloud when it comes.
#[component]
pub fn Trouble(
    /// What went wrong, in a few words.
    #[prop(into)]
    title: String,
    /// What to do.
    #[prop(into)]
    detail: String,
) -> impl IntoView {
    view! {
        <div class="note note-danger" role="alert">
            <Signal aspect=Aspect::Danger size=SignalSize::Large />
            <div>
                <p>
                    <strong>{title}</strong>
                </p>
                <p>{detail}</p>
            </div>
        </div>
    }
}
