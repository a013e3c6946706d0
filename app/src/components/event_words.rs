//! An event in one line of words, and whether it tells of trouble. Driven by the event's JSON, so that whatever comes can be said.

use serde_json::Value;

use super::{Aspect, figures};

/// Characters of a line at most: more does not fit into a window anyway.
const MOST_CHARACTERS: usize = 240;

/// What deserves a look: the type, a field of it, its value, and how that is drawn.
const MARKS: [(&str, &str, &str, Aspect); 18] = [
    ("job_update", "status", "failed", Aspect::Danger),
    ("job_update", "status", "retrying", Aspect::Caution),
    ("job_update", "status", "cancelled", Aspect::OutOfUse),
    ("queue_update", "paused", "true", Aspect::OutOfUse),
    ("worker_status", "status", "gone", Aspect::Danger),
    ("worker_status", "status", "stopping", Aspect::Caution),
    ("worker_status", "status", "paused", Aspect::OutOfUse),
    ("service_status", "status", "failed", Aspect::Danger),
    ("service_status", "status", "backoff", Aspect::Caution),
    ("service_status", "status", "stale", Aspect::Caution),
    ("service_status", "status", "stopped", Aspect::Idle),
    ("service_log", "level", "error", Aspect::Danger),
    ("service_log", "level", "warn", Aspect::Caution),
    ("import_update", "status", "failed", Aspect::Danger),
    ("import_update", "status", "cancelled", Aspect::OutOfUse),
    ("customer.validation.failed", "type", "customer.validation.failed", Aspect::Caution),
    ("system_notification", "level", "error", Aspect::Danger),
    ("system_notification", "level", "warning", Aspect::Caution),
];

/// How an event is drawn that deserves a look; `None` for one that is well.
pub fn mark(kind: &str, event: &Value) -> Option<Aspect> {
    let has = |field: &str, value: &str| match &event[field] {
        Value::String(text) => text == value,
        Value::Bool(true) => value == "true",
        _ => false,
    };
    MARKS.iter().find(|(of, field, value, _)| *of == kind && has(field, value)).map(|(.., aspect)| *aspect)
}

/// What an event says, in one line.
pub fn summary(kind: &str, event: &Value) -> String {
    let name = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let text = |field: &str| name(field).replace('_', " ");
    let number = |field: &str| event[field].as_u64().unwrap_or_default();
    let parts = match kind {
        "job_update" => vec![name("jobName"), text("status"), progress(event), attempt(event), said(event)],
        "queue_update" => queue(event),
        "worker_status" => {
            let jobs =
                format!("{} of {}", number("currentJobs"), figures::counted(number("concurrency"), "job", "jobs"));
            vec![text("status"), jobs, name("host")]
        }
        "service_status" => vec![text("status"), name("message")],
        "service_log" => vec![text("level"), name("line")],
        "import_update" => vec![text("status"), rows(&event["rows"]), said(event)],
        "customer.created" => vec![figures::counted(number("count"), "customer made", "customers made")],
        "customer.updated" => vec![figures::counted(number("count"), "customer changed", "customers changed")],
        "customer.validation.failed" => vec![figures::counted(number("count"), "row refused", "rows refused")],
        "system_notification" => vec![text("level"), said(event)],
        "custom" => vec![event["data"].to_string()],
        _ => vec![event.to_string()],
    };
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let line = parts.join(" · ");
    if line.chars().count() <= MOST_CHARACTERS {
        return line;
    }
    line.chars().take(MOST_CHARACTERS).chain(['…']).collect()
}

/// A topic in short: of a long name its family and its end, since ids that were made at the same time begin alike.
pub fn topic(topic: &str) -> String {
    let (family, name) = topic.split_once(':').unwrap_or(("", topic));
    match name.char_indices().rev().nth(11) {
        Some((end, _)) if name.chars().count() > 24 => format!("{family}:…{}", &name[end..]),
        _ => topic.to_owned(),
    }
}

/// A moment of the day, to the millisecond: `05:55:37.123`; with its date, where that is another day than today's.
pub fn moment(at_ms: i64, today_ms: i64) -> String {
    let written = super::event_facts::exact(at_ms);
    let (day, time) = (&written[..written.len().min(10)], written.get(11..23).unwrap_or_default());
    if super::event_facts::exact(today_ms).starts_with(day) { time.to_owned() } else { format!("{} {time}", &day[5..]) }
}

fn progress(event: &Value) -> String {
    match (event["status"].as_str(), event["progress"].as_u64()) {
        (Some("in_progress"), Some(percent)) => format!("{percent} %"),
        _ => String::new(),
    }
}

fn attempt(event: &Value) -> String {
    match (event["attempt"].as_u64(), event["maxAttempts"].as_u64()) {
        (Some(attempt), Some(most)) if attempt > 1 || event["error"].is_string() => {
            format!("attempt {attempt} of {most}")
        }
        _ => String::new(),
    }
}

/// What it says itself, for people: its error, else its message.
fn said(event: &Value) -> String {
    event["error"].as_str().or_else(|| event["message"].as_str()).unwrap_or_default().to_owned()
}

fn queue(event: &Value) -> Vec<String> {
    let counts = ["waiting", "active", "delayed", "completed", "failed", "cancelled"].map(|state| {
        let count = event[state].as_u64().unwrap_or_default();
        let is_told = count > 0 || state == "waiting" || state == "active";
        if is_told { format!("{} {state}", figures::thousands(count)) } else { String::new() }
    });
    let paused = if event["paused"] == true { "paused" } else { "" };
    [paused.to_owned()].into_iter().chain(counts).collect()
}

fn rows(rows: &Value) -> String {
    let read = rows["read"].as_u64().unwrap_or_default();
    match rows["total"].as_u64() {
        Some(total) => format!("{} of {}", figures::thousands(read), figures::counted(total, "row", "rows")),
        None => figures::counted(read, "row", "rows"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn says(event: &Value) -> (String, Option<Aspect>) {
        let kind = event["type"].as_str().expect("a type");
        (summary(kind, event), mark(kind, event))
    }

    #[test]
    fn each_type_says_what_matters_and_trouble_is_marked() {
        let job = json!({"type": "job_update", "jobName": "sleep", "status": "in_progress", "progress": 40, "attempt": 1,
                         "maxAttempts": 3, "message": "dozing"});
        let failed = json!({"type": "job_update", "jobName": "NO_LUCK", "status": "failed", "attempt": 3, "maxAttempts": 3,
                            "error": "no luck"});
        let queue = json!({"type": "queue_update", "waiting": 1_200, "active": 0, "failed": 2, "paused": true});
        let worker =
            json!({"type": "worker_status", "status": "active", "currentJobs": 2, "concurrency": 4, "host": "hall"});
        let import = json!({"type": "import_update", "status": "running", "rows": {"read": 5_000, "total": 9_000}});
        let refused = json!({"type": "customer.validation.failed", "count": 1});
        let custom = json!({"type": "custom", "data": {"orders": [7]}});
        let unknown = json!({"type": "tea_time"});

        for (event, words, mark) in [
            (job, "sleep · in progress · 40 % · dozing", None),
            (failed, "NO_LUCK · failed · attempt 3 of 3 · no luck", Some(Aspect::Danger)),
            (queue, "paused · 1,200 waiting · 0 active · 2 failed", Some(Aspect::OutOfUse)),
            (worker, "active · 2 of 4 jobs · hall", None),
            (import, "running · 5,000 of 9,000 rows", None),
            (refused, "1 row refused", Some(Aspect::Caution)),
            (custom, r#"{"orders":[7]}"#, None),
            (unknown, r#"{"type":"tea_time"}"#, None),
        ] {
            assert_eq!(says(&event), (words.to_owned(), mark), "{event}");
        }
    }

    #[test]
    fn a_line_has_an_end() {
        let line = summary("custom", &json!({"data": "ü".repeat(1_000)}));

        assert_eq!(line.chars().count(), MOST_CHARACTERS + 1);
    }

    #[test]
    fn a_long_topic_keeps_its_end() {
        assert_eq!(topic("job:0190d6c8-7c4b-7000-8000-00000000000a"), "job:…00000000000a");
        assert_eq!(topic("custom:dashboard_updates"), "custom:dashboard_updates");
        assert_eq!(topic("workers"), "workers");
    }

    #[test]
    fn a_moment_of_another_day_has_its_date() {
        let at_ms = 1_700_000_000_123;

        assert_eq!(moment(at_ms, at_ms + 60_000), "22:13:20.123");
        assert_eq!(moment(at_ms, at_ms + 86_400_000), "11-14 22:13:20.123");
    }
}
