//! What the page can prove of its connection, for whoever asks.

use std::time::Duration;

use leptos::prelude::*;

use super::{Allowed, figures};
use crate::domain::Role;
use crate::live::{ConnectionState, Live, Receipt, Repair, StreamUse};

/// What is known of the streams of this reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Streams {
    Asked,
    Known(StreamUse),
    /// The server does not tell.
    Untold,
}

/// The details, drawn in the browser only and as long as they are looked at.
#[component]
pub fn ConnectionDetails() -> impl IntoView {
    let live = Live::expect();
    let receipt = live.receipt();
    let now_ms = RwSignal::new(live.now_ms());
    let streams = RwSignal::new(Streams::Asked);
    Effect::new(move |_| {
        live.stream_use(move |answer| {
            // They may be closed by now.
            let _ = streams.try_set(answer.map_or(Streams::Untold, Streams::Known));
        });
        if let Ok(interval) = set_interval_with_handle(move || now_ms.set(live.now_ms()), Duration::from_secs(1)) {
            on_cleanup(move || interval.clear());
        }
    });
    let state = live.state();

    view! {
        <p>{move || explanation(state.get())}</p>
        <dl
            data-testid="connection-receipt"
            data-received=move || receipt.get().received.to_string()
            data-checksum=move || format!("{:016x}", receipt.get().checksum)
        >
            <Line says="Last update" value=Signal::derive(move || age(&receipt.get(), now_ms.get())) />
            <Line says="Server to screen" value=Signal::derive(move || lag(&receipt.get())) />
            <Line says="Last break" value=Signal::derive(move || repair(receipt.get().repair)) />
            <Line
                says="Received"
                value=Signal::derive(move || figures::counted(receipt.get().received, "update", "updates"))
            />
            <Show when=move || streams.get() != Streams::Untold>
                <Line says="Streams" value=Signal::derive(move || used(streams.get())) />
            </Show>
        </dl>
        <div class="actions">
            <button type="button" class="button" on:click=move |_| live.reconnect_now()>
                "Reconnect now"
            </button>
            <Allowed role=Role::Operator>
                <a class="button" href="/debug/streams">
                    "All streams"
                </a>
            </Allowed>
        </div>
    }
}

/// A line of the list.
#[component]
fn Line(
    /// What it is about.
    says: &'static str,
    /// What is known.
    value: Signal<String>,
) -> impl IntoView {
    view! {
        <div>
            <dt>{says}</dt>
            <dd>{value}</dd>
        </div>
    }
}

const fn explanation(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Connecting => "The page is asking for live updates.",
        ConnectionState::Live => "What happens is shown at once.",
        ConnectionState::Stale => {
            "What you see may be old. The page is asking again, and catches up as soon as it can."
        }
        ConnectionState::Reconnecting => "The connection was lost. The page catches up as soon as it is back.",
        ConnectionState::Offline => "This device has no network. The page catches up as soon as it is back.",
    }
}

fn age(receipt: &Receipt, now_ms: f64) -> String {
    match receipt.last_event_ms.map(|at_ms| whole((now_ms - at_ms) / 1_000.0)) {
        None => "none yet".into(),
        Some(0) => "just now".into(),
        Some(seconds @ 1..60) => format!("{seconds} s ago"),
        Some(seconds @ 60..3_600) => format!("{} min ago", seconds / 60),
        Some(seconds) => format!("{} h ago", seconds / 3_600),
    }
}

fn lag(receipt: &Receipt) -> String {
    receipt.lag_ms.map_or_else(|| "not measured yet".into(), |lag_ms| format!("{} ms", whole(lag_ms)))
}

fn repair(repair: Repair) -> String {
    match repair {
        Repair::Unbroken => "none".into(),
        Repair::Replayed(count) => format!("{} replayed", figures::counted(count, "update", "updates")),
        Repair::Reloaded => "state reloaded".into(),
    }
}

fn used(streams: Streams) -> String {
    match streams {
        Streams::Known(StreamUse { used, limit }) => format!("{used} of {limit}"),
        Streams::Asked | Streams::Untold => "…".into(),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an age, never negative after `max`")]
const fn whole(number: f64) -> u64 {
    number.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_the_last_update_is_said_in_its_largest_unit() {
        let mut receipt = Receipt::default();
        assert_eq!(age(&receipt, 5_000.0), "none yet");

        receipt.took("e-1", 1_000.0);

        for (now_ms, words) in [(1_400.0, "just now"), (4_000.0, "3 s ago"), (121_000.0, "2 min ago")] {
            assert_eq!(age(&receipt, now_ms), words);
        }
    }

    #[test]
    fn a_break_says_what_was_replayed() {
        assert_eq!(repair(Repair::Replayed(12)), "12 updates replayed");
        assert_eq!(repair(Repair::Replayed(1)), "1 update replayed");
        assert_eq!(repair(Repair::Reloaded), "state reloaded");
    }
}
