//! What went wrong, and what to do.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{Aspect, Glyph, Icon, Signal, SignalSize};
use crate::{api::ApiError, live::Live};

/// A refusal in the place of what should be here. What may pass by itself is asked for again until it does. Browser only.
#[component]
pub fn ErrorNote(
    /// Why it was refused: says what to do, too.
    error: ApiError,
    /// Asks again, where that may help.
    retry: Callback<()>,
) -> impl IntoView {
    let live = Live::expect();
    match error {
        ApiError::Unreachable | ApiError::Unavailable => {
            Effect::new(move |_| live.keep_trying(move || retry.run(())));
        }
        ApiError::SignInRequired => {
            Effect::new(move |_| live.doubt_reader());
        }
        _ => {}
    }
    let (title, way_out) = match error {
        // What the address asks for is wrong: asking again changes nothing.
        ApiError::BadRequest { .. } | ApiError::Invalid { .. } => ("This address can't be shown", WayOut::FirstPage),
        ApiError::SignInRequired => ("You are signed out", WayOut::SignIn),
        ApiError::Unreachable => ("The server can't be reached", WayOut::Again),
        _ => ("This can't be shown right now", WayOut::Again),
    };
    let detail = match way_out {
        WayOut::SignIn => "Sign in to go on.".to_owned(),
        WayOut::FirstPage | WayOut::Again => error.to_string(),
    };

    view! {
        <section class="note note-danger" role="alert">
            <Signal aspect=Aspect::Danger size=SignalSize::Large />
            <div>
                <h2>{title}</h2>
                <p>{detail}</p>
                {link(way_out, retry)}
            </div>
        </section>
    }
}

/// What the reader can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WayOut {
    FirstPage,
    SignIn,
    Again,
}

fn link(way_out: WayOut, retry: Callback<()>) -> AnyView {
    match way_out {
        WayOut::FirstPage => {
            let path = use_location().pathname;
            view! {
                <a class="button" href=move || path.get()>
                    "To the first page"
                </a>
            }
            .into_any()
        }
        // Another document: the stream ends with this one.
        WayOut::SignIn => view! {
            <a class="button" href="/login" rel="external">
                "Sign in"
            </a>
        }
        .into_any(),
        WayOut::Again => view! {
            <button type="button" class="button needs-script" on:click=move |_| retry.run(())>
                <Icon glyph=Glyph::Again />
                "Try again"
            </button>
        }
        .into_any(),
    }
}
