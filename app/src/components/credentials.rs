//! E-mail and password, as a form sends them. Nothing here stands between a password manager and its fields.

use leptos::prelude::*;

use super::text_field::SHORTEST_PASSWORD as SHORTEST;

/// Which password is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordKind {
    /// The one that is known already.
    Current,
    /// One to be chosen.
    New,
}

/// Names the hint for the field that it is about.
const HINT_ID: &str = "password-hint";

/// The two fields.
#[component]
pub fn Credentials(
    /// Which password.
    password: PasswordKind,
) -> impl IntoView {
    let is_new = password == PasswordKind::New;
    let hint = is_new.then(|| {
        view! {
            <p id=HINT_ID class="field-hint">
                {SHORTEST}
                " characters or more; a few words do well"
            </p>
        }
    });

    view! {
        <div class="field">
            <label for="email">"E-mail"</label>
            <input type="email" id="email" name="email" autocomplete="username" required=true autofocus=true />
        </div>
        <div class="field">
            <label for="password">"Password"</label>
            <input
                type="password"
                id="password"
                name="password"
                autocomplete=if is_new { "new-password" } else { "current-password" }
                minlength=is_new.then(|| SHORTEST.to_string())
                aria-describedby=is_new.then_some(HINT_ID)
                required=true
            />
            {hint}
        </div>
    }
}
