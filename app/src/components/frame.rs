//! The frame around the pages behind the door: rail, top line, and the page itself as the main landmark.

use leptos::{html, prelude::*};
use leptos_router::hooks::use_location;

use super::{Rail, Shortcuts, TopLine};

/// The frame.
#[component]
pub fn Frame(
    /// The page.
    children: Children,
) -> impl IntoView {
    let main = NodeRef::<html::Main>::new();
    let path = use_location().pathname;

    // A page that was walked to, not loaded, is where the keyboard and the screen reader should be next.
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path)
            && let Some(main) = main.get_untracked()
        {
            // A page that lost its focus is still readable: nothing to do about a refusal.
            let _ = main.focus();
        }
        path
    });

    view! {
        // The router would only scroll; the browser moves the focus too.
        <a class="skip-link" href="#main" rel="external">
            "Skip to the page"
        </a>
        <div class="frame">
            <Rail />
            <div class="stage">
                <TopLine />
                <main id="main" class="page" tabindex="-1" node_ref=main>
                    {children()}
                </main>
            </div>
        </div>
        <Shortcuts />
    }
}
