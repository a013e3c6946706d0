//! The columns that an import understands, and what it makes of a cell.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// Column, and what belongs there.
const COLUMNS: [(&str, &str); 9] = [
    ("Email", "needed; tells who the customer is"),
    ("Name", "or First Name and Last Name"),
    ("Phone", "as written"),
    ("Company", "as written"),
    ("City", "as written"),
    ("Country", "a name or a code"),
    ("Total Spend", "a number such as 1,234.50"),
    ("Visits", "a whole number"),
    ("Last Visit", "a date such as 2026-11-21"),
];

/// What a file should look like.
#[component]
pub fn ColumnGuide() -> impl IntoView {
    view! {
        <aside class="guide" aria-labelledby="guide-title">
            <h2 id="guide-title">"Columns that are understood"</h2>
            <p>"In any order, in any case. The first line holds their names. Other columns are left aside."</p>
            <table class="guide-table">
                <caption class="visually-hidden">"Columns and what belongs there"</caption>
                <thead class="visually-hidden">
                    <tr>
                        <th scope="col">"Column"</th>
                        <th scope="col">"What belongs there"</th>
                    </tr>
                </thead>
                <tbody>
                    {COLUMNS
                        .into_iter()
                        .map(|(column, meaning)| {
                            view! {
                                <tr>
                                    <th scope="row">{column}</th>
                                    <td>{meaning}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
            <p>
                "An empty cell leaves what is there. A row that can't be taken is listed with what to change; "
                "all the others go in."
            </p>
            <p>
                <a href="/sample-customers.csv" download="sample-customers.csv" rel="external">
                    <Icon glyph=Glyph::Download />
                    "A sample file"
                </a>
            </p>
        </aside>
    }
}
