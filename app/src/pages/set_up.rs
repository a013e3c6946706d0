//! Where the first admin is made, once, by the link that the server prints while there is none.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::address::parameter;
use crate::components::{Credentials, PasswordKind, Trouble};

/// The page to make the first admin.
#[component]
pub fn SetUpPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| ["token", "problem", "field"].map(|name| parameter(query, name).unwrap_or_default()))
    });

    view! {
        <Title text="Set up" />
        {move || {
            let [token, problem, field] = asked.get();
            if token.is_empty() || problem == "not_found" {
                view! { <LinkIsOver /> }.into_any()
            } else {
                view! { <FirstAdmin token trouble=words(&problem, &field) /> }.into_any()
            }
        }}
    }
}

/// The form.
#[component]
fn FirstAdmin(
    /// What the link holds.
    token: String,
    /// What was wrong with the last try: its title, and what to do.
    trouble: Option<(&'static str, &'static str)>,
) -> impl IntoView {
    view! {
        <h1>"Make the first admin"</h1>
        {trouble.map(|(title, detail)| view! { <Trouble title detail /> })}
        <form class="card gate-form" method="post" action="/setup">
            <input type="hidden" name="token" value=token />
            <Credentials password=PasswordKind::New />
            <button type="submit" class="button button-primary button-large">
                "Make the first admin"
            </button>
        </form>
        <p class="gate-note">"An admin makes the other users, and may do everything."</p>
    }
}

/// Says that the link makes nobody an admin any more.
#[component]
fn LinkIsOver() -> impl IntoView {
    view! {
        <h1>"This link is used up or over"</h1>
        <div class="card gate-words">
            <p>"A set-up link makes one admin, within 30 minutes of its being printed."</p>
            <p>"As long as there is no admin, a restart of the server prints a new one."</p>
        </div>
        <p class="gate-note">
            <a href="/login" rel="external">
                "Sign in"
            </a>
            ", if there is one."
        </p>
    }
}

/// What went wrong, and what to do; nothing when nothing did.
fn words(problem: &str, field: &str) -> Option<(&'static str, &'static str)> {
    Some(match (problem, field) {
        ("", _) => return None,
        ("invalid", "password") => {
            ("This password won't do", "Use 12 characters or more, and not one that is among the first guessed.")
        }
        ("invalid", "email") => ("This is no e-mail address", "Write it as in ada@example.com."),
        ("conflict", _) => ("This e-mail has a user already", "Use another one for the admin."),
        ("too_many_attempts", _) => ("Too many attempts", "Wait a little, then try again."),
        ("unavailable" | "storage_full" | "storage_read_only", _) => {
            ("Nobody can be made an admin right now", "Signalbox can't write to its storage. Try again in a moment.")
        }
        _ => ("That did not work", "Try again; if it happens again, the server's log tells what."),
    })
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_is_wrong_with_which_field_is_said() {
        assert_eq!(words("", ""), None);
        assert!(words("invalid", "password").is_some_and(|(_, detail)| detail.contains("12")));
        assert!(words("invalid", "email").is_some_and(|(title, _)| title.contains("e-mail")));
    }
}
