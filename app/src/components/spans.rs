//! Spans of time as text. Logic lives here, outside components, so that it is tested natively.
//!
//! Moments are written in UTC: it is what the logs and the API say, and the server does not know the reader's zone.

use jiff::{SignedDuration, Timestamp};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Seconds from one moment to another; 0 when the second is the earlier, which clocks of two machines can make it.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    let span: SignedDuration = to.duration_since(from);
    u64::try_from(span.as_secs()).unwrap_or(0)
}

/// How long something took: `under 1 s`, `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`.
pub fn lasting(seconds: u64) -> String {
    match seconds {
        0 => "under 1 s".to_owned(),
        1..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => two(seconds, MINUTE, "min", 1, "s"),
        HOUR..DAY => two(seconds, HOUR, "h", MINUTE, "min"),
        _ => two(seconds, DAY, "d", HOUR, "h"),
    }
}

fn two(seconds: u64, large: u64, large_name: &str, small: u64, small_name: &str) -> String {
    let rest = seconds % large / small;
    let first = format!("{} {large_name}", seconds / large);
    if rest == 0 { first } else { format!("{first} {rest} {small_name}") }
}

/// How long something will take, as roughly as it is known: `about 40 s left`.
pub fn left(seconds: u64) -> String {
    match seconds {
        0..5 => "a few seconds left".to_owned(),
        5..MINUTE => format!("about {} s left", seconds.div_ceil(5) * 5),
        MINUTE..HOUR => format!("about {} min left", seconds.div_ceil(MINUTE)),
        _ => format!("about {} left", lasting(seconds / MINUTE * MINUTE)),
    }
}

/// A moment as its distance from now; after 30 days its date.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    match seconds_between(at, now) {
        0..5 => "just now".to_owned(),
        seconds @ 5..MINUTE => format!("{seconds} s ago"),
        seconds @ MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
        seconds @ HOUR..DAY => format!("{} h ago", seconds / HOUR),
        seconds if seconds < 30 * DAY => format!("{} d ago", seconds / DAY),
        _ => day(at),
    }
}

/// The day of a moment: `2026-11-21`.
pub fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// A moment to the second: `2026-11-21 05:55:37 UTC`.
pub fn exact(at: Timestamp) -> String {
    let text = at.to_string();
    let to_the_second: String = text.chars().take(19).collect();
    format!("{} UTC", to_the_second.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn a_length_has_at_most_two_units() {
        assert_eq!(lasting(0), "under 1 s");
        assert_eq!(lasting(59), "59 s");
        assert_eq!(lasting(60), "1 min");
        assert_eq!(lasting(185), "3 min 5 s");
        assert_eq!(lasting(7_800), "2 h 10 min");
        assert_eq!(lasting(273_600), "3 d 4 h");
    }

    #[test]
    fn what_is_left_is_said_no_more_exactly_than_it_is_known() {
        assert_eq!(left(3), "a few seconds left");
        assert_eq!(left(41), "about 45 s left");
        assert_eq!(left(61), "about 2 min left");
        assert_eq!(left(3_700), "about 1 h 1 min left");
    }

    #[test]
    fn the_past_is_told_from_now() {
        let at = moment("2026-11-21T05:00:00Z");

        assert_eq!(ago(at, moment("2026-11-21T05:00:03Z")), "just now");
        assert_eq!(ago(at, moment("2026-11-21T05:00:42Z")), "42 s ago");
        assert_eq!(ago(at, moment("2026-11-21T05:42:00Z")), "42 min ago");
        assert_eq!(ago(at, moment("2026-11-22T04:59:59Z")), "23 h ago");
        assert_eq!(ago(at, moment("2026-11-30T05:00:00Z")), "9 d ago");
        assert_eq!(ago(at, moment("2027-11-30T05:00:00Z")), "2026-11-21");
    }

    #[test]
    fn a_clock_that_is_behind_makes_no_negative_age() {
        let at = moment("2026-11-21T05:00:00Z");

        assert_eq!(ago(at, moment("2026-11-21T04:00:00Z")), "just now");
    }

    #[test]
    fn an_exact_moment_has_seconds_and_a_zone() {
        assert_eq!(exact(moment("2026-11-21T05:55:37.123Z")), "2026-11-21 05:55:37 UTC");
        assert_eq!(exact(moment("2026-11-21T05:55:37Z")), "2026-11-21 05:55:37 UTC");
    }
}
