//! Moments as programs write them, year first; a moment without an offset is taken as UTC.
//!
//! `03/04/2026` is April in Paris and March in New York. It is refused, since a wrong date looks like a right one.
//! With dots, `03.04.2026`, the day comes first wherever people write dates so.

use jiff::{Timestamp, civil};

/// The moment that `text` names; `None` if it can't be read in one way only.
///
/// Read are RFC 3339, `2026-11-21`, `2026-11-21 05:30`, `2026-11-21 05:30:00`, each also with slashes, with an offset
/// or ` UTC` behind the time, and `21.11.2026` with or without a time.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    // A year before our era, as our own files write it: six digits behind a sign.
    if text.starts_with('-') {
        return text.parse().ok();
    }
    let (date, rest) = text.split_at_checked(10)?;
    let date = date_of(date)?;
    let clock = match rest.strip_prefix(['T', 't', ' ']) {
        None if rest.is_empty() => return utc(date.at(0, 0, 0, 0)),
        None => return None,
        Some(clock) => clock.trim(),
    };
    let (time, offset) = match clock.find(['Z', 'z', '+', '-', 'U']) {
        None => return utc(date.to_datetime(clock.parse().ok()?)),
        Some(at) => clock.split_at(at),
    };
    let local = date.to_datetime(time.trim_end().parse().ok()?);
    match offset {
        "Z" | "z" | "UTC" => utc(local),
        offset => format!("{local}{offset}").parse().ok(),
    }
}

/// A date of ten characters: `2026-11-21`, `2026/11/21`, `21.11.2026`.
fn date_of(text: &str) -> Option<civil::Date> {
    let part = |range: std::ops::Range<usize>| -> Option<i16> {
        let digits = text.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let (year, month, day) = match (text.as_bytes(), text.len()) {
        ([_, _, b'.', _, _, b'.', ..], 10) => (part(6..10)?, part(3..5)?, part(0..2)?),
        ([_, _, _, _, b'-', _, _, b'-', ..] | [_, _, _, _, b'/', _, _, b'/', ..], 10) => {
            (part(0..4)?, part(5..7)?, part(8..10)?)
        }
        _ => return None,
    };
    civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn utc(local: civil::DateTime) -> Option<Timestamp> {
    jiff::tz::Offset::UTC.to_timestamp(local).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_year_first_and_with_dots() {
        let moments = [
            ("2026-11-21T05:30:00Z", "2026-11-21T05:30:00Z"),
            ("2026-11-21T05:30:00.125+01:00", "2026-11-21T04:30:00.125Z"),
            ("2026-11-21t05:30:00z", "2026-11-21T05:30:00Z"),
            ("2026-11-21 05:30:00 -0500", "2026-11-21T10:30:00Z"),
            ("2026-11-21 05:30:00 UTC", "2026-11-21T05:30:00Z"),
            ("2026-11-21 05:30:00", "2026-11-21T05:30:00Z"),
            ("2026-11-21 05:30", "2026-11-21T05:30:00Z"),
            ("2026-11-21T05:30", "2026-11-21T05:30:00Z"),
            ("2026-11-21", "2026-11-21T00:00:00Z"),
            ("2026/11/21", "2026-11-21T00:00:00Z"),
            ("2026/11/21 05:30", "2026-11-21T05:30:00Z"),
            ("21.11.2026", "2026-11-21T00:00:00Z"),
            ("21.11.2026 05:30", "2026-11-21T05:30:00Z"),
            ("-000001-12-31T19:00:00Z", "-000001-12-31T19:00:00Z"),
        ];
        for (text, expected) in moments {
            assert_eq!(moment(text), Some(expected.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_or_in_none_is_refused() {
        let texts = [
            "03/04/2026",
            "3/4/26",
            "2026-13-01",
            "2026-02-30",
            "0000-00-00",
            "2026-11-21 25:00",
            "2026-11-21 soon",
            "yesterday",
            "45982",
            "20261121",
            "2026-11",
            "21-11-2026",
            "+026-11-21",
            "-026-11-21",
            "2026-11-21 05:30 PM",
            "",
            "2026-11-21X",
            "äääääääääääääää",
        ];
        for text in texts {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
