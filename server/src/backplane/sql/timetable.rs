//! Schedules, in the database of the jobs that they make.
//!
//! A row that can't be read, written by a newer program or by hand, keeps no other schedule from its turn: among many it is left out, and
//! the log of the process says so. Asked for by its name, it is an error.

use app::domain::JobId;
use async_trait::async_trait;
use jiff::Timestamp;

use super::{SqlBackplane, enqueue, step::Step};
use crate::{
    backplane::{BackplaneError, DueSchedules, Firing, Former, Plan, StoredSchedule, Timetable},
    store::{Database, Dialect, Statement, StoreError, moment, optional_moment, sql},
};

/// Schedules that are given at once.
const ROUND: i64 = 100;

const COLUMNS: &str = "name, plan, next_run_at, last_run_at, last_job_id, created_at";

#[async_trait]
impl Timetable for SqlBackplane {
    async fn schedules(&self) -> Result<Vec<StoredSchedule>, BackplaneError> {
        let select = format!("select {COLUMNS} from schedules order by name");
        readable(&self.database, sql(select)).await
    }

    async fn schedule(&self, name: &str) -> Result<Option<StoredSchedule>, BackplaneError> {
        let select = format!("select {COLUMNS} from schedules where name = $1");
        let row: Option<ScheduleRow> = self.database.fetch_optional(sql(select).bind(name)).await?;
        Ok(row.map(StoredSchedule::try_from).transpose()?)
    }

    async fn add_schedule(&self, plan: &Plan, next: Option<Timestamp>) -> Result<bool, BackplaneError> {
        let insert = "insert into schedules (name, plan, is_paused, next_run_at, created_at)
             values ($1, $2, $3, $4, $5) on conflict do nothing";
        let mut transaction = self.database.begin().await?;
        let now_ms = transaction.now().as_millisecond();
        let is_new = transaction.execute(written(insert, plan, next)?.bind(now_ms)).await? > 0;
        transaction.commit().await?;
        Ok(is_new)
    }

    async fn change_schedule(&self, plan: &Plan, next: Option<Timestamp>) -> Result<Option<Former>, BackplaneError> {
        let update = "update schedules set plan = $2, is_paused = $3, next_run_at = $4 where name = $1";
        replace(&self.database, &plan.name, written(update, plan, next)?).await
    }

    async fn remove_schedule(&self, name: &str) -> Result<Option<Former>, BackplaneError> {
        replace(&self.database, name, sql("delete from schedules where name = $1").bind(name)).await
    }

    async fn due_schedules(&self) -> Result<DueSchedules, BackplaneError> {
        let now: i64 = self.database.scalar(sql(format!("select {}", self.database.dialect().now()))).await?;
        let schedules = due(&self.database, now).await?;
        Ok(DueSchedules { schedules, now: moment("the clock", "now", &"", now)? })
    }

    async fn fire(&self, firing: &Firing) -> Result<bool, BackplaneError> {
        fire(&self.database, firing).await
    }
}

/// Asks whether a schedule is due.
pub(super) fn has_due(dialect: Dialect) -> String {
    format!(
        "exists (
             select 1 from schedules where next_run_at is not null and is_paused = 0 and next_run_at <= {}
         )",
        dialect.now()
    )
}

/// Binds a plan: its name, all of it, whether it rests, and when it runs next.
fn written(statement: &'static str, plan: &Plan, next: Option<Timestamp>) -> Result<Statement, StoreError> {
    let text = serde_json::to_string(plan).map_err(|problem| broken(&plan.name, &problem))?;
    Ok(sql(statement)
        .bind(&plan.name)
        .bind(text)
        .bind(i64::from(plan.paused))
        .bind(next.map(Timestamp::as_millisecond)))
}

/// Runs a statement that writes over a schedule or removes it; says what was there before.
async fn replace(database: &Database, name: &str, statement: Statement) -> Result<Option<Former>, BackplaneError> {
    let mut transaction = database.begin().await?;
    let take = transaction.dialect().take("schedules");
    let select = sql(format!("select plan from schedules where name = $1 {take}")).bind(name);
    let former: Option<(String,)> = transaction.fetch_optional(select).await?;
    transaction.execute(statement).await?;
    transaction.commit().await?;
    Ok(former.map(|(plan,)| Former(serde_json::from_str(&plan).ok())))
}

async fn fire(database: &Database, firing: &Firing) -> Result<bool, BackplaneError> {
    let mut step = Step::begin(database).await?;
    // Moved on first, which takes it: whoever else fires it waits here, and then sees that it is not due any more.
    let advance = sql("update schedules set next_run_at = $1 where name = $2 and next_run_at = $3 and is_paused = 0")
        .bind(firing.next.map(Timestamp::as_millisecond))
        .bind(&firing.name)
        .bind(firing.due.as_millisecond());
    if step.transaction.execute(advance).await? == 0 {
        step.roll_back().await?;
        return Ok(false);
    }
    if let Some(job) = &firing.job {
        let enqueued = enqueue::take_in(&mut step, vec![job.clone()]).await?;
        let note = sql("update schedules set last_run_at = $1, last_job_id = $2 where name = $3")
            .bind(firing.due.as_millisecond())
            .bind(enqueued.first().map(|enqueued| enqueued.job_id.as_str()))
            .bind(&firing.name);
        step.transaction.execute(note).await?;
    }
    step.commit().await?;
    Ok(true)
}

#[derive(sqlx::FromRow)]
struct ScheduleRow {
    name: String,
    plan: String,
    next_run_at: Option<i64>,
    last_run_at: Option<i64>,
    last_job_id: Option<String>,
    created_at: i64,
}

/// Those that are due and can be read. Looked for behind those that can't, however many they are.
async fn due(database: &Database, now: i64) -> Result<Vec<StoredSchedule>, BackplaneError> {
    let due = format!(
        "select {COLUMNS} from schedules where next_run_at is not null and is_paused = 0 and next_run_at <= $1
             and (next_run_at, name) > ($2, $3)
         order by next_run_at, name limit $4"
    );
    let mut schedules = Vec::new();
    let (mut at, mut name) = (i64::MIN, String::new());
    loop {
        let select = sql(due.clone()).bind(now).bind(at).bind(&name).bind(ROUND);
        let rows: Vec<ScheduleRow> = database.fetch_all(select).await?;
        let Some(last) = rows.last() else { return Ok(schedules) };
        (at, name) = (last.next_run_at.unwrap_or(at), last.name.clone());
        schedules.extend(rows.into_iter().filter_map(ScheduleRow::readable));
        if !schedules.is_empty() {
            return Ok(schedules);
        }
    }
}

async fn readable(database: &Database, select: Statement) -> Result<Vec<StoredSchedule>, BackplaneError> {
    let rows: Vec<ScheduleRow> = database.fetch_all(select).await?;
    Ok(rows.into_iter().filter_map(ScheduleRow::readable).collect())
}

impl ScheduleRow {
    fn readable(self) -> Option<StoredSchedule> {
        let read = StoredSchedule::try_from(self);
        read.inspect_err(|error| tracing::error!(%error, "a schedule can't be read and does not run")).ok()
    }
}

impl TryFrom<ScheduleRow> for StoredSchedule {
    type Error = StoreError;

    fn try_from(row: ScheduleRow) -> Result<Self, StoreError> {
        Ok(Self {
            plan: serde_json::from_str(&row.plan).map_err(|problem| broken(&row.name, &problem))?,
            next_run_at: optional_moment("schedules", "next_run_at", &row.name, row.next_run_at)?,
            last_run_at: optional_moment("schedules", "last_run_at", &row.name, row.last_run_at)?,
            last_job_id: row.last_job_id.map(JobId),
            created_at: moment("schedules", "created_at", &row.name, row.created_at)?,
        })
    }
}

fn broken(name: &str, problem: &serde_json::Error) -> StoreError {
    StoreError::BrokenRow { table: "schedules", column: "plan", id: name.to_owned(), problem: problem.to_string() }
}
