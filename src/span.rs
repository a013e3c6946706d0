//! Spans of time as people write them: `500ms`, `30s`, `15m`, `24h`, `7d`.

use std::time::Duration;

/// The longest span that is taken: some 27 years, far from where sums of milliseconds overflow.
const LONGEST: Duration = Duration::from_hours(10_000 * 24);

/// Reads a span.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(span) if span <= LONGEST => Ok(span),
        Ok(_) => Err("longer than 10000d".to_owned()),
        Err(_) => Err("no span of time; write it as 500ms, 30s, 15m, 24h or 7d".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_unit_and_an_end() {
        assert_eq!(parse("90m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        assert!(parse("5").is_err());
        assert!(parse("soon").is_err());
        assert!(parse("10001d").is_err());
    }
}
