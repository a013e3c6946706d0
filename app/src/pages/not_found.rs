//! There is no such page.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;

/// How a page tells the server which HTTP status its answer has. The server puts one into the context of each
/// request; in the browser there is none.
#[derive(Clone)]
pub struct SetStatus(pub Arc<dyn Fn(u16) + Send + Sync>);

/// Says that the address leads nowhere, and where to go.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    if let Some(SetStatus(set_status)) = use_context() {
        set_status(404);
    }

    view! {
        <Title text="Not found" />
        <section class="empty-state">
            <h1>"There is nothing at this address"</h1>
            <p>"The link may be old, or a letter of it missing."</p>
            <p class="actions">
                <a class="button" href="/imports">
                    "Imports"
                </a>
                <a class="button" href="/customers">
                    "Customers"
                </a>
            </p>
        </section>
    }
}
