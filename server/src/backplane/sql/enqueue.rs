//! Taking jobs in.

use std::collections::{HashMap, HashSet};

use app::{
    domain::{JobId, JobState},
    events::{Event, JobStatus, JobUpdate},
};
use jiff::Timestamp;

use super::millis;
use crate::{
    backplane::{BackplaneError, Enqueued, NewJob},
    store::{Database, Rows, StoreError, Transaction, Value, outbox, sql, texts},
};

/// How often a job is tried that another one was in the way of, which then was gone when it was looked for.
const TRIES: usize = 5;

/// Takes jobs in within one transaction.
pub(super) async fn enqueue(database: &Database, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, BackplaneError> {
    let mut transaction = database.begin().await?;
    let now = transaction.now();
    let mut taken: Vec<Option<Enqueued>> = vec![None; jobs.len()];
    for _ in 0..TRIES {
        let made = insert(&mut transaction, &jobs, &taken, now).await?;
        for (place, taken) in taken.iter_mut().enumerate().filter(|(place, _)| made.contains(place)) {
            *taken = Some(Enqueued { job_id: jobs[place].job_id.clone(), is_new: true });
        }
        find_those_in_the_way(&mut transaction, &jobs, &mut taken).await?;
        if taken.iter().all(Option::is_some) {
            break;
        }
    }
    let Some(enqueued) = taken.into_iter().collect::<Option<Vec<_>>>() else {
        return Err(StoreError::Contended { what: "a unique key of a job" }.into());
    };
    let new = jobs.into_iter().zip(&enqueued).filter(|(_, enqueued)| enqueued.is_new);
    outbox::append_all(&mut transaction, new.map(|(job, _)| Event::JobUpdate(told(job))), now).await?;
    transaction.commit().await?;
    Ok(enqueued)
}

/// Inserts those jobs that were not taken in yet and that nothing is in the way of; returns their places.
async fn insert(
    transaction: &mut Transaction,
    jobs: &[NewJob],
    taken: &[Option<Enqueued>],
    now: Timestamp,
) -> Result<HashSet<usize>, StoreError> {
    let mut places: Vec<usize> = (0..jobs.len()).filter(|place| taken[*place].is_none()).collect();
    // In one order for everybody, so that two that take the same keys in can't wait for each other.
    places.sort_by_key(|place| (&jobs[*place].unique_key, &jobs[*place].job_id));
    let rows = places.iter().map(|place| row(&jobs[*place], now)).collect();
    let names = COLUMNS.join(", ");
    let insert = format!(
        "insert into jobs ({names}) select {names} from new_job where true on conflict do nothing returning job_id"
    );
    let made: Vec<(String,)> = transaction.fetch_all_with(Rows::new("new_job", COLUMNS, rows), &insert).await?;
    // An id that stands twice among the jobs was made for the first of them.
    let mut made: HashSet<String> = made.into_iter().map(|(job_id,)| job_id).collect();
    places.sort_unstable();
    Ok(places.into_iter().filter(|place| made.remove(jobs[*place].job_id.as_str())).collect())
}

const COLUMNS: [&str; 12] = [
    "job_id",
    "queue_name",
    "job_name",
    "state",
    "priority",
    "data",
    "public",
    "unique_key",
    "max_attempts",
    "max_stalls",
    "created_at",
    "run_at",
];

fn row(job: &NewJob, now: Timestamp) -> [Value; 12] {
    let state = if job.delay.is_zero() { JobState::Waiting } else { JobState::Delayed };
    let now_ms = now.as_millisecond();
    [
        job.job_id.as_str().into(),
        job.queue_name.as_str().into(),
        (&job.job_name).into(),
        state.as_str().into(),
        i64::from(job.priority.min(9)).into(),
        job.data.to_string().into(),
        serde_json::to_string(&job.public).unwrap_or_else(|_| "{}".to_owned()).into(),
        (&job.unique_key).into(),
        i64::from(job.max_attempts.max(1)).into(),
        i64::from(job.max_stalls.max(1)).into(),
        now_ms.into(),
        now_ms.saturating_add(millis(job.delay)).into(),
    ]
}

/// Finds the jobs that have the ids or the unique keys of those that were not made.
async fn find_those_in_the_way(
    transaction: &mut Transaction,
    jobs: &[NewJob],
    taken: &mut [Option<Enqueued>],
) -> Result<(), StoreError> {
    let refused = || jobs.iter().zip(&*taken).filter(|(_, taken)| taken.is_none()).map(|(job, _)| job);
    if refused().next().is_none() {
        return Ok(());
    }
    let dialect = transaction.dialect();
    let select = sql(format!(
        "select job_id, null as unique_key from jobs where {}
         union all
         select job_id, unique_key from jobs where {} and state in ('waiting', 'delayed', 'active')",
        dialect.is_among("job_id", 1),
        dialect.is_among("unique_key", 2),
    ))
    .bind(texts(refused().map(|job| job.job_id.as_str())))
    .bind(texts(refused().filter_map(|job| job.unique_key.as_deref())));
    let rows: Vec<(String, Option<String>)> = transaction.fetch_all(select).await?;
    let mut ids = HashSet::new();
    let mut keys = HashMap::new();
    for (job_id, unique_key) in rows {
        match unique_key {
            None => drop(ids.insert(job_id)),
            Some(key) => drop(keys.insert(key, job_id)),
        }
    }
    for (job, taken) in jobs.iter().zip(taken).filter(|(_, taken)| taken.is_none()) {
        let known = ids.contains(job.job_id.as_str()).then(|| job.job_id.clone());
        let keyed = || job.unique_key.as_ref().and_then(|key| keys.get(key)).map(|id| JobId(id.clone()));
        *taken = known.or_else(keyed).map(|job_id| Enqueued { job_id, is_new: false });
    }
    Ok(())
}

/// The event that tells of a job that was taken in.
fn told(job: NewJob) -> JobUpdate {
    let status = if job.delay.is_zero() { JobStatus::Waiting } else { JobStatus::Delayed };
    JobUpdate {
        attempt: 0,
        max_attempts: job.max_attempts.max(1),
        public: job.public,
        ..JobUpdate::new(job.job_id, job.queue_name, job.job_name, status)
    }
}
