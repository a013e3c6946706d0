//! Schedules.

use app::domain::JobId;
use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    RedisBackplane, RedisFailure, keys,
    moment::{broken, moment},
    queue,
    script::{self, Call},
};
use crate::backplane::{BackplaneError, DueSchedules, Firing, Former, Plan, StoredSchedule, Timetable};

/// Schedules that are named as due at the same time.
const DUE: u32 = 100;

#[async_trait]
impl Timetable for RedisBackplane {
    async fn schedules(&self) -> Result<Vec<StoredSchedule>, BackplaneError> {
        let mut call = Call::of(&script::SCHEDULES, 1);
        call.arg("all");
        let (_, rows) = self.rows(&call).await?;
        let mut schedules: Vec<_> = rows.iter().filter_map(Row::read_or_skip).collect();
        schedules.sort_by(|a, b| a.plan.name.cmp(&b.plan.name));
        Ok(schedules)
    }

    async fn schedule(&self, name: &str) -> Result<Option<StoredSchedule>, BackplaneError> {
        let mut call = Call::of(&script::SCHEDULES, 2);
        call.arg("one").arg(name);
        Ok(self.rows(&call).await?.1.first().map(Row::read).transpose()?)
    }

    async fn add_schedule(&self, plan: &Plan, next: Option<Timestamp>) -> Result<bool, BackplaneError> {
        Ok(self.write("add", plan, next).await?.is_some())
    }

    async fn change_schedule(&self, plan: &Plan, next: Option<Timestamp>) -> Result<Option<Former>, BackplaneError> {
        Ok(self.write("change", plan, next).await?.as_deref().map(former))
    }

    async fn remove_schedule(&self, name: &str) -> Result<Option<Former>, BackplaneError> {
        let mut call = Call::of(&script::SCHEDULE, 2);
        call.arg("remove").arg(name);
        Ok(self.connections.run::<Option<String>>(&call).await?.as_deref().map(former))
    }

    async fn due_schedules(&self) -> Result<DueSchedules, BackplaneError> {
        let mut call = Call::of(&script::SCHEDULES, 2);
        call.arg("due").arg(DUE);
        let (now, rows) = self.rows(&call).await?;
        let mut schedules = Vec::with_capacity(rows.len());
        for row in rows {
            match row.read_or_skip() {
                Some(schedule) => schedules.push(schedule),
                None => self.silence(&row).await?,
            }
        }
        Ok(DueSchedules { schedules, now })
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
    async fn rows(&self, call: &Call) -> Result<(Timestamp, Vec<Row>), RedisFailure> {
        type Found = (String, String, Option<String>, Option<String>);
        let (now, found): (i64, Vec<Found>) = self.connections.run_aside(call).await?;
        let rows = found.into_iter().map(|(name, plan, run, alarm)| Row { name, plan, run, alarm });
        Ok((moment("the clock", now)?, rows.collect()))
    }

    /// Takes the alarm of a schedule away, unless it is another one by now: nobody could do anything with it, and it would be due for ever.
    async fn silence(&self, row: &Row) -> Result<(), RedisFailure> {
        let mut call = Call::of(&script::FIRE, 3);
        call.arg(&row.name).arg(row.alarm.as_deref().unwrap_or_default()).arg(alarm(None));
        self.connections.run::<bool>(&call).await.map(drop)
    }

    /// The line of before; `None` where nothing was done.
    async fn write(&self, what: &str, plan: &Plan, next: Option<Timestamp>) -> Result<Option<String>, RedisFailure> {
        let json = serde_json::to_string(plan).map_err(|problem| broken("a new plan", &problem))?;
        let mut call = Call::of(&script::SCHEDULE, 4);
        // One that rests is never due.
        call.arg(what).arg(&plan.name).arg(json).arg(alarm(next.filter(|_| !plan.paused)));
        self.connections.run(&call).await
    }
}

/// The plan in a line that was written over or removed, behind the moment at which it was made.
fn former(line: &str) -> Former {
    Former(line.split_once('\n').and_then(|(_, plan)| serde_json::from_str(plan).ok()))
}

/// When a schedule runs next, as the scripts take it.
fn alarm(next: Option<Timestamp>) -> String {
    next.map(|next| next.as_millisecond().to_string()).unwrap_or_default()
}

/// A schedule as its keys have it.
struct Row {
    name: String,
    plan: String,
    run: Option<String>,
    alarm: Option<String>,
}

impl Row {
    fn read(&self) -> Result<StoredSchedule, RedisFailure> {
        let cut = |key, line: &str| {
            let (at, rest) = line.split_once('\n').ok_or_else(|| broken(key, &"a line without a moment"))?;
            let at = at.parse().map_err(|problem| broken(key, &problem))?;
            Ok::<_, RedisFailure>((moment(key, at)?, rest.to_owned()))
        };
        let (created_at, plan) = cut(keys::PLANS, &self.plan)?;
        let last = self.run.as_deref().map(|run| cut(keys::RUNS, run)).transpose()?;
        let next = |alarm: &String| {
            let at = alarm.parse().map_err(|problem| broken(keys::ALARMS, &problem))?;
            moment(keys::ALARMS, at)
        };
        Ok(StoredSchedule {
            plan: serde_json::from_str(&plan).map_err(|problem| broken(keys::PLANS, &problem))?,
            next_run_at: self.alarm.as_ref().map(next).transpose()?,
            last_run_at: last.as_ref().map(|(at, _)| *at),
            last_job_id: last.map(|(_, job_id)| JobId(job_id)),
            created_at,
        })
    }

    /// One that can't be read must not keep the others from being seen, or from running.
    fn read_or_skip(&self) -> Option<StoredSchedule> {
        let read = self.read();
        if let Err(problem) = &read {
            tracing::error!(schedule = self.name, %problem, "a schedule can't be read and is left out");
        }
        read.ok()
    }
}
