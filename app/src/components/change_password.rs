//! The form that changes one's own password. The browser itself sends it, with a script and without: what comes back is another document,
//! known by another session, and a password manager sees what was chosen.

use leptos::prelude::*;

use super::{Errand, ErrandNote, FieldKind, Reader, TextField, add_user::PASSWORD_RULES};
use crate::live::Live;

/// The form.
#[component]
pub fn ChangePassword(
    /// What came of the last try.
    errand: Errand,
) -> impl IntoView {
    let live = Live::expect();
    let name = Reader::of_page().me().map(|me| me.name.clone());

    view! {
        <ErrandNote errand fields=&["currentPassword", "password"] />
        // The session of this page ends in that step: it must not hear of it before the answer is here.
        <form class="card adder-form" method="post" action="/account" on:submit=move |_| live.let_go()>
            // For password managers: whose password it is.
            <input type="hidden" name="username" autocomplete="username" value=name />
            <TextField
                kind=FieldKind::CurrentPassword
                id="current-password"
                name="current_password"
                label="Present password"
                problem=errand.problem_of("currentPassword")
            />
            <TextField
                kind=FieldKind::NewPassword
                id="password"
                name="password"
                label="New password"
                hint=PASSWORD_RULES
                problem=errand.problem_of("password")
            />
            <p class="field-hint">"All your other browsers are signed out by this."</p>
            <button type="submit" class="button button-primary">
                "Change the password"
            </button>
        </form>
    }
}
