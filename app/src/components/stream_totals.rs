//! The streams of a server as a few figures that change in place.

use leptos::prelude::*;

use super::Number;
use crate::domain::{Snapshot, StreamStats};

/// One of the figures.
struct Total {
    name: &'static str,
    /// What it counts, for whoever meets the word for the first time.
    meaning: &'static str,
    test_id: &'static str,
    of: fn(&StreamStats) -> u64,
}

const TOTALS: [Total; 6] = [
    Total {
        name: "Connections",
        meaning: "open now",
        test_id: "total-connections",
        of: |stats| stats.total_connections as u64,
    },
    Total {
        name: "Subscriptions",
        meaning: "topics, added up",
        test_id: "total-subscriptions",
        of: |stats| stats.total_subscriptions as u64,
    },
    Total {
        name: "Delivered",
        meaning: "events, to each listener",
        test_id: "total-delivered",
        of: |stats| stats.events_delivered,
    },
    Total {
        name: "Replayed",
        meaning: "events, to who came back",
        test_id: "total-replayed",
        of: |stats| stats.replayed,
    },
    Total { name: "Resets", meaning: "told to load anew", test_id: "total-resets", of: |stats| stats.resets },
    Total { name: "Rejected", meaning: "had too many open", test_id: "total-rejected", of: |stats| stats.rejected },
];

/// What is open, and what was done since the server began.
#[component]
pub fn StreamTotals(
    /// The streams as they were loaded last.
    snapshot: Memo<Snapshot<StreamStats>>,
) -> impl IntoView {
    let totals = TOTALS
        .into_iter()
        .map(|Total { name, meaning, test_id, of }| {
            let value = Memo::new(move |_| snapshot.with(|snapshot| of(&snapshot.data)));
            view! {
                <div class="count" class:is-nothing=move || value.get() == 0>
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

    view! { <dl class="counts">{totals}</dl> }
}
