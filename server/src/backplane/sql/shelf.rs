//! Pieces of all jobs of one state.
//!
//! Jobs of a state stand in an index by queue, in their order. So each queue is asked for its first ones behind the place, and the
//! first of all are taken: what it costs grows with the queues and with the piece, not with the jobs.

use app::domain::{Job, JobState, QueueName};

use super::view::{JobView, view_columns};
use crate::{
    backplane::{BackplaneError, Place, Shelf},
    store::{Database, Statement, StoreError, sql},
};

/// Jobs that are given at once.
const ROUND: u32 = 1_000;

/// Jobs of one state, in the order of their places.
pub(super) async fn jobs(database: &Database, shelf: &Shelf) -> Result<Vec<Job>, BackplaneError> {
    let mut jobs: Vec<(Place, Job)> = Vec::new();
    let limit = shelf.limit.min(ROUND);
    for queue in queues(database, shelf).await? {
        for piece in pieces(shelf.state, shelf.after.as_ref()) {
            let rows: Vec<JobView> = database.fetch_all(piece.of(&queue, i64::from(limit))).await?;
            for row in rows {
                let job = Job::try_from(row)?;
                jobs.push((Place::of(&job), job));
            }
        }
    }
    jobs.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    jobs.truncate(limit as usize);
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

/// The queues that have jobs of the state.
async fn queues(database: &Database, shelf: &Shelf) -> Result<Vec<QueueName>, StoreError> {
    if let Some(queue) = &shelf.queue_name {
        return Ok(vec![queue.clone()]);
    }
    let select = "select queue_name from queue_counts where state = $1 group by queue_name having sum(jobs) > 0";
    let names: Vec<(String,)> = database.fetch_all(sql(select).bind(shelf.state.as_str())).await?;
    Ok(names.into_iter().map(|(name,)| QueueName(name)).collect())
}

/// A range of an index, of one queue: the condition, in which `$3` and what follows are `bound`, and the order of the index.
struct Piece {
    condition: &'static str,
    order: &'static str,
    numbers: Vec<i64>,
    job_id: Option<String>,
}

impl Piece {
    fn of(&self, queue: &QueueName, limit: i64) -> Statement {
        let Self { condition, order, numbers, job_id } = self;
        let select = format!(
            concat!(
                "select ",
                view_columns!(),
                " from jobs where queue_name = $1 and {condition} order by {order} limit $2"
            ),
            condition = condition,
            order = order,
        );
        let select =
            numbers.iter().fold(sql(select).bind(queue.as_str()).bind(limit), |select, number| select.bind(*number));
        match job_id {
            Some(job_id) => select.bind(job_id),
            None => select,
        }
    }
}

/// The ranges in which the jobs of a state stand behind a place.
fn pieces(state: JobState, after: Option<&Place>) -> Vec<Piece> {
    let whole = |condition, order| Piece { condition, order, numbers: Vec::new(), job_id: None };
    let behind = |condition, order, numbers: &[i64], place: &Place| Piece {
        condition,
        order,
        numbers: numbers.to_vec(),
        job_id: Some(place.job_id.0.clone()),
    };
    match (state, after) {
        (JobState::Waiting, after) => waiting(after),
        (JobState::Delayed, None) => vec![whole("state = 'delayed'", "run_at, job_id")],
        (JobState::Delayed, Some(place)) => {
            vec![behind("state = 'delayed' and (run_at, job_id) > ($3, $4)", "run_at, job_id", &[place.at], place)]
        }
        (JobState::Active, None) => vec![whole("state = 'active'", "started_at, job_id")],
        (JobState::Active, Some(place)) => {
            let condition = "state = 'active' and (started_at, job_id) > ($3, $4)";
            vec![behind(condition, "started_at, job_id", &[place.at], place)]
        }
        (JobState::Completed | JobState::Failed | JobState::Cancelled, after) => vec![ended(state, after)],
    }
}

/// Parked jobs stand in an index of their own. Behind a place come the rest of its priority, and those of less.
fn waiting(after: Option<&Place>) -> Vec<Piece> {
    const ORDER: &str = "priority desc, run_at, job_id";
    let Some(place) = after else {
        return ["state = 'waiting' and is_parked = 0", "state = 'waiting' and is_parked = 1"]
            .map(|condition| Piece { condition, order: ORDER, numbers: Vec::new(), job_id: None })
            .into();
    };
    let priority = 9 - i64::from(place.rank);
    let rest = [
        "state = 'waiting' and is_parked = 0 and priority = $3 and (run_at, job_id) > ($4, $5)",
        "state = 'waiting' and is_parked = 1 and priority = $3 and (run_at, job_id) > ($4, $5)",
    ]
    .map(|condition| Piece {
        condition,
        order: ORDER,
        numbers: vec![priority, place.at],
        job_id: Some(place.job_id.0.clone()),
    });
    let less = [
        "state = 'waiting' and is_parked = 0 and priority < $3",
        "state = 'waiting' and is_parked = 1 and priority < $3",
    ]
    .map(|condition| Piece { condition, order: ORDER, numbers: vec![priority], job_id: None });
    rest.into_iter().chain(less).collect()
}

/// The index is walked backwards; those that ended together are put in order when they are met.
fn ended(state: JobState, after: Option<&Place>) -> Piece {
    const ORDER: &str = "finished_at desc, job_id";
    let whole = match state {
        JobState::Failed => "state = 'failed' and finished_at is not null",
        JobState::Cancelled => "state = 'cancelled' and finished_at is not null",
        _ => "state = 'completed' and finished_at is not null",
    };
    let behind = match state {
        JobState::Failed => "state = 'failed' and finished_at <= $3 and (finished_at < $3 or job_id > $4)",
        JobState::Cancelled => "state = 'cancelled' and finished_at <= $3 and (finished_at < $3 or job_id > $4)",
        _ => "state = 'completed' and finished_at <= $3 and (finished_at < $3 or job_id > $4)",
    };
    match after {
        None => Piece { condition: whole, order: ORDER, numbers: Vec::new(), job_id: None },
        Some(place) => Piece {
            condition: behind,
            order: ORDER,
            numbers: vec![place.at.saturating_neg()],
            job_id: Some(place.job_id.0.clone()),
        },
    }
}
