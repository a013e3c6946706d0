//! The streams of a server as a few figures that change in place.

use leptos::prelude::*;

use super::counts::{Count, Counts};
use crate::domain::{Snapshot, StreamStats};

const TOTALS: [Count<StreamStats>; 6] = [
    Count {
        name: "Connections",
        meaning: "open now",
        test_id: "total-connections",
        of: |stats| stats.total_connections as u64,
    },
    Count {
        name: "Subscriptions",
        meaning: "topics, added up",
        test_id: "total-subscriptions",
        of: |stats| stats.total_subscriptions as u64,
    },
    Count {
        name: "Delivered",
        meaning: "events, to each listener",
        test_id: "total-delivered",
        of: |stats| stats.events_delivered,
    },
    Count {
        name: "Replayed",
        meaning: "events, to who came back",
        test_id: "total-replayed",
        of: |stats| stats.replayed,
    },
    Count { name: "Resets", meaning: "told to load anew", test_id: "total-resets", of: |stats| stats.resets },
    Count {
        name: "Rejected",
        meaning: "had too many, or too fast",
        test_id: "total-rejected",
        of: |stats| stats.rejected,
    },
];

/// What is open, and what was done since the server began.
#[component]
pub fn StreamTotals(
    /// The streams as they were loaded last.
    snapshot: Memo<Snapshot<StreamStats>>,
) -> impl IntoView {
    view! { <Counts counts=&TOTALS read=move |of| snapshot.with(|snapshot| of(&snapshot.data)) /> }
}
