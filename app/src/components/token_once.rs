//! A token that was just made. This is the only time that its text is seen.

use leptos::prelude::*;

use super::CopyField;
use crate::api::acts::MadeToken;

/// The text, and that it is not shown again.
#[component]
pub fn TokenOnce(
    /// The token.
    made: MadeToken,
    /// Puts it away.
    put_away: Callback<()>,
) -> impl IntoView {
    view! {
        <section class="card token-once" aria-labelledby="token-once" data-testid="token-once">
            <h2 id="token-once">{format!("The token {}", made.known.name)}</h2>
            <p>
                <strong>"Copy it now: it is not shown again."</strong>
                " Only its hash is kept. A program sends it with each request, as "
                <code>"Authorization: Bearer …"</code>
            </p>
            <CopyField text=made.token label="The token's text" word="Copy the token" />
            <button type="button" class="button" on:click=move |_| put_away.run(())>
                "I have it"
            </button>
        </section>
    }
}
