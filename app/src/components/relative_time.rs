//! A moment, as its distance from now; the exact one is its title.

use jiff::Timestamp;
use leptos::prelude::*;

use super::spans;

/// `3 min ago`.
#[component]
pub fn RelativeTime(
    /// The moment.
    at: Timestamp,
    /// Now, from [`Clock::since`](super::Clock::since): at first the snapshot's moment, as on the server.
    #[prop(into)]
    now: Signal<Timestamp>,
) -> impl IntoView {
    let words = Memo::new(move |_| spans::ago(at, now.get()));

    view! {
        <time datetime=at.to_string() title=spans::exact(at)>
            {words}
        </time>
    }
}
