//! The form that makes a token. Its text comes back once, to this page, so the form waits for the script.

use jiff::Timestamp;
use leptos::{ev, prelude::*};

use super::{Errand, ErrandNote, FieldKind, Glyph, Icon, RoleSelect, TextField, form_values};
use crate::{
    api::acts::{self, MadeToken},
    domain::Role,
};

/// The form, behind its heading until it is wanted.
#[component]
pub fn MakeToken(
    /// Tells of what is done.
    errand: Errand,
    /// Told of the token.
    on_made: Callback<MadeToken>,
) -> impl IntoView {
    let is_ready = RwSignal::new(false);
    Effect::new(move |_| is_ready.set(true));
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let sent = form_values::sent(&event, ["name", "role", "ends"]);
        let Some((form, [name, role, ends])) = sent.filter(|_| errand.is_free()) else { return };
        let role: Role = role.parse().unwrap_or(Role::Viewer);
        let asked = format!("Making the token {}.", name.trim());
        errand.run(asked, "No token was made", acts::make_token(name, role, end_of(&ends)), move |made| {
            form.reset();
            let said = format!("The token {} was made.", made.known.name);
            on_made.run(made);
            said
        });
    };

    view! {
        <details class="adder needs-script">
            <summary>
                <Icon glyph=Glyph::Key />
                "Make a token"
            </summary>
            <form class="card adder-form" method="post" on:submit=on_submit>
                <TextField
                    kind=FieldKind::Text
                    id="token-name"
                    name="name"
                    label="Name"
                    hint="What it is for, as in: the deploy script. It stands in the audit log."
                    problem=errand.problem_of("name")
                />
                <RoleSelect id="token-role" />
                <TextField
                    kind=FieldKind::Day
                    id="token-ends"
                    name="ends"
                    label="Last day"
                    hint="It ends with this day, by UTC. Without one it does not end by itself."
                    is_optional=true
                    problem=errand.problem_of("expiresAt")
                />
                <button
                    type="submit"
                    class="button button-primary"
                    disabled=move || !is_ready.get()
                    aria-disabled=move || errand.is_under_way().then_some("true")
                >
                    "Make the token"
                </button>
            </form>
        </details>
        <p class="without-script muted">
            "Without JavaScript a token is made and revoked by a command: " <code>"signalbox token create NAME --role viewer"</code>
        </p>
        <ErrandNote errand fields=&["name", "expiresAt"] />
    }
}

/// The end of a day; nothing where no day is given.
fn end_of(day: &str) -> Option<Timestamp> {
    format!("{day}T23:59:59Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::end_of;

    #[test]
    fn a_token_counts_on_its_last_day() {
        assert_eq!(end_of("2026-12-31").map(|end| end.to_string()).as_deref(), Some("2026-12-31T23:59:59Z"));
        assert_eq!(end_of(""), None);
    }
}
