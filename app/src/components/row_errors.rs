//! The rows that an import could not take: which, where, and what to change.

use leptos::prelude::*;

use super::figures::thousands;
use crate::domain::ImportRowError;

/// The table of refused rows.
#[component]
pub fn RowErrors(
    /// What is wrong with which row, in the order of the file.
    #[prop(into)]
    errors: Signal<Vec<ImportRowError>>,
) -> impl IntoView {
    view! {
        <table class="table table-errors">
            <caption class="visually-hidden">"Rows that were not imported"</caption>
            <thead>
                <tr>
                    <th scope="col" class="is-figure">"Row"</th>
                    <th scope="col" class="is-figure">"Line"</th>
                    <th scope="col">"Column"</th>
                    <th scope="col">"Value"</th>
                    <th scope="col">"What to change"</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || errors.get()
                    key=|error| (error.row, error.column.clone(), error.code.clone())
                    children=|error| view! { <RowError error /> }
                />
            </tbody>
        </table>
    }
}

/// One line of the table.
#[component]
fn RowError(
    /// What is wrong with which row.
    error: ImportRowError,
) -> impl IntoView {
    let ImportRowError { row, line, column, value, code, message } = error;

    view! {
        <tr data-testid="error-row" data-id=row.to_string() data-code=code>
            <td class="is-figure" data-label="Row">
                {thousands(row)}
            </td>
            <td class="is-figure" data-label="Line">
                {thousands(line)}
            </td>
            <td data-label="Column">{column.unwrap_or_else(|| "the whole row".to_owned())}</td>
            <td data-label="Value" class="is-value">
                {match value {
                    Some(value) if value.is_empty() => view! { <span class="muted">"empty"</span> }.into_any(),
                    Some(value) => view! { <code>{value}</code> }.into_any(),
                    None => ().into_any(),
                }}
            </td>
            <td data-label="What to change" class="is-wrapping">
                {message}
            </td>
        </tr>
    }
}
