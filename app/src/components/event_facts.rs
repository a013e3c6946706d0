//! An event as names and values, with units and readable moments.
//!
//! Driven by the event's JSON and one small table of what its fields mean: a type or a field that this build does not know is shown all the
//! same. What programs put into `data` and `result` keeps its names and its figures as they are.

use jiff::Timestamp;
use serde_json::Value;

use super::{figures, spans};

/// What a figure means.
#[derive(Clone, Copy)]
enum Unit {
    Moment,
    Milliseconds,
    Seconds,
    Percent,
    Bytes,
    Jobs,
    Rows,
    RowsPerSecond,
}

/// Fields whose figures mean something, by their paths. All others are numbers.
const UNITS: [(&str, Unit); 26] = [
    ("timestamp", Unit::Moment),
    ("lastRunAt", Unit::Moment),
    ("lastDurationMs", Unit::Milliseconds),
    ("etaSeconds", Unit::Seconds),
    ("progress", Unit::Percent),
    ("bytes.read", Unit::Bytes),
    ("bytes.total", Unit::Bytes),
    ("rows.read", Unit::Rows),
    ("rows.inserted", Unit::Rows),
    ("rows.updated", Unit::Rows),
    ("rows.unchanged", Unit::Rows),
    ("rows.skipped", Unit::Rows),
    ("rows.failed", Unit::Rows),
    ("rows.total", Unit::Rows),
    ("rowsPerSecond", Unit::RowsPerSecond),
    ("waiting", Unit::Jobs),
    ("active", Unit::Jobs),
    ("completed", Unit::Jobs),
    ("failed", Unit::Jobs),
    ("delayed", Unit::Jobs),
    ("cancelled", Unit::Jobs),
    ("currentJobs", Unit::Jobs),
    ("concurrency", Unit::Jobs),
    ("queue.waiting", Unit::Jobs),
    ("queue.active", Unit::Jobs),
    ("queue.failed", Unit::Jobs),
];

/// What stands on top, in this order; the rest follows by name.
const FIRST: [&str; 12] = [
    "type",
    "timestamp",
    "topic",
    "jobId",
    "jobName",
    "queueName",
    "workerId",
    "service",
    "importId",
    "status",
    "level",
    "message",
];

/// What is a program's own: neither its names nor its figures are ours to read.
const FOREIGN: [&str; 2] = ["data", "result"];

/// Objects within objects are shown field by field so deep, then as JSON.
const DEPTH: usize = 3;

/// A field: its name in words, and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// All fields of an event.
pub fn facts(event: &Value) -> Vec<Fact> {
    let mut found = Vec::new();
    collect("", event, DEPTH, &mut found);
    let rank = |path: &str| FIRST.iter().position(|first| *first == path).unwrap_or(FIRST.len());
    // Stable: what has no rank stays in the order of the names.
    found.sort_by_key(|(path, _)| rank(path));
    found.into_iter().map(|(path, value)| Fact { value: said(&path, value), name: name(&path) }).collect()
}

/// A moment in milliseconds since 1970, in full: `2026-11-21 05:55:37.123 UTC`.
pub fn exact(at_ms: i64) -> String {
    let Ok(at) = Timestamp::from_millisecond(at_ms) else { return at_ms.to_string() };
    let to_the_second = spans::exact(at);
    let to_the_second = to_the_second.trim_end_matches(" UTC");
    format!("{to_the_second}.{:03} UTC", at_ms.rem_euclid(1_000))
}

fn collect<'a>(path: &str, value: &'a Value, depth: usize, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(fields) if depth > 0 && !(fields.is_empty()) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(&path, value, depth - 1, found);
            }
        }
        _ => found.push((path.to_owned(), value)),
    }
}

fn is_foreign(path: &str) -> bool {
    FOREIGN.contains(&path.split('.').next().unwrap_or_default())
}

/// `rows.perSecond` as words: `Rows per second`.
fn name(path: &str) -> String {
    if is_foreign(path) {
        return path.to_owned();
    }
    let mut words = String::new();
    for (index, letter) in path.chars().enumerate() {
        match letter {
            '.' | '_' => words.push(' '),
            _ if index == 0 => words.extend(letter.to_uppercase()),
            _ if letter.is_ascii_uppercase() => {
                words.push(' ');
                words.push(letter.to_ascii_lowercase());
            }
            _ => words.push(letter),
        }
    }
    words
}

fn said(path: &str, value: &Value) -> String {
    let unit = UNITS.iter().find(|(of, _)| *of == path).map(|(_, unit)| *unit);
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(_) if is_foreign(path) => value.to_string(),
        Value::Number(number) => match (unit, number.as_u64()) {
            (Some(Unit::Moment), _) => exact(number.as_i64().unwrap_or_default()),
            (Some(unit), Some(figure)) => in_unit(unit, figure),
            (None, Some(figure)) => figures::thousands(figure),
            (_, None) => number.to_string(),
        },
        Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn in_unit(unit: Unit, figure: u64) -> String {
    match unit {
        Unit::Milliseconds => format!("{} ms", figures::thousands(figure)),
        Unit::Seconds => spans::lasting(figure),
        Unit::Percent => format!("{figure} %"),
        Unit::Bytes => figures::size(figure),
        Unit::Jobs => figures::counted(figure, "job", "jobs"),
        Unit::Rows => figures::counted(figure, "row", "rows"),
        Unit::RowsPerSecond => format!("{} rows/s", figures::thousands(figure)),
        Unit::Moment => figures::thousands(figure),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(event: &Value) -> Vec<(String, String)> {
        facts(event).into_iter().map(|Fact { name, value }| (name, value)).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn figures_have_their_units_and_moments_can_be_read() {
        let event = json!({"type": "import_update", "timestamp": 1_700_000_000_123_i64, "importId": "i1", "status": "running",
            "rows": {"read": 5_000, "total": null}, "bytes": {"read": 2_048}, "rowsPerSecond": 1_500, "etaSeconds": 75});

        assert_eq!(
            told(&event),
            [
                pair("Type", "import_update"),
                pair("Timestamp", "2023-11-14 22:13:20.123 UTC"),
                pair("Import id", "i1"),
                pair("Status", "running"),
                pair("Bytes read", "2.0 KiB"),
                pair("Eta seconds", "1 min 15 s"),
                pair("Rows read", "5,000 rows"),
                pair("Rows total", "–"),
                pair("Rows per second", "1,500 rows/s"),
            ]
        );
    }

    #[test]
    fn what_a_program_told_keeps_its_names_and_figures() {
        let event = json!({"type": "custom", "data": {"orderCount": 12_345, "timestamp": 5, "lines": [1, {"a": 2}]}});

        assert_eq!(
            told(&event),
            [
                pair("Type", "custom"),
                pair("data.lines", r#"[1,{"a":2}]"#),
                pair("data.orderCount", "12345"),
                pair("data.timestamp", "5"),
            ]
        );
        assert_eq!(told(&json!({"data": {}})), [pair("data", "{}")]);
    }

    #[test]
    fn what_nobody_here_knows_is_shown_all_the_same() {
        let event = json!({"type": "tea_time", "cups": 3, "isHot": true, "note": null, "pot": {"a": {"b": {"c": 1}}}});

        assert_eq!(
            told(&event),
            [
                pair("Type", "tea_time"),
                pair("Cups", "3"),
                pair("Is hot", "yes"),
                pair("Note", "–"),
                pair("Pot a b", r#"{"c":1}"#),
            ]
        );
    }
}
