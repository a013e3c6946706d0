//! What is shown to those only who may use it. The server decides anyway: this keeps a page from offering what it would refuse.

use leptos::prelude::*;

use super::Reader;
use crate::domain::Role;

/// Draws its children for whoever has the role, or one above it.
#[component]
pub fn Allowed(
    /// The least role that may.
    role: Role,
    /// What others see; nothing, unless it is said.
    #[prop(into, optional)]
    fallback: ViewFn,
    /// What needs the role.
    children: Children,
) -> impl IntoView {
    if Reader::of_page().may(role) { children() } else { fallback.run() }
}
