//! The semaphore: how every state is drawn. Shape first, then the word beside it, then colour, so that a greyscale
//! print still reads.

use leptos::prelude::*;

/// What the arm says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// Arm raised: running, completed, live.
    Clear,
    /// Arm at 45°: starting, retrying, stale, reconnecting.
    Caution,
    /// Arm level: failed, offline.
    Danger,
    /// No arm: stopped, waiting.
    Idle,
    /// Crossed: paused, cancelled.
    OutOfUse,
}

impl Aspect {
    /// The name that style sheets know: `data-aspect`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Caution => "caution",
            Self::Danger => "danger",
            Self::Idle => "idle",
            Self::OutOfUse => "out-of-use",
        }
    }
}

/// How large it is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignalSize {
    /// 16 px, beside text.
    #[default]
    Small,
    /// 24 px, beside a heading.
    Large,
}

/// Whether the lamp moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lamp {
    /// It never does.
    #[default]
    Steady,
    /// It pulses, slowly, while the aspect is clear; not when the reader wants less motion.
    Pulsing,
}

/// A semaphore. It is hidden from screen readers: the word beside it says the same.
#[component]
pub fn Signal(
    /// What the arm says.
    #[prop(into)]
    aspect: Signal<Aspect>,
    /// How large it is drawn.
    #[prop(optional)]
    size: SignalSize,
    /// Whether the lamp moves.
    #[prop(optional)]
    lamp: Lamp,
) -> impl IntoView {
    view! {
        <svg
            class="signal"
            class:signal-large=size == SignalSize::Large
            class:signal-pulsing=lamp == Lamp::Pulsing
            data-aspect=move || aspect.get().as_str()
            viewBox="0 0 16 16"
            aria-hidden="true"
        >
            <path class="signal-post" d="M4.5 15.25V5.5M2 15.25h5" />
            <rect class="signal-arm" x="4.5" y="5.5" width="10.5" height="4" rx="1" />
            <path class="signal-cross" d="M6.5 4.5l6 6M12.5 4.5l-6 6" />
            <circle class="signal-lamp" cx="4.5" cy="7.5" r="2" />
        </svg>
    }
}
