//! Fires schedules whose moment has come. Any process may; the engine lets one.

use std::time::Duration;

use app::domain::{JobId, MissedRuns};
use jiff::Timestamp;

use super::cron::{Pattern, PatternError};
use crate::backplane::{Backplane, BackplaneError, Firing, NewJob, Plan, StoredSchedule};

/// A run that begins later than this was missed.
const PUNCTUAL: Duration = Duration::from_mins(1);

/// When a plan runs first after a moment; `None` while it rests, or when its pattern never comes.
///
/// # Errors
/// Its pattern or its time zone can't be used.
pub fn first_run(plan: &Plan, after: Timestamp) -> Result<Option<Timestamp>, PatternError> {
    let pattern = Pattern::read(&plan.cron, &plan.time_zone)?;
    Ok(if plan.paused { None } else { pattern.next_after(after) })
}

/// The job of a run that somebody wants now.
pub fn job_now(plan: &Plan) -> NewJob {
    NewJob { job_id: JobId(format!("{}@{}", plan.name, uuid::Uuid::now_v7())), ..plan.job.clone() }
}

/// Fires all schedules that are due. One that can't be fired does not keep the others back.
///
/// # Errors
/// The engine failed; what is due is due still.
pub async fn fire_due(backplane: &dyn Backplane) -> Result<(), BackplaneError> {
    loop {
        let due = backplane.due_schedules().await?;
        if due.schedules.is_empty() {
            return Ok(());
        }
        let mut failed = None;
        for schedule in due.schedules {
            let Some(moment) = schedule.next_run_at else { continue };
            let firing = firing(&schedule, moment, due.now);
            let (is_run, name) = (firing.job.is_some(), &schedule.plan.name);
            match backplane.fire(&firing).await {
                Ok(true) => tracing::info!(schedule = name, %moment, is_run, "a schedule was due"),
                Ok(false) => {}
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
    }
}

/// What is to be done about a schedule that is due. The job's id tells the moment: no moment has two.
fn firing(schedule: &StoredSchedule, due: Timestamp, now: Timestamp) -> Firing {
    let plan = &schedule.plan;
    let late_since = now.checked_sub(PUNCTUAL).unwrap_or(now);
    let (is_run, after) = match plan.missed {
        _ if due >= late_since => (true, due),
        MissedRuns::Once => (true, now),
        // One that is not too late yet may be among those that are left out.
        MissedRuns::Skip => (false, late_since),
    };
    let pattern = Pattern::read(&plan.cron, &plan.time_zone);
    if let Err(problem) = &pattern {
        tracing::error!(schedule = plan.name, %problem, "a schedule can't be read any more; it does not run again");
    }
    Firing {
        name: plan.name.clone(),
        due,
        next: pattern.ok().and_then(|pattern| pattern.next_after(after)),
        job: is_run.then(|| NewJob { job_id: JobId(format!("{}@{due}", plan.name)), ..plan.job.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn stored(cron: &str, missed: MissedRuns) -> StoredSchedule {
        let job = NewJob {
            job_id: "template".into(),
            queue_name: "test".into(),
            job_name: "echo".to_owned(),
            data: serde_json::Value::Null,
            public: Map::new(),
            priority: 0,
            delay: Duration::ZERO,
            max_attempts: 1,
            max_stalls: 1,
            unique_key: None,
            unique_for: None,
            concurrency_key: None,
        };
        let plan = Plan {
            name: "s".to_owned(),
            cron: cron.to_owned(),
            time_zone: "UTC".to_owned(),
            missed,
            paused: false,
            opts: app::domain::ScheduleOptions::default(),
            job,
        };
        StoredSchedule {
            plan,
            next_run_at: None,
            last_run_at: None,
            last_job_id: None,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn decided(cron: &str, missed: MissedRuns, due: &str, now: &str) -> (Option<String>, String) {
        let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
        let firing = firing(&stored(cron, missed), at(due), at(now));
        (firing.job.map(|job| job.job_id.0), firing.next.map(|next| next.to_string()).unwrap_or_default())
    }

    #[test]
    fn a_run_that_is_due_runs_and_the_next_one_follows_it() {
        for missed in [MissedRuns::Skip, MissedRuns::Once] {
            let (job, next) = decided("0 * * * *", missed, "2026-01-01T10:00:00Z", "2026-01-01T10:00:02Z");

            assert_eq!(job.as_deref(), Some("s@2026-01-01T10:00:00Z"));
            assert_eq!(next, "2026-01-01T11:00:00Z");
        }
    }

    #[test]
    fn missed_runs_are_left_out_or_made_up_for_by_one() {
        let (due, now) = ("2026-01-01T10:00:00Z", "2026-01-01T17:30:00Z");

        assert_eq!(decided("0 * * * *", MissedRuns::Skip, due, now), (None, "2026-01-01T18:00:00Z".to_owned()));
        let (job, next) = decided("0 * * * *", MissedRuns::Once, due, now);
        assert_eq!((job.as_deref(), next.as_str()), (Some("s@2026-01-01T10:00:00Z"), "2026-01-01T18:00:00Z"));
    }

    #[test]
    fn the_last_of_the_missed_runs_is_made_if_it_is_not_too_late() {
        let (due, now) = ("2026-01-01T10:00:00Z", "2026-01-01T10:05:20Z");

        assert_eq!(decided("* * * * *", MissedRuns::Skip, due, now), (None, "2026-01-01T10:05:00Z".to_owned()));
    }

    #[test]
    fn two_schedulers_make_one_job_of_a_moment() {
        let (due, now) = ("2026-01-01T10:00:00Z", "2026-01-01T10:00:02Z");

        assert_eq!(decided("0 * * * *", MissedRuns::Skip, due, now), decided("0 * * * *", MissedRuns::Once, due, now));
    }

    #[test]
    fn who_rests_has_no_next_run() {
        let mut schedule = stored("0 * * * *", MissedRuns::Skip);
        let after = "2026-01-01T10:00:00Z".parse().expect("a moment");
        assert!(first_run(&schedule.plan, after).expect("a pattern").is_some());

        schedule.plan.paused = true;

        assert_eq!(first_run(&schedule.plan, after), Ok(None));
    }
}
