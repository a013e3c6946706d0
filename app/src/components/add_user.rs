//! The form that adds somebody. It works before, and without, the script, which tells in place what is wrong.

use leptos::{ev, prelude::*};

use super::{Errand, ErrandNote, FieldKind, Glyph, Icon, RoleSelect, TextField, form_values};
use crate::{api::acts, domain::Role};

/// The rules of passwords, as a hint.
pub const PASSWORD_RULES: &str =
    "12 to 256 characters, and not one that is among the first guessed; a few words do well.";

/// The form, behind its heading until it is wanted.
#[component]
pub fn AddUser(
    /// Tells of what is done.
    errand: Errand,
    /// Loads the users again.
    reload: Callback<()>,
) -> impl IntoView {
    let is_open = errand.has_trouble_at_first();
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let sent = form_values::sent(&event, ["email", "role", "password"]);
        let Some((form, [email, role, password])) = sent.filter(|_| errand.is_free()) else { return };
        let role: Role = role.parse().unwrap_or(Role::Viewer);
        let asked = format!("Adding {}.", email.trim());
        errand.run(asked, "Nobody was added", acts::add_user(email, role, password), move |user| {
            form.reset();
            reload.run(());
            format!("{} was added, as {}.", user.email, super::role_words::one(user.role))
        });
    };

    view! {
        <details class="adder" open=is_open>
            <summary>
                <Icon glyph=Glyph::Person />
                "Add a user"
            </summary>
            <form class="card adder-form" method="post" action="/users" on:submit=on_submit>
                <TextField
                    kind=FieldKind::Email
                    id="new-email"
                    name="email"
                    label="E-mail"
                    problem=errand.problem_of("email")
                />
                <RoleSelect id="new-role" />
                <TextField
                    kind=FieldKind::NewPassword
                    id="new-password"
                    name="password"
                    label="Password"
                    hint=PASSWORD_RULES
                    problem=errand.problem_of("password")
                />
                <p class="field-hint">
                    "Tell it to him in a way that you trust. He can change it on the page of his account."
                </p>
                <button
                    type="submit"
                    class="button button-primary"
                    aria-disabled=move || errand.is_under_way().then_some("true")
                >
                    "Add the user"
                </button>
            </form>
        </details>
        <ErrandNote errand fields=&["email", "password"] />
    }
}
