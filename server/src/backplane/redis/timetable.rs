//! Schedules.

use std::collections::HashMap;

use app::domain::JobId;
use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    RedisBackplane, RedisFailure, keys,
    moment::{broken, moment},
    queue,
    script::{self, Call},
};
use crate::backplane::{BackplaneError, DueSchedules, Firing, Plan, StoredSchedule, Timetable};

/// Schedules that are named as due at the same time.
const DUE: u32 = 100;

#[async_trait]
impl Timetable for RedisBackplane {
    async fn schedules(&self) -> Result<Vec<StoredSchedule>, BackplaneError> {
        type Found = (HashMap<String, String>, HashMap<String, String>, HashMap<String, i64>);
        let mut asking = redis::pipe();
        asking.atomic().cmd("HGETALL").arg(keys::PLANS).cmd("HGETALL").arg(keys::RUNS);
        asking.cmd("ZRANGE").arg(keys::ALARMS).arg(0).arg(-1).arg("WITHSCORES");
        let (plans, runs, alarms): Found = self.connections.ask_all(&asking).await?;
        let read = |(name, plan): (&String, &String)| {
            read(plan, runs.get(name).map(String::as_str), alarms.get(name).copied())
        };
        let mut schedules = plans.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        schedules.sort_by(|a, b| a.plan.name.cmp(&b.plan.name));
        Ok(schedules)
    }

    async fn schedule(&self, name: &str) -> Result<Option<StoredSchedule>, BackplaneError> {
        let mut asking = redis::pipe();
        asking.atomic().cmd("HGET").arg(keys::PLANS).arg(name).cmd("HGET").arg(keys::RUNS).arg(name);
        asking.cmd("ZSCORE").arg(keys::ALARMS).arg(name);
        let (plan, run, alarm): (Option<String>, Option<String>, Option<i64>) =
            self.connections.ask_all(&asking).await?;
        Ok(plan.map(|plan| read(&plan, run.as_deref(), alarm)).transpose()?)
    }

    async fn add_schedule(&self, plan: &Plan, next: Option<Timestamp>) -> Result<bool, BackplaneError> {
        Ok(self.write("add", plan, next).await?)
    }

    async fn change_schedule(&self, plan: &Plan, next: Option<Timestamp>) -> Result<bool, BackplaneError> {
        Ok(self.write("change", plan, next).await?)
    }

    async fn remove_schedule(&self, name: &str) -> Result<bool, BackplaneError> {
        let mut call = Call::of(&script::SCHEDULE, 2);
        call.arg("remove").arg(name);
        Ok(self.connections.run(&call).await?)
    }

    async fn due_schedules(&self) -> Result<DueSchedules, BackplaneError> {
        let mut call = Call::of(&script::DUE, 1);
        call.arg(DUE);
        let (now, due): (i64, Vec<(String, Option<String>, i64)>) = self.connections.run_aside(&call).await?;
        let read = |(plan, run, alarm): (String, Option<String>, i64)| read(&plan, run.as_deref(), Some(alarm));
        let schedules = due.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(DueSchedules { schedules, now: moment("the clock", now)? })
    }

    async fn fire(&self, firing: &Firing) -> Result<bool, BackplaneError> {
        let Firing { name, due, next, job } = firing;
        let mut call = Call::of(&script::FIRE, 8);
        call.arg(name).arg(due.as_millisecond()).arg(alarm(*next));
        if let Some(job) = job {
            queue::hand_in(&mut call, job);
        }
        Ok(self.connections.run(&call).await?)
    }
}

impl RedisBackplane {
    async fn write(&self, what: &str, plan: &Plan, next: Option<Timestamp>) -> Result<bool, RedisFailure> {
        let json = serde_json::to_string(plan).map_err(|problem| broken("a new plan", &problem))?;
        let mut call = Call::of(&script::SCHEDULE, 4);
        // One that rests is never due.
        call.arg(what).arg(&plan.name).arg(json).arg(alarm(next.filter(|_| !plan.paused)));
        self.connections.run(&call).await
    }
}

/// When a schedule runs next, as the scripts take it.
fn alarm(next: Option<Timestamp>) -> String {
    next.map(|next| next.as_millisecond().to_string()).unwrap_or_default()
}

fn read(plan: &str, run: Option<&str>, alarm: Option<i64>) -> Result<StoredSchedule, RedisFailure> {
    let cut = |key, line: &str| {
        let (at, rest) = line.split_once('\n').ok_or_else(|| broken(key, &"a line without a moment"))?;
        let at = at.parse().map_err(|problem| broken(key, &problem))?;
        Ok::<_, RedisFailure>((moment(key, at)?, rest.to_owned()))
    };
    let (created_at, plan) = cut(keys::PLANS, plan)?;
    let last = run.map(|run| cut(keys::RUNS, run)).transpose()?;
    Ok(StoredSchedule {
        plan: serde_json::from_str(&plan).map_err(|problem| broken(keys::PLANS, &problem))?,
        next_run_at: alarm.map(|alarm| moment(keys::ALARMS, alarm)).transpose()?,
        last_run_at: last.as_ref().map(|(at, _)| *at),
        last_job_id: last.map(|(_, job_id)| JobId(job_id)),
        created_at,
    })
}
