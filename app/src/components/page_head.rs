//! The heading of a page and what can be done there.

use leptos::prelude::*;

/// The page's only `h1`, a line below it, and its actions at the right.
#[component]
pub fn PageHead(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// A line below it.
    #[prop(into, optional)]
    note: ViewFn,
    /// What can be done here: links and buttons.
    #[prop(into, optional)]
    actions: ViewFn,
) -> impl IntoView {
    view! {
        <div class="page-head">
            <div class="page-head-words">
                <h1>{title}</h1>
                <p class="page-head-note">{note.run()}</p>
            </div>
            <div class="actions">{actions.run()}</div>
        </div>
    }
}
