//! Waiting for work.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use app::domain::QueueName;
use tokio::time::Instant;

use super::{claim, limits::Limits, step::Step};
use crate::{
    backplane::{BackplaneError, ClaimRequest, ClaimedJob},
    store::{Commits, Database, StoreError, sql, texts},
};

/// What is known of queues, so that whoever waits for work asks for no more than is worth it.
#[derive(Default)]
pub(super) struct Quiet(Mutex<HashMap<QueueName, Known>>);

#[derive(Clone, Copy, Default)]
struct Known {
    /// After which commit nothing waited: it is looked at again only after another one.
    quiet_since: Option<Commits>,
    /// Whether the last news of other processes brought a job. The next one may as well, and is answered by a claim without a look before.
    brought_a_job: bool,
}

impl Quiet {
    fn is_since(&self, queues: &[QueueName], commit: Commits) -> bool {
        self.are(queues, |known| known.quiet_since == Some(commit))
    }

    fn brought_jobs(&self, queues: &[QueueName]) -> bool {
        self.are(queues, |known| known.brought_a_job)
    }

    fn are(&self, queues: &[QueueName], so: impl Fn(&Known) -> bool) -> bool {
        let quiet = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.iter().all(|queue| quiet.get(queue).is_some_and(&so))
    }

    fn note(&self, queues: &[QueueName], note: impl Fn(&mut Known)) {
        let mut quiet = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for queue in queues {
            if !quiet.contains_key(queue) {
                quiet.insert(queue.clone(), Known::default());
            }
            quiet.get_mut(queue).into_iter().for_each(&note);
        }
    }
}

/// Claims jobs, waiting for the next commit as long as there are none and patience lasts.
pub(super) async fn claim_patiently(
    database: &Database,
    quiet: &Quiet,
    limits: &Limits,
    request: &ClaimRequest,
    patience: Duration,
) -> Result<Vec<ClaimedJob>, BackplaneError> {
    let deadline = Instant::now() + patience;
    let queues = &request.queues;
    let mut commits = database.commits();
    let mut last = *commits.borrow();
    loop {
        let commit = *commits.borrow_and_update();
        let is_news = commit.elsewhere != last.elsewhere;
        last = commit;
        // Whoever does not wait would not learn of a commit of another process that was not noticed yet: it always looks.
        if patience.is_zero() || !quiet.is_since(queues, commit) {
            let is_hopeful = is_news && quiet.brought_jobs(queues) && !limits.has_any(queues);
            let mut jobs = if is_hopeful { claim_now(database, limits, request).await? } else { Vec::new() };
            // Else looked at by a reader first, so that idle workers don't queue up for the one writer.
            if jobs.is_empty() {
                if has_waiting(database, limits, queues).await? {
                    jobs = claim_now(database, limits, request).await?;
                } else {
                    quiet.note(queues, |known| known.quiet_since = Some(commit));
                }
            }
            if is_news {
                quiet.note(queues, |known| known.brought_a_job = !jobs.is_empty());
            }
            if !jobs.is_empty() {
                return Ok(jobs);
            }
        }
        let next_commit = tokio::time::timeout_at(deadline, commits.changed());
        if !matches!(next_commit.await, Ok(Ok(()))) {
            return Ok(Vec::new());
        }
    }
}

async fn claim_now(
    database: &Database,
    limits: &Limits,
    request: &ClaimRequest,
) -> Result<Vec<ClaimedJob>, BackplaneError> {
    let mut step = Step::begin(database).await?;
    let claimed = claim::take(&mut step, limits, request).await?;
    if claimed.is_empty() {
        // A commit would wake all that wait, and they would find nothing again.
        step.roll_back().await?;
    } else {
        // A claim that a power cut takes back is simply made again.
        step.commit_lazily().await?;
    }
    Ok(claimed)
}

/// Whether there is a job that may run now, and which of the queues with such jobs have a limit.
async fn has_waiting(database: &Database, limits: &Limits, queues: &[QueueName]) -> Result<bool, StoreError> {
    // A subquery with an order and a limit is answered by the first entry of the index. As `exists` it could be joined, and without an
    // order looked for in the table itself: Postgres thinks of both, and reads all jobs for it.
    let select = format!(
        "select name, concurrency_limit is not null from {} asked left join queues on queues.queue_name = name
         where coalesce(is_paused, 0) = 0
             and (
                 select true from jobs where state = 'waiting' and is_parked = 0 and jobs.queue_name = name
                 order by priority desc, run_at, job_id limit 1
             )
             and (concurrency_limit is null or concurrency_limit > (
                 select count(*) from jobs where state = 'active' and jobs.queue_name = name
             ))",
        database.dialect().names(1)
    );
    let select = sql(select).bind(texts(queues.iter().map(QueueName::as_str)));
    let found: Vec<(String, bool)> = database.fetch_all(select).await?;
    limits.note(found.iter().map(|(queue, is_limited)| (queue.as_str(), *is_limited)));
    Ok(!found.is_empty())
}
