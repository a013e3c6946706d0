//! What went wrong, and what to do.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{Aspect, Glyph, Icon, Signal, SignalSize};
use crate::{api::ApiError, live::Live};

/// A refusal in the place of what should be here. What may pass by itself is asked for again until it does. Browser only.
#[component]
pub fn ErrorNote(
    /// Why it was refused: says what to do, too.
    error: ApiError,
    /// Asks again, where that may help.
    retry: Callback<()>,
) -> impl IntoView {
    let path = use_location().pathname;
    if matches!(error, ApiError::Unreachable | ApiError::Unavailable) {
        let live = Live::expect();
        Effect::new(move |_| live.keep_trying(move || retry.run(())));
    }
    // What the address asks for is wrong: asking again changes nothing.
    let is_address = matches!(error, ApiError::BadRequest { .. } | ApiError::Invalid { .. });
    let title = match error {
        _ if is_address => "This address can't be shown",
        ApiError::Unreachable => "The server can't be reached",
        _ => "This can't be shown right now",
    };

    view! {
        <section class="note note-danger" role="alert">
            <Signal aspect=Aspect::Danger size=SignalSize::Large />
            <div>
                <h2>{title}</h2>
                <p>{error.to_string()}</p>
                {if is_address {
                    view! {
                        <a class="button" href=move || path.get()>
                            "To the first page"
                        </a>
                    }
                        .into_any()
                } else {
                    view! {
                        <button type="button" class="button needs-script" on:click=move |_| retry.run(())>
                            <Icon glyph=Glyph::Again />
                            "Try again"
                        </button>
                    }
                        .into_any()
                }}
            </div>
        </section>
    }
}
