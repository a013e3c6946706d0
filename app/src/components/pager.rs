//! To the next page of a list and back to its start. There is no page number: lists grow at their head while one
//! reads, so a number would mean other rows a moment later.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// The links below a list. They are plain links, so that they work before the WASM is there.
#[component]
pub fn Pager(
    /// What is paged, for screen readers: `Pages of imports`.
    label: &'static str,
    /// The address of the first page; `None` when one is there.
    #[prop(into)]
    first: Signal<Option<String>>,
    /// The address of the next page; `None` at the end.
    #[prop(into)]
    next: Signal<Option<String>>,
) -> impl IntoView {
    let is_needed = Memo::new(move |_| first.with(Option::is_some) || next.with(Option::is_some));

    view! {
        <Show when=move || is_needed.get()>
            <nav class="pager" aria-label=label>
                {move || {
                    first
                        .get()
                        .map(|href| {
                            view! {
                                <a class="button" href=href>
                                    <Icon glyph=Glyph::Back />
                                    "First page"
                                </a>
                            }
                        })
                }}
                {move || match next.get() {
                    Some(href) => {
                        view! {
                            <a class="button" href=href rel="next">
                                "Next page"
                                <Icon glyph=Glyph::Forth />
                            </a>
                        }
                            .into_any()
                    }
                    None => view! { <span class="muted">"This is the end."</span> }.into_any(),
                }}
            </nav>
        </Show>
    }
}
