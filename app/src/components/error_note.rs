//! What went wrong, and what to do.

use leptos::prelude::*;

use super::{Aspect, Glyph, Icon, Signal, SignalSize};
use crate::api::ApiError;

/// A refusal in the place of what should be here.
#[component]
pub fn ErrorNote(
    /// Why it was refused: says what to do, too.
    error: ApiError,
    /// Asks again.
    retry: Callback<()>,
) -> impl IntoView {
    let title = match error {
        ApiError::BadRequest { .. } | ApiError::Invalid { .. } => "This address can't be shown",
        ApiError::Unreachable => "The server can't be reached",
        _ => "This can't be shown right now",
    };

    view! {
        <section class="note note-danger" role="alert">
            <Signal aspect=Aspect::Danger size=SignalSize::Large />
            <div>
                <h2>{title}</h2>
                <p>{error.to_string()}</p>
                <button type="button" class="button needs-script" on:click=move |_| retry.run(())>
                    <Icon glyph=Glyph::Again />
                    "Try again"
                </button>
            </div>
        </section>
    }
}
