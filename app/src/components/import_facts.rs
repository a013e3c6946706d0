//! What an import is: how large, in which mode, since when.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{RelativeTime, figures, spans};
use crate::domain::{ImportMode, ImportSummary};

/// The line under the file's name.
#[component]
pub fn ImportFacts(
    /// The import, as its events move it.
    import: Memo<ImportSummary>,
    /// Now, for what ages.
    now: Memo<Timestamp>,
) -> impl IntoView {
    let size = Memo::new(move |_| import.with(|import| figures::size(import.bytes.total)));
    let mode = Memo::new(move |_| import.with(|import| mode_words(import.mode)));
    let started_at = Memo::new(move |_| import.with(|import| import.started_at));
    let finished_at = Memo::new(move |_| import.with(|import| import.finished_at));
    let created_at = Memo::new(move |_| import.with(|import| import.created_at));
    let duration = Memo::new(move |_| {
        started_at
            .get()
            .map(|from| spans::lasting(spans::seconds_between(from, finished_at.get().unwrap_or_else(|| now.get()))))
    });

    view! {
        <span class="facts">
            <span class="number">{size}</span>
            <span>{mode}</span>
            <span>"sent " {move || view! { <RelativeTime at=created_at.get() now /> }}</span>
            {move || started_at.get().map(|at| view! { <span>"started " <RelativeTime at now /></span> })}
            {move || finished_at.get().map(|at| view! { <span>"finished " <RelativeTime at now /></span> })}
            <Show when=move || duration.with(Option::is_some)>
                <span class="number">"took " {move || duration.get()}</span>
            </Show>
        </span>
    }
}

const fn mode_words(mode: ImportMode) -> &'static str {
    match mode {
        ImportMode::Upsert => "adds and updates",
        ImportMode::Create => "only adds",
        ImportMode::Update => "only updates",
    }
}
