//! Taking jobs in.

use std::collections::{HashMap, HashSet};

use app::{
    domain::{JobId, JobState},
    events::{Event, JobStatus, JobUpdate},
};

use super::{millis, step::Step};
use crate::{
    backplane::{BackplaneError, Enqueued, NewJob},
    store::{Database, Dialect, Rows, StoreError, Transaction, Value, sql, texts},
};

/// How often a job is tried that another one was in the way of, which then was gone when it was looked for.
const TRIES: usize = 5;

/// Takes jobs in within one transaction.
pub(super) async fn enqueue(database: &Database, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, BackplaneError> {
    if jobs.iter().all(|job| is_plain(job) && job.unique_key.is_none()) && are_taken_in_at_once(database, &jobs).await?
    {
        return Ok(jobs.into_iter().map(|job| Enqueued { job_id: job.job_id, is_new: true }).collect());
    }
    let mut step = Step::begin(database).await?;
    let enqueued = take_in(&mut step, jobs).await?;
    step.commit().await?;
    Ok(enqueued)
}

/// Takes jobs in that nothing should be in the way of, together with their events and counters: nearly all jobs are such. Says whether
/// nothing was; else none of them was taken in.
async fn are_taken_in_at_once(database: &Database, jobs: &[NewJob]) -> Result<bool, BackplaneError> {
    let mut step = Step::begin(database).await?;
    let now_ms = step.now_ms();
    for job in jobs {
        step.tally.came(job.queue_name.as_str(), state_of(job));
        step.tell(Event::JobUpdate(told(job)));
    }
    let mut sorted: Vec<&NewJob> = jobs.iter().collect();
    sorted.sort_by_key(|job| &job.job_id);
    let rows = sorted.into_iter().map(|job| plain(job, now_ms)).collect();
    let insert = Rows::new(NEW_JOB, PLAIN, rows).fed_to(insertion(&PLAIN));
    Ok(step.insert_and_commit(insert, jobs.len()).await?)
}

/// Takes jobs in within a step.
pub(super) async fn take_in(step: &mut Step, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, BackplaneError> {
    let now_ms = step.now_ms();
    let mut taken: Vec<Option<Enqueued>> = vec![None; jobs.len()];
    for _ in 0..TRIES {
        let made = insert(&mut step.transaction, &jobs, &taken, now_ms).await?;
        for (place, taken) in taken.iter_mut().enumerate().filter(|(place, _)| made.contains(place)) {
            *taken = Some(Enqueued { job_id: jobs[place].job_id.clone(), is_new: true });
        }
        find_those_in_the_way(&mut step.transaction, &jobs, &mut taken, now_ms).await?;
        if taken.iter().all(Option::is_some) {
            break;
        }
    }
    let Some(enqueued) = taken.into_iter().collect::<Option<Vec<_>>>() else {
        return Err(StoreError::Contended { what: "a unique key of a job" }.into());
    };
    for (job, _) in jobs.into_iter().zip(&enqueued).filter(|(_, enqueued)| enqueued.is_new) {
        step.tally.came(job.queue_name.as_str(), state_of(&job));
        if job.delay.is_zero() {
            step.touch(job.concurrency_key.as_ref());
        }
        step.tell(Event::JobUpdate(told(&job)));
    }
    Ok(enqueued)
}

/// Inserts those jobs that were not taken in yet and that nothing is in the way of; returns their places.
async fn insert(
    transaction: &mut Transaction,
    jobs: &[NewJob],
    taken: &[Option<Enqueued>],
    now_ms: i64,
) -> Result<HashSet<usize>, StoreError> {
    let mut places: Vec<usize> = (0..jobs.len()).filter(|place| taken[*place].is_none()).collect();
    // In one order for everybody, so that two that take the same keys in can't wait for each other.
    places.sort_by_key(|place| (&jobs[*place].unique_key, &jobs[*place].job_id));
    let sorted = places.iter().map(|place| &jobs[*place]);
    // Columns cost.
    let made = if sorted.clone().all(is_plain) {
        insert_rows(transaction, PLAIN, sorted.map(|job| plain(job, now_ms)).collect()).await?
    } else {
        insert_rows(transaction, KEYED, sorted.map(|job| keyed(job, now_ms)).collect()).await?
    };
    match made {
        Made::All => Ok(places.into_iter().collect()),
        // An id that stands twice among the jobs was made for the first of them, in the order in which they were inserted.
        Made::These(mut made) => {
            Ok(places.into_iter().filter(|place| made.remove(jobs[*place].job_id.as_str())).collect())
        }
    }
}

/// Returns the ids of those that were made. Nearly always all are, and Postgres says so in a word; `$1` is the array of
/// all their ids.
async fn insert_rows<const N: usize>(
    transaction: &mut Transaction,
    columns: [&'static str; N],
    rows: Vec<[Value; N]>,
) -> Result<Made, StoreError> {
    let insert = format!("{} returning job_id", insertion(&columns));
    let insert = match transaction.dialect() {
        Dialect::Sqlite => insert,
        Dialect::Postgres => format!(
            ", made as ({insert}), whole as (select (select count(*) from made) = cardinality($1::text[]) as is_whole)
             select null as job_id from whole where is_whole
             union all
             select job_id from made where not (select is_whole from whole)"
        ),
    };
    let made: Vec<(Option<String>,)> = transaction.fetch_all_with(Rows::new(NEW_JOB, columns, rows), &insert).await?;
    Ok(made.into_iter().map(|(job_id,)| job_id).collect::<Option<_>>().map_or(Made::All, Made::These))
}

/// The table of jobs that an insertion reads from.
const NEW_JOB: &str = "new_job";

/// Inserts those that nothing is in the way of.
fn insertion(columns: &[&str]) -> String {
    let names = columns.join(", ");
    format!("insert into jobs ({names}) select {names} from {NEW_JOB} where true on conflict do nothing")
}

/// Which jobs of an insertion were made.
enum Made {
    All,
    These(HashSet<String>),
}

const KEYED: [&str; 15] = [
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
    "unique_until",
    "concurrency_key",
    "is_parked",
];

/// Those of a job without keys.
const PLAIN: [&str; 12] = *KEYED.first_chunk().expect("it is longer");

/// Whether a job has no keys that need columns of their own.
const fn is_plain(job: &NewJob) -> bool {
    job.concurrency_key.is_none() && job.unique_for.is_none()
}

fn state_of(job: &NewJob) -> JobState {
    if job.delay.is_zero() { JobState::Waiting } else { JobState::Delayed }
}

fn plain(job: &NewJob, now_ms: i64) -> [Value; 12] {
    [
        job.job_id.as_str().into(),
        job.queue_name.as_str().into(),
        (&job.job_name).into(),
        state_of(job).as_str().into(),
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

fn keyed(job: &NewJob, now_ms: i64) -> [Value; 15] {
    let unique_until = job.unique_for.filter(|_| job.unique_key.is_some());
    let is_parked = job.concurrency_key.is_some() && job.delay.is_zero();
    let keys: [Value; 3] = [
        unique_until.map(|unique_for| now_ms.saturating_add(millis(unique_for))).into(),
        (&job.concurrency_key).into(),
        i64::from(is_parked).into(),
    ];
    let mut columns = plain(job, now_ms).into_iter().chain(keys);
    std::array::from_fn(|_| columns.next().unwrap_or(Value::Integer(None)))
}

/// Finds the jobs that have the ids or the unique keys of those that were not made. One that ended, and whose time is over, gives its
/// key up: it is free for the next try.
async fn find_those_in_the_way(
    transaction: &mut Transaction,
    jobs: &[NewJob],
    taken: &mut [Option<Enqueued>],
    now_ms: i64,
) -> Result<(), StoreError> {
    let refused = || jobs.iter().zip(&*taken).filter(|(_, taken)| taken.is_none()).map(|(job, _)| job);
    if refused().next().is_none() {
        return Ok(());
    }
    let wanted = || refused().filter_map(|job| job.unique_key.as_deref());
    if wanted().next().is_some() {
        free_keys_whose_time_is_over(transaction, texts(wanted()), now_ms).await?;
    }
    let dialect = transaction.dialect();
    let select = sql(format!(
        "select job_id, null as unique_key from jobs where {}
         union all
         select job_id, unique_key from jobs
         where {} and unique_key is not null and (state in ('waiting', 'delayed', 'active') or unique_until is not null)",
        dialect.is_among("job_id", 1),
        dialect.is_among("unique_key", 2),
    ))
    .bind(texts(refused().map(|job| job.job_id.as_str())))
    .bind(texts(wanted()));
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

/// Frees those of some unique keys whose jobs have ended and whose time is over: nobody does it when the time comes.
pub(super) async fn free_keys_whose_time_is_over(
    transaction: &mut Transaction,
    keys: Value,
    now_ms: i64,
) -> Result<(), StoreError> {
    let update = format!(
        "update jobs set unique_until = null
         where {} and unique_key is not null and (state in ('waiting', 'delayed', 'active') or unique_until is not null)
             and unique_until <= $2 and finished_at is not null",
        transaction.dialect().is_among("unique_key", 1),
    );
    transaction.execute(sql(update).bind(keys).bind(now_ms)).await?;
    Ok(())
}

/// The event that tells of a job that was taken in.
fn told(job: &NewJob) -> JobUpdate {
    let status = if job.delay.is_zero() { JobStatus::Waiting } else { JobStatus::Delayed };
    JobUpdate {
        attempt: 0,
        max_attempts: job.max_attempts.max(1),
        public: job.public.clone(),
        ..JobUpdate::new(job.job_id.clone(), job.queue_name.clone(), job.job_name.clone(), status)
    }
}
