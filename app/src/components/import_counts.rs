//! What became of an import's rows, as figures that change in place.

use leptos::prelude::*;

use super::Number;
use crate::domain::RowCounts;

/// One of the counts.
struct Count {
    name: &'static str,
    /// What it counts, for whoever meets the word for the first time.
    meaning: &'static str,
    test_id: &'static str,
    of: fn(&RowCounts) -> u64,
}

const COUNTS: [Count; 6] = [
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
    let counts = COUNTS
        .into_iter()
        .map(|Count { name, meaning, test_id, of }| {
            let value = Memo::new(move |_| rows.with(of));
            view! {
                <div class="count" class:is-nothing=move || value.get() == 0 data-count=test_id>
                    <dt>{name}</dt>
                    <dd>
                        <strong data-testid=test_id data-value=move || value.get().to_string()>
                            <Number value />
                        </strong>
                        <span class="count-meaning">{meaning}</span>
                    </dd>
                </div>
            }
        })
        .collect_view();

    view! { <dl class="counts">{counts}</dl> }
}
