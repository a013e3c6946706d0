//! Who is signed in, and the way out.

use leptos::prelude::*;

use super::{Glyph, Icon, Reader};
use crate::live::Live;

/// Names the panel for the button that opens it.
const PANEL_ID: &str = "person";

/// A button with the reader's name; behind it his role, the way to his account, and the way out. The browser itself opens and closes it, so
/// that nobody has to wait for the script to sign out.
#[component]
pub fn Person() -> impl IntoView {
    Reader::of_page().me().cloned().map(|me| {
        let live = Live::expect();
        // A token is not ended by a browser that bears it.
        let way_out = me.user_id.is_some().then(|| {
            view! {
                // Else the page would hear that its reader is gone, and go its own way before the answer is here.
                <form method="post" action="/logout" on:submit=move |_| live.let_go()>
                    <button type="submit" class="button">
                        "Sign out"
                    </button>
                </form>
            }
        });

        view! {
            <button type="button" class="person-button" popovertarget=PANEL_ID title=me.name.clone()>
                <Icon glyph=Glyph::Person />
                <span class="visually-hidden">"Signed in as "</span>
                <span class="person-name">{me.name.clone()}</span>
            </button>
            <div id=PANEL_ID class="person-panel" popover="auto">
                <p class="person-who">{me.name}</p>
                <p class="muted">"Role: " <span data-testid="role">{me.role.as_str()}</span></p>
                // Another document: the panel closes with this one.
                <a class="button" href="/account" rel="external">
                    "Your account"
                </a>
                {way_out}
            </div>
        }
    })
}
