//! An import, as a row of a table. One event moves one row, and in it only what changed.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{ImportPill, Number, ProgressBar, RelativeTime, figures, import_pill, progress_bar::BarSize, spans};
use crate::domain::{ImportStatus, ImportSummary};

/// A row.
#[component]
pub fn ImportRow(
    /// The import, as its events move it.
    import: Memo<ImportSummary>,
    /// Now, for what ages.
    now: Memo<Timestamp>,
) -> impl IntoView {
    let first = import.get_untracked();
    let id = first.import_id.to_string();
    let href = format!("/imports/{id}");
    let name = first.file_name.unwrap_or_else(|| "File without a name".to_owned());
    let status = Memo::new(move |_| import.with(|import| import.status));
    let rows = Memo::new(move |_| import.with(|import| import.rows));
    let failed = Memo::new(move |_| rows.with(|rows| rows.failed));
    let rate = Memo::new(move |_| import.with(|import| import.rows_per_second));
    let share = Memo::new(move |_| import.with(|import| figures::thousandths(import.bytes.read, import.bytes.total)));
    let started_at = Memo::new(move |_| import.with(|import| import.started_at));
    let duration = Memo::new(move |_| import.with(|import| duration(import, now)));

    view! {
        <tr data-testid="import-row" data-id=id>
            <td data-label="File" class="is-name">
                <a href=href title=name.clone()>
                    {name.clone()}
                </a>
            </td>
            <td data-label="State">
                <ImportPill status />
            </td>
            <td data-label="Rows" class="is-figure">
                <span class="rows-done">
                    <Show when=move || status.get() == ImportStatus::Running>
                        <ProgressBar
                            label="Share of the file"
                            thousandths=share
                            aspect=Signal::derive(move || import_pill::aspect(status.get()))
                            size=BarSize::Slim
                        />
                    </Show>
                    <span class="number">{move || import.with(done)}</span>
                </span>
            </td>
            <td
                data-label="Failed"
                class="is-figure"
                class:is-trouble=move || failed.get() != 0
                class:is-nothing=move || failed.get() == 0
            >
                <Number value=failed />
            </td>
            <td data-label="Rows/s" class="is-figure">
                {move || rate.get().map_or_else(|| "–".to_owned(), figures::thousands)}
            </td>
            <td data-label="Started">
                {move || match started_at.get() {
                    Some(at) => view! { <RelativeTime at now /> }.into_any(),
                    None => "not yet".into_any(),
                }}
            </td>
            <td data-label="Duration" class="is-figure">
                {duration}
            </td>
        </tr>
    }
}

fn done(import: &ImportSummary) -> String {
    let read = import.rows.read;
    match import.rows.total {
        Some(total) if total != read => format!("{} of {}", figures::thousands(read), figures::thousands(total)),
        None if import.status == ImportStatus::Running => "checking".to_owned(),
        _ => figures::thousands(read),
    }
}

fn duration(import: &ImportSummary, now: Memo<Timestamp>) -> String {
    match (import.started_at, import.finished_at) {
        (Some(from), Some(to)) => spans::lasting(spans::seconds_between(from, to)),
        (Some(from), None) => spans::lasting(spans::seconds_between(from, now.get())),
        (None, _) => "–".to_owned(),
    }
}
