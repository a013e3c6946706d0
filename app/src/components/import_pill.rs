//! The state of an import.

use leptos::prelude::*;

use super::{Aspect, StatusPill};
use crate::domain::ImportStatus;

/// Where an import stands, as semaphore and word.
#[component]
pub fn ImportPill(
    /// Where it stands.
    #[prop(into)]
    status: Signal<ImportStatus>,
) -> impl IntoView {
    view! {
        <StatusPill
            state=Signal::derive(move || status.get().as_str())
            aspect=Signal::derive(move || aspect(status.get()))
            word=Signal::derive(move || word(status.get()))
        />
    }
}

/// How the state is drawn.
pub const fn aspect(status: ImportStatus) -> Aspect {
    match status {
        ImportStatus::Queued => Aspect::Idle,
        ImportStatus::Running | ImportStatus::Completed => Aspect::Clear,
        ImportStatus::Failed => Aspect::Danger,
    }
}

/// The word beside it.
pub const fn word(status: ImportStatus) -> &'static str {
    match status {
        ImportStatus::Queued => "Queued",
        ImportStatus::Running => "Running",
        ImportStatus::Completed => "Completed",
        ImportStatus::Failed => "Failed",
    }
}
