//! What to do when there is nothing yet.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// An invitation in the place of a table.
#[component]
pub fn EmptyState(
    /// What is absent, drawn faintly.
    glyph: Glyph,
    /// What is so, in a few words.
    title: &'static str,
    /// What to do, and its link.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="empty-state">
            <Icon glyph />
            <h2>{title}</h2>
            {children()}
        </section>
    }
}
