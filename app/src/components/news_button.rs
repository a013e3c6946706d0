//! News that waits until it is wanted, so that rows never move under the pointer.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// A quiet button that appears when there is news, and says so politely.
#[component]
pub fn NewsButton(
    /// What is new; `None` when nothing is.
    #[prop(into)]
    news: Signal<Option<String>>,
    /// Shows it.
    show: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="news" aria-live="polite">
            {move || {
                news.get()
                    .map(|news| {
                        view! {
                            <button type="button" class="button news-button" on:click=move |_| show.run(())>
                                <Icon glyph=Glyph::Again />
                                {news}
                            </button>
                        }
                    })
            }}
        </div>
    }
}

/// Whether the reader is at the top of the page, where new rows may come in by themselves. Browser only.
pub fn is_at_top() -> bool {
    window().scroll_y().is_ok_and(|y| y < 80.0)
}
