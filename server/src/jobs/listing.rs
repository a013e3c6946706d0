//! Lists of jobs over all states: walks the engine's shelves one after the other, and picks what was asked for.
//!
//! An engine can give jobs by queue and state in order, and nothing else: an index for each text that somebody may look for would cost
//! every job, and is looked at once a week. So a search reads jobs one by one, and says how far it came instead of taking for ever.

use std::collections::HashSet;

use app::domain::{Job, JobId, JobPage, JobQuery, JobState};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::backplane::{BackplaneError, Inspect, Place, Shelf};

/// Jobs that one call looks at, at most.
pub const MOST_SCANNED: u32 = 2_000;
/// Jobs that are taken from a shelf at once.
const HANDFUL: u32 = 250;

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// The text given as `before` is no place in this list.
    #[error("'before' is not a place in this list")]
    NoPlace,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] BackplaneError),
}

/// Jobs in the order of [`JobState::ALL`], and within a state in the order of its shelf.
///
/// A job that changes its state while somebody turns the pages may be met on two of them, or on none; never twice on one.
///
/// # Errors
/// [`ListingError::NoPlace`] for a `before` that was not given for a list of the same states; or the engine failed.
pub async fn list(inspect: &dyn Inspect, query: &JobQuery) -> Result<JobPage, ListingError> {
    let states = query.state.map_or(JobState::ALL.to_vec(), |state| vec![state]);
    let start = match query.before.as_deref() {
        None => None,
        Some(text) => Some(Bookmark::decode(text).ok_or(ListingError::NoPlace)?),
    };
    let first = match &start {
        None => 0,
        Some(bookmark) => states.iter().position(|state| *state == bookmark.state).ok_or(ListingError::NoPlace)?,
    };
    let mut page = Pick::new(query);
    let mut after = start.map(|bookmark| bookmark.place);
    for state in &states[first..] {
        if !page.walk(inspect, *state, after.take()).await? {
            return Ok(page.cut());
        }
    }
    Ok(JobPage { items: page.items, next: None, scanned: page.scanned, complete: true })
}

/// A page that is being filled.
struct Pick<'a> {
    query: &'a JobQuery,
    /// In lower case.
    text: Option<String>,
    items: Vec<Job>,
    met: HashSet<JobId>,
    scanned: u32,
    /// The last job that was looked at.
    last: Option<Bookmark>,
}

impl<'a> Pick<'a> {
    fn new(query: &'a JobQuery) -> Self {
        let text = query.text.as_deref().map(str::to_lowercase);
        Self { query, text, items: Vec::new(), met: HashSet::new(), scanned: 0, last: None }
    }

    /// Looks at the jobs of a shelf. Says whether it came to its end.
    async fn walk(
        &mut self,
        inspect: &dyn Inspect,
        state: JobState,
        mut after: Option<Place>,
    ) -> Result<bool, BackplaneError> {
        loop {
            let limit = self.handful();
            let wanted = Shelf { state, queue_name: self.query.queue_name.clone(), after: after.clone(), limit };
            let jobs = inspect.shelf(&wanted).await?;
            // Fewer than were asked for are not the end: an engine may have met some that were removed under its hands.
            let Some(last) = jobs.last() else { return Ok(true) };
            after = Some(Place::of(last));
            for job in jobs {
                if self.is_over() {
                    return Ok(false);
                }
                self.look_at(state, job);
            }
        }
    }

    /// One more than fit, so that a page knows whether it is the last without another question.
    fn handful(&self) -> u32 {
        let is_search = self.query.job_name.is_some() || self.text.is_some();
        let wanted = if is_search { HANDFUL } else { self.room().saturating_add(1) };
        wanted.min(HANDFUL).min(MOST_SCANNED - self.scanned + 1)
    }

    fn room(&self) -> u32 {
        self.query.limit.saturating_sub(u32::try_from(self.items.len()).unwrap_or(u32::MAX))
    }

    fn is_over(&self) -> bool {
        self.room() == 0 || self.scanned >= MOST_SCANNED
    }

    fn look_at(&mut self, state: JobState, job: Job) {
        self.scanned += 1;
        self.last = Some(Bookmark { state, place: Place::of(&job) });
        if self.matches(&job) && self.met.insert(job.job_id.clone()) {
            self.items.push(job);
        }
    }

    fn matches(&self, job: &Job) -> bool {
        let is_kind = self.query.job_name.as_ref().is_none_or(|name| *name == job.job_name);
        is_kind && self.text.as_deref().is_none_or(|text| says(job, text))
    }

    fn cut(self) -> JobPage {
        let next = self.last.as_ref().map(Bookmark::encode);
        JobPage { items: self.items, next, scanned: self.scanned, complete: false }
    }
}

/// Whether a text, in lower case, stands in what people would look for.
fn says(job: &Job, text: &str) -> bool {
    let words = [Some(job.job_id.as_str()), Some(&job.job_name), job.message.as_deref(), job.error.as_deref()];
    words.into_iter().flatten().any(|words| words.to_lowercase().contains(text))
        || job.data.to_string().to_lowercase().contains(text)
}

/// A place in the list of all states.
#[derive(Debug, PartialEq, Eq)]
struct Bookmark {
    state: JobState,
    place: Place,
}

impl Bookmark {
    /// Its JSON in letters that can stand in an address. Clients pass it back as they got it.
    fn encode(&self) -> String {
        let Place { rank, at, job_id } = &self.place;
        let json = serde_json::json!([self.state, rank, at, job_id]);
        BASE64_URL_SAFE_NO_PAD.encode(json.to_string())
    }

    fn decode(text: &str) -> Option<Self> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (state, rank, at, job_id) = serde_json::from_slice(&json).ok()?;
        Some(Self { state, place: Place { rank, at, job_id } })
    }
}

#[cfg(test)]
mod tests {
    use app::domain::{CounterDrift, JobDetail, Queue, QueueName, Worker};
    use async_trait::async_trait;
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    struct Shelves(Vec<Job>);

    #[async_trait]
    impl Inspect for Shelves {
        async fn shelf(&self, asked: &Shelf) -> Result<Vec<Job>, BackplaneError> {
            let is_there = |job: &&Job| {
                let is_behind = asked.after.as_ref().is_none_or(|after| Place::of(job) > *after);
                let is_of_queue = asked.queue_name.as_ref().is_none_or(|queue| *queue == job.queue_name);
                job.state == asked.state && is_of_queue && is_behind
            };
            let mut jobs: Vec<Job> = self.0.iter().filter(is_there).cloned().collect();
            jobs.sort_by_key(Place::of);
            jobs.truncate(asked.limit as usize);
            Ok(jobs)
        }

        async fn job_state(&self, _: &JobId) -> Result<Option<JobState>, BackplaneError> {
            Ok(None)
        }

        async fn job(&self, _: &JobId) -> Result<Option<JobDetail>, BackplaneError> {
            Ok(None)
        }

        async fn queues(&self) -> Result<Vec<Queue>, BackplaneError> {
            Ok(Vec::new())
        }

        async fn queue(&self, _: &QueueName) -> Result<Option<Queue>, BackplaneError> {
            Ok(None)
        }

        async fn workers(&self) -> Result<Vec<Worker>, BackplaneError> {
            Ok(Vec::new())
        }

        async fn recount(&self) -> Result<Vec<CounterDrift>, BackplaneError> {
            Ok(Vec::new())
        }
    }

    fn job(number: usize, state: JobState) -> Job {
        let job = json!({
            "jobId": format!("j{number:05}"), "queueName": "test", "jobName": "echo", "state": state, "priority": 0, "attempt": 0,
            "maxAttempts": 10, "progress": 0, "data": {"number": number}, "cancelRequested": false,
            "createdAt": Timestamp::UNIX_EPOCH, "runAt": Timestamp::UNIX_EPOCH
        });
        serde_json::from_value(job).expect("a job")
    }

    fn jobs(count: usize, state: JobState) -> Vec<Job> {
        (0..count).map(|number| job(number, state)).collect()
    }

    async fn listed(shelves: &Shelves, query: &JobQuery) -> JobPage {
        list(shelves, query).await.expect("a page")
    }

    #[tokio::test]
    async fn what_runs_comes_before_what_waits_and_what_is_done_comes_last() {
        let states = [JobState::Completed, JobState::Waiting, JobState::Failed, JobState::Active];
        let shelves = Shelves(states.into_iter().enumerate().map(|(number, state)| job(number, state)).collect());

        let page = listed(&shelves, &JobQuery::default()).await;

        let order: Vec<JobState> = page.items.iter().map(|job| job.state).collect();
        assert_eq!(order, [JobState::Active, JobState::Waiting, JobState::Failed, JobState::Completed]);
        assert_eq!((page.next, page.scanned, page.complete), (None, 4, true));
    }

    #[tokio::test]
    async fn pages_have_no_gaps_and_no_doubles_over_the_borders_of_states() {
        let mut all = jobs(7, JobState::Active);
        all.extend((7..18).map(|number| job(number, JobState::Delayed)));
        let shelves = Shelves(all);

        let mut met = Vec::new();
        let mut query = JobQuery { limit: 3, ..JobQuery::default() };
        loop {
            let page = listed(&shelves, &query).await;
            met.extend(page.items.into_iter().map(|job| job.job_id.0));
            assert_eq!(page.complete, page.next.is_none());
            let Some(next) = page.next else { break };
            query.before = Some(next);
        }

        assert_eq!(met, (0..18).map(|number| format!("j{number:05}")).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_search_stops_after_two_thousand_jobs_and_goes_on_where_it_stopped() {
        let shelves = Shelves(jobs(4_500, JobState::Waiting));
        let mut query = JobQuery { text: Some("J04321".to_owned()), ..JobQuery::default() };

        let mut pages = Vec::new();
        for _ in 0..3 {
            let page = listed(&shelves, &query).await;
            pages.push((page.items.len(), page.scanned, page.complete));
            query.before = page.next;
        }

        assert_eq!(pages, [(0, MOST_SCANNED, false), (0, MOST_SCANNED, false), (1, 500, true)]);
    }

    #[tokio::test]
    async fn a_search_looks_into_id_kind_message_error_and_arguments_without_case() {
        let mut all = jobs(6, JobState::Failed);
        all[1].job_name = "Needle-kind".to_owned();
        all[2].message = Some("a NEEDLE said".to_owned());
        all[3].error = Some("no needle".to_owned());
        all[4].data = json!({"deep": [{"in": "NeEdLe"}]});
        all[5].job_id = "needle-5".into();
        let shelves = Shelves(all);

        let found = listed(&shelves, &JobQuery { text: Some("nEEdle".to_owned()), ..JobQuery::default() }).await;
        let echoes =
            listed(&shelves, &JobQuery { job_name: Some("Needle-kind".to_owned()), ..JobQuery::default() }).await;

        assert_eq!((found.items.len(), found.scanned), (5, 6));
        assert_eq!(echoes.items.len(), 1);
    }

    #[tokio::test]
    async fn a_place_of_another_list_is_refused() {
        let shelves = Shelves(jobs(3, JobState::Waiting));
        let page = listed(&shelves, &JobQuery { limit: 1, ..JobQuery::default() }).await;

        for before in [page.next, Some("seven".to_owned()), Some(BASE64_URL_SAFE_NO_PAD.encode("[1]"))] {
            let query = JobQuery { before, state: Some(JobState::Failed), ..JobQuery::default() };
            assert!(matches!(list(&shelves, &query).await, Err(ListingError::NoPlace)));
        }
    }
}
