//! The frame of pages outside of the door: no places to go to, nothing live.

use leptos::prelude::*;

use super::{Aspect, Signal, SignalSize};

/// The product's mark, and the page below it.
#[component]
pub fn Gate(
    /// The page.
    children: Children,
) -> impl IntoView {
    view! {
        <main id="main" class="gate">
            <p class="gate-mark">
                <Signal aspect=Aspect::Clear size=SignalSize::Large />
                "Signalbox"
            </p>
            {children()}
        </main>
    }
}
