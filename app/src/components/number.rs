//! A figure that is read in a column.

use leptos::prelude::*;

use super::figures;

/// A whole number with its thousands separated, in figures of one width.
#[component]
pub fn Number(
    /// The number.
    #[prop(into)]
    value: Signal<u64>,
) -> impl IntoView {
    view! { <span class="number">{move || figures::thousands(value.get())}</span> }
}
