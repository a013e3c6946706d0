//! Where one signs in: a form that needs no script. What was wrong with the last try stands in the address, by its code.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::address::parameter;
use crate::components::{Credentials, PasswordKind, Trouble, spans};

/// The page to sign in.
#[component]
pub fn LoginPage() -> impl IntoView {
    let query = use_query_map();
    let next = move || query.with(|query| parameter(query, "next")).unwrap_or_default();
    let trouble = move || {
        let (code, seconds) = query.with(|query| (parameter(query, "problem"), parameter(query, "seconds")));
        let (title, detail) = words(&code?, seconds.and_then(|seconds| seconds.parse().ok()));
        Some(view! { <Trouble title detail /> })
    };

    view! {
        <Title text="Sign in" />
        <h1>"Sign in"</h1>
        {trouble}
        <form class="card gate-form" method="post" action="/login">
            <input type="hidden" name="next" value=next />
            <Credentials password=PasswordKind::Current />
            <button type="submit" class="button button-primary button-large">
                "Sign in"
            </button>
        </form>
        <p class="gate-note">
            "No account, or the password is gone? Ask an admin. The very first one is made by the link that the server prints when it starts."
        </p>
    }
}

/// What went wrong, and what to do.
fn words(code: &str, seconds: Option<u64>) -> (&'static str, String) {
    let (title, detail) = match code {
        "invalid_credentials" => ("E-mail or password is wrong", "Look at both, and try again."),
        "too_many_attempts" => {
            let pause = seconds.filter(|seconds| *seconds > 0).map(spans::lasting);
            let pause = pause
                .map_or_else(|| "Wait a little, then try again.".to_owned(), |pause| format!("Try again in {pause}."));
            return ("Too many attempts", pause);
        }
        "unavailable" | "storage_full" | "storage_read_only" => {
            ("Nobody can sign in right now", "Signalbox can't reach its storage. Try again in a moment.")
        }
        _ => ("That did not work", "Try again; if it happens again, the server's log tells what."),
    };
    (title, detail.to_owned())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn who_tried_too_often_is_told_how_long_to_wait() {
        assert_eq!(words("too_many_attempts", Some(75)).1, "Try again in 1 min 15 s.");
        assert_eq!(words("too_many_attempts", None).1, "Wait a little, then try again.");
    }

    #[test]
    fn what_stands_in_the_address_is_never_said_again() {
        let (title, detail) = words("<script>", None);

        assert!(!title.contains("script") && !detail.contains("script"));
    }
}
