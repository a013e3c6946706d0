//! A table's place while its rows are loading.

use leptos::prelude::*;

/// Grey lines of the height of a table's rows.
#[component]
pub fn TableSkeleton(
    /// How many rows.
    rows: usize,
) -> impl IntoView {
    view! {
        <div class="skeleton" aria-hidden="true">
            {(0..rows).map(|_| view! { <div class="skeleton-row"></div> }).collect_view()}
        </div>
        <p class="visually-hidden">"Loading"</p>
    }
}
