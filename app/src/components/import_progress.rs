//! How far an import is, in one line under a bar, and what to do when it does not move.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{Aspect, ImportPill, ProgressBar, Signal, SignalSize, figures, import_pill, spans};
use crate::domain::{ImportStatus, ImportSummary};

/// How long a file may wait for a worker before the page says that there seems to be none, in seconds.
const PATIENCE_S: u64 = 10;

/// The card with the state, the bar and what is left.
#[component]
pub fn ImportProgress(
    /// The import, as its events move it.
    import: Memo<ImportSummary>,
    /// Now, for what ages.
    now: Memo<Timestamp>,
) -> impl IntoView {
    let status = Memo::new(move |_| import.with(|import| import.status));
    let share = Memo::new(move |_| import.with(share));
    let sentence = Memo::new(move |_| import.with(sentence));
    let left = Memo::new(move |_| import.with(left));
    let error = Memo::new(move |_| import.with(|import| import.error.clone()));
    let is_forgotten = Memo::new(move |_| {
        import.with(|import| {
            import.status == ImportStatus::Queued && spans::seconds_between(import.created_at, now.get()) > PATIENCE_S
        })
    });

    view! {
        <section class="card import-progress" aria-label="Progress">
            <div class="import-progress-line">
                <ImportPill status />
                <span class="import-sentence number">{sentence}</span>
                <span class="import-left number">{left}</span>
            </div>
            <ProgressBar
                label="Share of the file that is imported"
                thousandths=share
                aspect=Signal::derive(move || bar_aspect(status.get()))
                test_id="import-progress"
            />
            <Show when=move || is_forgotten.get()>
                <div class="note note-caution">
                    <Signal aspect=Aspect::Caution size=SignalSize::Large />
                    <p>"No worker has taken it yet. Start one with " <code>"signalbox worker"</code> "."</p>
                </div>
            </Show>
            <Show when=move || status.get() == ImportStatus::Failed>
                <div class="note note-danger">
                    <Signal aspect=Aspect::Danger size=SignalSize::Large />
                    <div>
                        <p>
                            <strong>
                                {move || error.get().unwrap_or_else(|| "The file could not be read.".to_owned())}
                            </strong>
                        </p>
                        <p>"No customer was changed."</p>
                    </div>
                </div>
            </Show>
        </section>
    }
}

/// Thousandths of the file; unknown while it waits or is checked.
fn share(import: &ImportSummary) -> Option<u16> {
    match import.status {
        ImportStatus::Queued => Some(0),
        ImportStatus::Running if import.rows.total.is_none() => None,
        ImportStatus::Completed => Some(1000),
        ImportStatus::Running | ImportStatus::Failed => figures::thousandths(import.bytes.read, import.bytes.total),
    }
}

/// A bar that is full needs no eye any more.
const fn bar_aspect(status: ImportStatus) -> Aspect {
    match status {
        ImportStatus::Completed => Aspect::Idle,
        status => import_pill::aspect(status),
    }
}

fn sentence(import: &ImportSummary) -> String {
    let rows = import.rows;
    match (import.status, rows.total) {
        (ImportStatus::Queued, _) => "Waiting for a worker".to_owned(),
        (ImportStatus::Running, None) => "Checking the file".to_owned(),
        (ImportStatus::Running, Some(total)) => {
            format!("{} of {} rows", figures::thousands(rows.read), figures::thousands(total))
        }
        (ImportStatus::Completed, _) => figures::counted(rows.read, "row", "rows"),
        (ImportStatus::Failed, _) => "The file could not be imported".to_owned(),
    }
}

/// The rate, and what is left at that rate.
fn left(import: &ImportSummary) -> String {
    let rate = import.rows_per_second.map(|rate| format!("{} rows/s", figures::thousands(rate)));
    let left = import.eta_seconds.filter(|_| import.status == ImportStatus::Running).map(spans::left);
    [rate, left].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
