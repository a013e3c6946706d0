//! A page that is not for its reader.

use leptos::prelude::*;

use super::{EmptyState, Glyph};
use crate::domain::Role;

/// Says in the place of a page what it needs, and of whom to ask it.
#[component]
pub fn NeedsRole(
    /// The least role that may.
    role: Role,
    /// What is so, in a few words.
    title: &'static str,
) -> impl IntoView {
    view! {
        <EmptyState glyph=Glyph::Person title=title>
            <p>"This needs the role " <strong>{role.as_str()}</strong> ". Ask an admin for it."</p>
        </EmptyState>
    }
}
