//! Schedules.
//!
//! One that can't be read, written by a newer program or by hand, keeps no other one from its turn: among many it is left out, and the log of
//! the process says so. Asked for by its name, it is an error.

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
        let mut call = Call::of(&script::SCHEDULES, 1);
        call.arg("all");
        let mut schedules = readable(self.find_schedules(&call).await?.1);
        schedules.sort_by(|a, b| a.plan.name.cmp(&b.plan.name));
        Ok(schedules)
    }

    async fn schedule(&self, name: &str) -> Result<Option<StoredSchedule>, BackplaneError> {
        let mut call = Call::of(&script::SCHEDULES, 2);
        call.arg("one").arg(name);
        Ok(self.find_schedules(&call).await?.1.pop().map(|found| read(&found)).transpose()?)
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
        let mut call = Call::of(&script::SCHEDULES, 2);
        call.arg("due").arg(DUE);
        let (now, found) = self.find_schedules(&call).await?;
        Ok(DueSchedules { schedules: readable(found), now })
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
    /// The schedules that a call tells of, and when.
    async fn find_schedules(&self, call: &Call) -> Result<(Timestamp, Vec<Found>), RedisFailure> {
        let (now, found): (i64, Vec<Found>) = self.connections.run_aside(call).await?;
        Ok((moment("the clock", now)?, found))
    }

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

/// A schedule as its keys have it: its plan, its last run, and when it runs next.
type Found = (String, Option<String>, Option<i64>);

fn readable(found: Vec<Found>) -> Vec<StoredSchedule> {
    let read = |found: &Found| {
        let read = read(found);
        read.inspect_err(|error| tracing::error!(%error, "a schedule can't be read and does not run")).ok()
    };
    found.iter().filter_map(read).collect()
}

fn read((plan, run, alarm): &Found) -> Result<StoredSchedule, RedisFailure> {
    let cut = |key, line: &str| {
        let (at, rest) = line.split_once('\n').ok_or_else(|| broken(key, &"a line without a moment"))?;
        let at = at.parse().map_err(|problem| broken(key, &problem))?;
        Ok::<_, RedisFailure>((moment(key, at)?, rest.to_owned()))
    };
    let (created_at, plan) = cut(keys::PLANS, plan)?;
    let last = run.as_ref().map(|run| cut(keys::RUNS, run)).transpose()?;
    Ok(StoredSchedule {
        plan: serde_json::from_str(&plan).map_err(|problem| broken(keys::PLANS, &problem))?,
        next_run_at: (*alarm).map(|alarm| moment(keys::ALARMS, alarm)).transpose()?,
        last_run_at: last.as_ref().map(|(at, _)| *at),
        last_job_id: last.map(|(_, job_id)| JobId(job_id)),
        created_at,
    })
}
