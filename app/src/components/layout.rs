//! What stands around a page: the frame, with all that is live; or the gate, where nobody is signed in yet.
//!
//! The two are never walked between: who signs in or out loads another document, and so the stream begins and ends with the frame.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{Frame, Gate, Reader};
use crate::live::Live;

/// Chooses by the address.
#[component]
pub fn Layout(
    /// The page.
    children: Children,
) -> impl IntoView {
    let path = use_location().pathname;

    if path.with_untracked(|path| is_outside(path)) {
        view! { <Gate>{children()}</Gate> }.into_any()
    } else {
        let reader = Reader::provide();
        Live::provide(reader.me().cloned());
        view! { <Frame>{children()}</Frame> }.into_any()
    }
}

/// Whether a page is for whom we don't know.
fn is_outside(path: &str) -> bool {
    matches!(path.trim_end_matches('/'), "/login" | "/setup")
}

#[cfg(test)]
mod tests {
    use super::is_outside;

    #[test]
    fn only_where_one_comes_in_is_outside() {
        assert!(is_outside("/login") && is_outside("/setup"));
        for inside in ["/", "/imports", "/imports/login", "/loginx", ""] {
            assert!(!is_outside(inside), "{inside}");
        }
    }
}
