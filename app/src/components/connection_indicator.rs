//! What the live stream is up to. Trouble is said calmly: the page goes on showing what it knows.

use leptos::prelude::*;

use super::{Aspect, Lamp, Signal};
use crate::live::{ConnectionState, Live};

/// The state of the connection, as semaphore and word. It leaves the page when there is no JavaScript.
#[component]
pub fn ConnectionIndicator() -> impl IntoView {
    let state = Live::expect().state();

    view! {
        <p
            class="connection needs-script"
            role="status"
            data-testid="connection-status"
            data-state=move || state.get().as_str()
            title=move || explanation(state.get())
        >
            <Signal aspect=Signal::derive(move || aspect(state.get())) lamp=Lamp::Pulsing />
            <span>{move || word(state.get())}</span>
        </p>
    }
}

const fn aspect(state: ConnectionState) -> Aspect {
    match state {
        ConnectionState::Live => Aspect::Clear,
        ConnectionState::Connecting | ConnectionState::Stale | ConnectionState::Reconnecting => Aspect::Caution,
        ConnectionState::Offline => Aspect::Danger,
    }
}

const fn word(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Connecting => "Connecting",
        ConnectionState::Live => "Live",
        ConnectionState::Stale => "Stale",
        ConnectionState::Reconnecting => "Reconnecting",
        ConnectionState::Offline => "Offline",
    }
}

const fn explanation(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Connecting => "The page is asking for live updates.",
        ConnectionState::Live => "What happens is shown at once.",
        ConnectionState::Stale => {
            "What you see may be old. The page is asking again, and catches up as soon as it can."
        }
        ConnectionState::Reconnecting => "The connection was lost. The page catches up as soon as it is back.",
        ConnectionState::Offline => "This device has no network. The page catches up as soon as it is back.",
    }
}
