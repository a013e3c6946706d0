//! Schedules as the audit log tells of them: the fields that a change made different, as JSON.
//!
//! The arguments of a job may hold what is nobody's business, and nothing is ever taken out of that log. So it is told that they differ,
//! and not how.

use serde_json::{Map, Value, json};

use crate::backplane::Plan;

/// What stands for arguments.
const HIDDEN: &str = "…";

/// All that a plan says.
pub fn all_of(plan: &Plan) -> String {
    facts(plan).into_iter().map(hidden).collect::<Value>().to_string()
}

/// What differs between two plans: how it was, and how it is now. `None` is a plan that nobody can read.
pub fn difference(former: Option<&Plan>, plan: &Plan) -> (String, String) {
    let Some(former) = former else { return ("unreadable".to_owned(), all_of(plan)) };
    let pairs = facts(former).into_iter().zip(facts(plan)).filter(|(was, is_now)| was != is_now);
    let (was, is_now): (Map<String, Value>, Map<String, Value>) =
        pairs.map(|(was, is_now)| (hidden(was), hidden(is_now))).unzip();
    (Value::Object(was).to_string(), Value::Object(is_now).to_string())
}

/// The fields that somebody can set, by their names in the API, always in the same order.
fn facts(plan: &Plan) -> [(String, Value); 8] {
    [
        ("cron", json!(plan.cron)),
        ("timeZone", json!(plan.time_zone)),
        ("queueName", json!(plan.job.queue_name)),
        ("jobName", json!(plan.job.job_name)),
        ("data", plan.job.data.clone()),
        ("opts", json!(plan.opts)),
        ("missed", json!(plan.missed)),
        ("paused", json!(plan.paused)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

fn hidden((name, value): (String, Value)) -> (String, Value) {
    if name == "data" { (name, HIDDEN.into()) } else { (name, value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::{Registry, ScheduleChange, ScheduleOrder};

    fn plan() -> Plan {
        let order =
            json!({"name": "n", "cron": "0 * * * *", "queueName": "test", "jobName": "echo", "data": {"key": "hush"}});
        let order: ScheduleOrder = serde_json::from_value(order).expect("an order");
        order.into_plan(&Registry::all()).expect("a plan")
    }

    #[test]
    fn only_what_differs_is_told_and_of_arguments_that_they_do() {
        let change = json!({"cron": "30 * * * *", "data": {"key": "another"}, "paused": false});
        let change: ScheduleChange = serde_json::from_value(change).expect("a change");
        let changed = change.apply(plan(), &Registry::all()).expect("a plan");

        let (was, is_now) = difference(Some(&plan()), &changed);

        assert_eq!(was, r#"{"cron":"0 * * * *","data":"…"}"#);
        assert_eq!(is_now, r#"{"cron":"30 * * * *","data":"…"}"#);
        assert!(!all_of(&plan()).contains("hush"));
        assert_eq!(difference(Some(&plan()), &plan()), ("{}".to_owned(), "{}".to_owned()));
        assert_eq!(difference(None, &plan()), ("unreadable".to_owned(), all_of(&plan())));
    }
}
