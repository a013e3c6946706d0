//! One clock for all that ages on a page.
//!
//! It starts after hydration, because the first rendering must equal the server's. And it never trusts the browser's
//! time of day: a page counts on from the moment at which the server took its snapshot, so that a machine whose clock
//! is an hour off still says "3 min ago".

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

/// The clock of this tab, provided once by the app.
#[derive(Clone, Copy)]
pub struct Clock {
    /// The browser's milliseconds, once a second; `None` on the server and before hydration.
    tick_ms: RwSignal<Option<f64>>,
}

impl Clock {
    /// Makes the clock and provides it to all below. On the server it stands still.
    pub fn provide() {
        let clock = Self { tick_ms: RwSignal::new(None) };
        provide_context(clock);
        Effect::new(move |_| {
            let tick = move || clock.tick_ms.set(Some(js_sys::Date::now()));
            tick();
            if let Ok(interval) = set_interval_with_handle(tick, Duration::from_secs(1)) {
                on_cleanup(move || interval.clear());
            }
        });
    }

    /// The server's time, going on from the moment at which it took the snapshot.
    pub fn since(taken_at: impl Fn() -> Timestamp + Copy + Send + Sync + 'static) -> Memo<Timestamp> {
        let Self { tick_ms } = expect_context();
        let arrival = RwSignal::new(None);
        Effect::new(move |_| arrival.set(Some((taken_at(), js_sys::Date::now()))));
        Memo::new(move |_| {
            let taken_at = taken_at();
            match (arrival.get(), tick_ms.get()) {
                (Some((of, arrived_ms)), Some(now_ms)) if of == taken_at => later(taken_at, now_ms - arrived_ms),
                _ => taken_at,
            }
        })
    }
}

fn later(moment: Timestamp, elapsed_ms: f64) -> Timestamp {
    let elapsed = SignedDuration::try_from_secs_f64(elapsed_ms.max(0.0) / 1000.0).unwrap_or_default();
    moment.saturating_add(elapsed).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_and_never_back() {
        let taken_at: Timestamp = "2026-11-21T05:00:00Z".parse().expect("a timestamp");

        assert_eq!(later(taken_at, 1_500.0).to_string(), "2026-11-21T05:00:01.5Z");
        assert_eq!(later(taken_at, -9.0), taken_at);
        assert_eq!(later(taken_at, f64::NAN), taken_at);
    }
}
