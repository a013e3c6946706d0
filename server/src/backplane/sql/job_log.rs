//! What jobs said: the last lines of each, kept over its attempts.

use app::domain::{JobId, JobLogLine, LogLevel};

use crate::{
    backplane::{
        BackplaneError, Finished, Lease,
        words::{LOG_LINE_BYTES, LOG_LINES},
    },
    store::{Database, Rows, StoreError, Value, moment, sql},
};

/// Adds lines, and removes those that are too many.
pub(super) async fn add(
    database: &Database,
    lease: &Lease,
    mut lines: Vec<JobLogLine>,
) -> Result<Finished, BackplaneError> {
    let mut transaction = database.begin().await?;
    // Held until the end: whoever adds lines at the same time waits here, so that they are numbered in the order of the commits.
    let held = format!(
        "select job_id from jobs where job_id = $1 and token = $2 and state = 'active' {}",
        transaction.dialect().take("jobs")
    );
    let held = sql(held).bind(lease.job_id.as_str()).bind(&lease.token);
    if transaction.fetch_optional::<(String,)>(held).await?.is_none() {
        transaction.roll_back().await?;
        return Ok(Finished::Refused);
    }
    let too_many = lines.len().saturating_sub(LOG_LINES);
    let rows = lines.drain(too_many..).map(|line| row(&lease.job_id, &line)).collect();
    let insert =
        "insert into job_log (job_id, at, level, line) select its_job, its_moment, its_level, its_line from said";
    let columns = ["its_job", "its_moment", "its_level", "its_line"];
    transaction.execute_with(Rows::new("said", columns, rows).fed_to(insert)).await?;
    let trim = "delete from job_log where job_id = $1 and line_id <= (
             select line_id from job_log where job_id = $1 order by line_id desc limit 1 offset $2
         )";
    let kept = i64::try_from(LOG_LINES).unwrap_or(i64::MAX);
    transaction.execute(sql(trim).bind(lease.job_id.as_str()).bind(kept)).await?;
    // What a job says is no event, and nobody waits for it.
    transaction.commit_quietly().await?;
    Ok(Finished::Accepted)
}

fn row(job_id: &JobId, line: &JobLogLine) -> [Value; 4] {
    let level = match line.level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    };
    let end = line.line.floor_char_boundary(LOG_LINE_BYTES);
    [job_id.as_str().into(), line.at.as_millisecond().into(), level.into(), line.line[..end].into()]
}

#[derive(sqlx::FromRow)]
struct LineRow {
    line_id: i64,
    at: i64,
    level: String,
    line: String,
}

/// What a job said, the oldest first.
pub(super) async fn of(database: &Database, job_id: &JobId) -> Result<Vec<JobLogLine>, StoreError> {
    let select = "select line_id, at, level, line from job_log where job_id = $1 order by line_id";
    let rows: Vec<LineRow> = database.fetch_all(sql(select).bind(job_id.as_str())).await?;
    rows.into_iter().map(JobLogLine::try_from).collect()
}

impl TryFrom<LineRow> for JobLogLine {
    type Error = StoreError;

    fn try_from(row: LineRow) -> Result<Self, StoreError> {
        let level = match row.level.as_str() {
            "debug" => LogLevel::Debug,
            "info" => LogLevel::Info,
            "warn" => LogLevel::Warn,
            "error" => LogLevel::Error,
            unknown => {
                return Err(StoreError::BrokenRow {
                    table: "job_log",
                    column: "level",
                    id: row.line_id.to_string(),
                    problem: format!("no level is called {unknown}"),
                });
            }
        };
        Ok(Self { at: moment("job_log", "at", &row.line_id, row.at)?, level, line: row.line })
    }
}
