//! What the live stream is up to. Trouble is said calmly: the page goes on showing what it knows.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{Aspect, ConnectionDetails, Lamp, Signal};
use crate::live::{ConnectionState, Live};

/// Names the details for the button that opens them.
const DETAILS_ID: &str = "connection-details";

/// Why the details are to be seen; what was opened on purpose is not closed by the pointer's leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Details {
    Closed,
    Hovered,
    Focused,
    Pinned,
}

/// What the reader does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gesture {
    Enter,
    Leave,
    Focus,
    Blur,
    Click,
    Escape,
}

impl Details {
    const fn after(self, gesture: Gesture) -> Self {
        match (gesture, self) {
            (Gesture::Enter, Self::Closed) => Self::Hovered,
            (Gesture::Focus, Self::Closed | Self::Hovered) => Self::Focused,
            (Gesture::Click, Self::Closed | Self::Hovered | Self::Focused) => Self::Pinned,
            (Gesture::Leave, Self::Hovered) | (Gesture::Blur | Gesture::Escape, _) | (Gesture::Click, Self::Pinned) => {
                Self::Closed
            }
            (_, same) => same,
        }
    }
}

/// The state of the connection, as semaphore and word; more of it on demand. It leaves the page when there is no JavaScript.
#[component]
pub fn ConnectionIndicator() -> impl IntoView {
    let state = Live::expect().state();
    let details = RwSignal::new(Details::Closed);
    let gesture = move |gesture: Gesture| details.update(|details| *details = details.after(gesture));
    let is_open = Memo::new(move |_| details.get() != Details::Closed);
    let place = NodeRef::<html::Div>::new();
    let on_blur = move |event: ev::FocusEvent| {
        let next = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        if place.get_untracked().is_none_or(|place| !place.contains(next.as_ref())) {
            gesture(Gesture::Blur);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            gesture(Gesture::Escape);
        }
    };

    view! {
        <div
            class="connection-place needs-script"
            node_ref=place
            on:mouseenter=move |_| gesture(Gesture::Enter)
            on:mouseleave=move |_| gesture(Gesture::Leave)
            on:focusin=move |_| gesture(Gesture::Focus)
            on:focusout=on_blur
            on:keydown=on_key
        >
            <p
                class="connection"
                role="status"
                data-testid="connection-status"
                data-state=move || state.get().as_str()
            >
                <Signal aspect=Signal::derive(move || aspect(state.get())) lamp=Lamp::Pulsing />
                <span>{move || word(state.get())}</span>
            </p>
            <button
                type="button"
                class="connection-button"
                aria-label="About the connection"
                aria-expanded=move || if is_open.get() { "true" } else { "false" }
                aria-controls=DETAILS_ID
                on:click=move |_| gesture(Gesture::Click)
            ></button>
            <div id=DETAILS_ID class="connection-details" hidden=move || !is_open.get()>
                <Show when=move || is_open.get()>
                    <ConnectionDetails />
                </Show>
            </div>
        </div>
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

#[cfg(test)]
mod tests {
    use super::{Details, Gesture};

    fn after(gestures: &[Gesture]) -> Details {
        gestures.iter().fold(Details::Closed, |details, gesture| details.after(*gesture))
    }

    #[test]
    fn a_glance_ends_with_the_pointer_and_what_was_clicked_stays() {
        assert_eq!(after(&[Gesture::Enter]), Details::Hovered);
        assert_eq!(after(&[Gesture::Enter, Gesture::Leave]), Details::Closed);
        assert_eq!(after(&[Gesture::Enter, Gesture::Focus, Gesture::Click, Gesture::Leave]), Details::Pinned);
    }

    #[test]
    fn a_second_click_escape_and_leaving_by_the_keyboard_close_it() {
        let opened = [Gesture::Enter, Gesture::Focus, Gesture::Click];
        for last in [Gesture::Click, Gesture::Escape, Gesture::Blur] {
            assert_eq!(after(&[&opened[..], &[last]].concat()), Details::Closed);
        }
    }
}
