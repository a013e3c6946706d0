//! Workers: how they presented themselves, and when they were heard of last.

use std::time::Duration;

use app::domain::{JobId, QueueName, Worker, WorkerId, WorkerShare, WorkerStatus};
use jiff::Timestamp;

use super::{
    millis,
    row::count,
    worker_news::{ToldRow, status, tell, told_columns},
};
use crate::{
    backplane::{BackplaneError, Heartbeat, WorkerProfile},
    store::{Database, Dialect, StoreError, Transaction, moment, sql, texts},
};

/// Silence after which a worker counts as gone.
pub(super) const GONE_AFTER: Duration = Duration::from_secs(10);
/// Silence after which nothing is told of it any more.
pub(super) const FORGOTTEN_AFTER: Duration = Duration::from_hours(1);
/// Jobs of a worker that are named.
const NAMED_JOBS: usize = 100;

/// Writes a worker's profile. One that presents itself again began when it did so first, and is at what it was, unless it was believed gone.
pub(super) async fn present(database: &Database, profile: &WorkerProfile) -> Result<(), BackplaneError> {
    let mut transaction = database.begin().await?;
    let now_ms = transaction.now().as_millisecond();
    let upsert = sql(concat!(
        "insert into workers (worker_id, name, host, version, queues, status, started_at, last_heartbeat_at)
         values ($1, $2, $3, $4, $5, 'idle', $6, $6)
         on conflict (worker_id) do update
         set name = excluded.name, host = excluded.host, version = excluded.version, queues = excluded.queues,
             status = case workers.status when 'gone' then 'idle' else workers.status end,
             last_heartbeat_at = excluded.last_heartbeat_at
         returning ",
        told_columns!()
    ))
    .bind(profile.worker.as_str())
    .bind(&profile.name)
    .bind(&profile.host)
    .bind(&profile.version)
    .bind(serde_json::to_string(&profile.queues).unwrap_or_else(|_| "[]".to_owned()))
    .bind(now_ms);
    let told = transaction.fetch_one::<ToldRow>(upsert).await?;
    tell(&mut transaction, [told]).await?;
    transaction.commit_lazily().await?;
    Ok(())
}

/// Notes that a worker lives, and what it has; says whether that was told. One that nobody knows is left alone.
pub(super) async fn live(transaction: &mut Transaction, heartbeat: &Heartbeat<'_>) -> Result<bool, StoreError> {
    let named: Vec<&JobId> = heartbeat.leases.iter().take(NAMED_JOBS).map(|lease| &lease.job_id).collect();
    let update = sql(concat!(
        "update workers set status = $1, current_jobs = $2, job_ids = $3, last_heartbeat_at = $4 where worker_id = $5
         returning ",
        told_columns!()
    ))
    .bind(heartbeat.status.as_str())
    .bind(i64::try_from(heartbeat.leases.len()).unwrap_or(i64::MAX))
    .bind(serde_json::to_string(&named).unwrap_or_else(|_| "[]".to_owned()))
    .bind(transaction.now().as_millisecond())
    .bind(heartbeat.worker.as_str());
    let told = transaction.fetch_optional::<ToldRow>(update).await?;
    tell(transaction, told).await
}

/// Takes a worker that ended as it should off the list.
pub(super) async fn remove(database: &Database, worker: &WorkerId) -> Result<(), BackplaneError> {
    let mut transaction = database.begin().await?;
    let delete = sql(concat!("delete from workers where worker_id = $1 returning ", told_columns!()));
    let gone: Option<ToldRow> = transaction.fetch_optional(delete.bind(worker.as_str())).await?;
    tell(&mut transaction, gone.map(ToldRow::gone)).await?;
    transaction.commit_lazily().await?;
    Ok(())
}

/// Asks whether [`tidy`] has anything to do; the workers whose processes are gone are bound at a place.
pub(super) fn has_untidy(place: usize, dialect: Dialect) -> String {
    format!(
        "exists (
             select 1 from workers where last_heartbeat_at < {now} - {} or (status <> 'gone' and (
                 last_heartbeat_at < {now} - {} or {}
             ))
         )",
        millis(FORGOTTEN_AFTER),
        millis(GONE_AFTER),
        dialect.is_among("worker_id", place),
        now = dialect.now(),
    )
}

/// Marks workers whose processes are gone or of which nothing was heard, tells of them, and forgets those of which nothing was heard
/// for long.
pub(super) async fn tidy(database: &Database, gone: &[WorkerId]) -> Result<(), BackplaneError> {
    let mut transaction = database.begin().await?;
    let now_ms = transaction.now().as_millisecond();
    let dialect = transaction.dialect();
    let mark = format!(
        "update workers set status = 'gone', current_jobs = 0, job_ids = '[]' where worker_id in (
             select worker_id from workers where status <> 'gone' and (last_heartbeat_at < $2 or {})
             order by worker_id {}
         )
         returning {}",
        dialect.is_among("worker_id", 1),
        dialect.take("workers"),
        told_columns!(),
    );
    let mark = sql(mark).bind(texts(gone.iter().map(WorkerId::as_str))).bind(now_ms - millis(GONE_AFTER));
    let marked: Vec<ToldRow> = transaction.fetch_all(mark).await?;
    tell(&mut transaction, marked).await?;
    let forget = sql("delete from workers where last_heartbeat_at < $1").bind(now_ms - millis(FORGOTTEN_AFTER));
    transaction.execute(forget).await?;
    transaction.commit_lazily().await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct WorkerRow {
    worker_id: String,
    name: String,
    host: String,
    version: String,
    queues: String,
    status: String,
    current_jobs: i64,
    job_ids: String,
    started_at: i64,
    last_heartbeat_at: i64,
    clock: i64,
}

/// All workers, by their ids.
pub(super) async fn all(database: &Database) -> Result<Vec<Worker>, StoreError> {
    let select = format!(
        "select worker_id, name, host, version, queues, status, current_jobs, job_ids, started_at, last_heartbeat_at,
             {} as clock
         from workers order by worker_id",
        database.dialect().now()
    );
    let rows: Vec<WorkerRow> = database.fetch_all(sql(select)).await?;
    rows.into_iter().map(Worker::try_from).collect()
}

/// How many workers that live take from a queue.
pub(super) fn consumers(workers: &[Worker], queue: &QueueName) -> u32 {
    let takes = |worker: &&Worker| {
        worker.status != WorkerStatus::Gone && worker.queues.iter().any(|share| share.queue_name == *queue)
    };
    u32::try_from(workers.iter().filter(takes).count()).unwrap_or(u32::MAX)
}

impl TryFrom<WorkerRow> for Worker {
    type Error = StoreError;

    fn try_from(row: WorkerRow) -> Result<Self, StoreError> {
        let broken = |column, problem: String| StoreError::BrokenRow {
            table: "workers",
            column,
            id: row.worker_id.clone(),
            problem,
        };
        let at = |column, ms| -> Result<Timestamp, StoreError> { moment("workers", column, &row.worker_id, ms) };
        let queues: Vec<WorkerShare> =
            serde_json::from_str(&row.queues).map_err(|problem| broken("queues", problem.to_string()))?;
        let is_silent = row.last_heartbeat_at < row.clock - millis(GONE_AFTER);
        let status = if is_silent { WorkerStatus::Gone } else { status(&row.worker_id, &row.status)? };
        Ok(Self {
            status,
            concurrency: queues.iter().map(|share| share.concurrency).sum(),
            queues,
            current_jobs: count(row.current_jobs),
            jobs: serde_json::from_str(&row.job_ids).map_err(|problem| broken("job_ids", problem.to_string()))?,
            started_at: at("started_at", row.started_at)?,
            last_heartbeat_at: at("last_heartbeat_at", row.last_heartbeat_at)?,
            worker_id: WorkerId(row.worker_id.clone()),
            name: row.name,
            host: row.host,
            version: row.version,
        })
    }
}
