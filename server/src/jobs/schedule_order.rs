//! Schedules that somebody outside orders or changes. Checked before anything is stored.

use app::domain::{MissedRuns, Reason, Schedule, ScheduleOptions};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    JobOptions, JobOrder, OrderError, Registry,
    cron::{Pattern, PatternError},
};
use crate::backplane::{Plan, StoredSchedule};

/// The longest name of a schedule, in bytes.
const LONGEST_NAME: usize = 100;

/// An order for a schedule.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "name": "nightly", "cron": "30 2 * * *", "timeZone": "Europe/Berlin", "queueName": "test", "jobName": "echo", "data": {"a": 1}
}))]
pub struct ScheduleOrder {
    /// Its name: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// When: five fields of crontab(5).
    pub cron: String,
    /// Whose clock is meant; UTC when left out.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// The queue of its jobs.
    pub queue_name: String,
    /// Their kind.
    pub job_name: String,
    /// Their arguments.
    #[serde(default)]
    pub data: Value,
    /// What is different from the kind's own ways.
    #[serde(default)]
    pub opts: ScheduleOptions,
    /// What becomes of runs that nobody was there for.
    #[serde(default)]
    pub missed: MissedRuns,
    /// Whether it rests at first.
    #[serde(default)]
    pub paused: bool,
    /// Why: kept in the audit log, and no part of the plan.
    #[serde(default)]
    pub reason: Option<Reason>,
}

/// What is to be different about a schedule; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"paused": true}))]
pub struct ScheduleChange {
    /// When: five fields of crontab(5).
    pub cron: Option<String>,
    /// Whose clock is meant.
    pub time_zone: Option<String>,
    /// The queue of its jobs.
    pub queue_name: Option<String>,
    /// Their kind.
    pub job_name: Option<String>,
    /// Their arguments.
    pub data: Option<Value>,
    /// What is different from the kind's own ways.
    pub opts: Option<ScheduleOptions>,
    /// What becomes of runs that nobody was there for.
    pub missed: Option<MissedRuns>,
    /// Whether it rests.
    pub paused: Option<bool>,
    /// Why: kept in the audit log, and no part of the plan.
    pub reason: Option<Reason>,
}

fn utc() -> String {
    "UTC".to_owned()
}

impl ScheduleOrder {
    /// The plan that is ordered.
    ///
    /// # Errors
    /// The name, the pattern, the time zone, the kind, its arguments or an option can't be used.
    pub fn into_plan(self, registry: &Registry) -> Result<Plan, OrderError> {
        let Self { name, cron, time_zone, queue_name, job_name, data, opts, missed, paused, reason: _ } = self;
        let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !is_plain || !(1..=LONGEST_NAME).contains(&name.len()) {
            let message = format!("Use 1 to {LONGEST_NAME} letters, digits, '-', '_' and '.'.");
            return Err(OrderError { field: "name".to_owned(), message });
        }
        Pattern::read(&cron, &time_zone).map_err(unreadable)?;
        let options = JobOptions { priority: opts.priority, attempts: opts.attempts, ..JobOptions::default() };
        let job = JobOrder { queue_name, job_name, data, opts: options }.into_new_job(registry)?;
        let plan = Plan { name, cron, time_zone, missed, paused, opts, job };
        // It is kept a little deeper inside other JSON than it came, and has to be readable there.
        match serde_json::to_string(&plan).and_then(|kept| serde_json::from_str::<Plan>(&kept)) {
            Ok(_) => Ok(plan),
            Err(_) => Err(OrderError { field: "data".to_owned(), message: "It is nested too deeply.".to_owned() }),
        }
    }
}

impl ScheduleChange {
    /// A plan with what is different about it.
    ///
    /// # Errors
    /// Like [`ScheduleOrder::into_plan`].
    pub fn apply(self, plan: Plan, registry: &Registry) -> Result<Plan, OrderError> {
        let order = ScheduleOrder {
            name: plan.name,
            cron: self.cron.unwrap_or(plan.cron),
            time_zone: self.time_zone.unwrap_or(plan.time_zone),
            queue_name: self.queue_name.unwrap_or(plan.job.queue_name.0),
            job_name: self.job_name.unwrap_or(plan.job.job_name),
            data: self.data.unwrap_or(plan.job.data),
            opts: self.opts.unwrap_or(plan.opts),
            missed: self.missed.unwrap_or(plan.missed),
            paused: self.paused.unwrap_or(plan.paused),
            reason: None,
        };
        order.into_plan(registry)
    }
}

fn unreadable(problem: PatternError) -> OrderError {
    let field = match problem {
        PatternError::Pattern(_) => "cron",
        PatternError::TimeZone => "timeZone",
    };
    OrderError { field: field.to_owned(), message: problem.to_string() }
}

/// A schedule as it is shown.
pub fn shown(stored: StoredSchedule) -> Schedule {
    let StoredSchedule { plan, next_run_at, last_run_at, last_job_id, created_at } = stored;
    Schedule {
        name: plan.name,
        cron: plan.cron,
        time_zone: plan.time_zone,
        queue_name: plan.job.queue_name,
        job_name: plan.job.job_name,
        data: plan.job.data,
        opts: plan.opts,
        missed: plan.missed,
        paused: plan.paused,
        next_run_at,
        last_run_at,
        last_job_id,
        created_at,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn planned(order: Value) -> Result<Plan, OrderError> {
        serde_json::from_value::<ScheduleOrder>(order).expect("an order").into_plan(&Registry::all())
    }

    fn order() -> Value {
        json!({"name": "nightly", "cron": "0 3 * * *", "queueName": "test", "jobName": "echo"})
    }

    fn field_of(name: &str, value: Value) -> String {
        let mut order = order();
        order[name] = value;
        planned(order).expect_err("refused").field
    }

    #[test]
    fn an_order_says_little_and_the_rest_is_usual() {
        let plan = planned(order()).expect("a plan");

        assert_eq!((plan.time_zone.as_str(), plan.missed, plan.paused), ("UTC", MissedRuns::Skip, false));
        assert_eq!((plan.job.job_name.as_str(), plan.job.priority), ("echo", 0));
    }

    #[test]
    fn whatever_is_wrong_is_named() {
        assert_eq!(field_of("name", json!("a/b")), "name");
        assert_eq!(field_of("cron", json!("soon")), "cron");
        assert_eq!(field_of("timeZone", json!("Mars")), "timeZone");
        assert_eq!(field_of("jobName", json!("tea")), "jobName");
        assert_eq!(field_of("opts", json!({"priority": 10})), "opts.priority");
    }

    #[test]
    fn what_could_not_be_read_back_is_refused() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let data = |depth| serde_json::from_str::<Value>(&nested(depth)).expect("JSON");
        let mut deep = order();
        deep["data"] = data(100);
        assert!(planned(deep).is_ok());

        assert_eq!(field_of("data", data(127)), "data");
    }

    #[test]
    fn a_change_leaves_the_rest_as_it_was() {
        let plan = planned(order()).expect("a plan");
        let change = ScheduleChange { paused: Some(true), ..ScheduleChange::default() };

        let changed = change.apply(plan.clone(), &Registry::all()).expect("a plan");

        assert_eq!(Plan { job: plan.job.clone(), ..changed.clone() }, Plan { paused: true, ..plan });
    }
}
