//! Whether somebody may sign in.

use leptos::prelude::*;

use super::{Aspect, StatusPill};

/// The state of a user.
#[component]
pub fn UserPill(
    /// Whether sign-in was taken from him.
    is_disabled: bool,
) -> impl IntoView {
    let (state, aspect, word) = if is_disabled {
        ("disabled", Aspect::OutOfUse, "Disabled")
    } else {
        ("enabled", Aspect::Clear, "May sign in")
    };

    view! { <StatusPill state aspect word /> }
}
