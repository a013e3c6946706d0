//! What became of an import's rows, as figures that change in place.

use leptos::prelude::*;

use super::counts::{Count, Counts};
use crate::domain::RowCounts;

const COUNTS: [Count<RowCounts>; 6] = [
    Count { name: "Read", meaning: "rows of the file", test_id: "count-read", of: |rows| rows.read },
    Count { name: "Inserted", meaning: "new customers", test_id: "count-inserted", of: |rows| rows.inserted },
    Count { name: "Updated", meaning: "customers changed", test_id: "count-updated", of: |rows| rows.updated },
    Count {
        name: "Unchanged",
        meaning: "already as the row says",
        test_id: "count-unchanged",
        of: |rows| rows.unchanged,
    },
    Count { name: "Skipped", meaning: "left out, as you chose", test_id: "count-skipped", of: |rows| rows.skipped },
    Count { name: "Failed", meaning: "listed below", test_id: "count-failed", of: |rows| rows.failed },
];

/// The five outcomes and their sum.
#[component]
pub fn ImportCounts(
    /// The counts.
    #[prop(into)]
    rows: Signal<RowCounts>,
) -> impl IntoView {
    view! { <Counts counts=&COUNTS read=move |of| rows.with(of) /> }
}
