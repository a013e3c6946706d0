//! What the page of events asks of the log: a sifted page of it, and a film of its queues and workers.
//!
//! No topic carries everything, so the page listens to a set: all collective topics, each queue that is known, and what programs have told
//! lately. What can't be known beforehand, a topic that nobody has used yet, is listened to when it is named.

use std::collections::{BTreeMap, BTreeSet};

use app::{
    api::ApiError,
    domain::{EventPage, EventQuery, LoggedEvent, Sieve, SieveError},
    events::{Cursor, Event, QueueUpdate, ResetReason, Topic, WorkerStatusUpdate},
    live::{FilmReel, Panorama, panorama::MOST_CHANGES},
};
use jiff::Timestamp;

use crate::{
    backplane::{
        Backplane, LogEntry, ReadLog,
        history::{self, HistoryPage, Side},
    },
    failure::refusal,
};

/// Events on a page.
const EVENTS: u32 = 100;
/// Topics that a page, and its film, listen to. A connection, which all tabs of a browser share, has room for 256.
const MOST_TOPICS: usize = 100;
/// Events that are read at once, and looked through for topics.
const ROUND: u32 = 500;
/// Rounds of one film at most.
const ROUNDS: usize = 20;

/// A page of events, newest first.
pub(crate) async fn page(backplane: &dyn Backplane, query: &EventQuery) -> Result<EventPage, ApiError> {
    let sieve = Sieve::of(query).map_err(|problem| match problem {
        SieveError::Topic(_) => ApiError::invalid("topics", problem),
        SieveError::Kind(_) => ApiError::invalid("type", problem),
    })?;
    if sieve.topics.len() > MOST_TOPICS {
        return Err(ApiError::invalid("topics", format!("Name at most {MOST_TOPICS} topics.")));
    }
    let before: Option<Cursor> =
        query.before.as_deref().map(str::parse).transpose().map_err(|_| ApiError::no_place("before"))?;
    let is_latest = before.is_none();
    let side = before.map_or(Side::Last, Side::Before);
    let (entries, older) = match history::page(backplane, &sieve, side, EVENTS).await.map_err(refusal)? {
        HistoryPage::Events { entries, next } => (entries, next),
        // Whoever steps back comes to the end of what is kept sooner or later.
        HistoryPage::Gone(ResetReason::Trimmed) => (Vec::new(), None),
        HistoryPage::Gone(_) => return Err(ApiError::no_place("before")),
    };
    let topics = if !is_latest {
        // An older page does not move.
        Vec::new()
    } else if sieve.topics.is_empty() {
        known_topics(backplane).await?
    } else {
        sieve.topics.into_iter().collect()
    };
    Ok(EventPage { items: entries.into_iter().rev().map(logged).collect(), older, topics })
}

/// The collective topics, each queue, and what else was told of lately and belongs to none of these.
async fn known_topics(backplane: &dyn Backplane) -> Result<Vec<Topic>, ApiError> {
    let mut topics = vec![Topic::Customers, Topic::General, Topic::Imports, Topic::Services, Topic::Workers];
    let queues = backplane.queues().await.map_err(refusal)?;
    topics.extend(queues.into_iter().map(|queue| Topic::Queue(queue.queue_name)));
    let lately = match backplane.read_back(None, ROUND).await.map_err(refusal)? {
        ReadLog::Events(entries) => entries,
        ReadLog::Gone { .. } => Vec::new(),
    };
    let mut others = BTreeSet::new();
    for entry in lately {
        let of_event = entry.envelope.stamped.event.topics();
        if !of_event.iter().any(|topic| topics.contains(topic)) {
            // The last is the widest.
            others.extend(of_event.into_iter().next_back());
        }
    }
    topics.extend(others);
    topics.truncate(MOST_TOPICS);
    Ok(topics)
}

/// What was told of queues and workers lately, and how they were before.
///
/// Of what is silent in all that is read, the last word is older still. So it has been as it is now, and that is asked first: whatever
/// happens later is read, or told.
pub(crate) async fn film(backplane: &dyn Backplane) -> Result<FilmReel, ApiError> {
    let now = as_it_is(backplane).await?;
    let queues = now.keys().filter(|topic| matches!(topic, Topic::Queue(_))).cloned();
    let topics = [Topic::Workers].into_iter().chain(queues).take(MOST_TOPICS).collect();
    let (known_from_ms, mut log) = lately(backplane).await?;

    let spoke: BTreeSet<Topic> = log.iter().filter_map(|entry| subject(&entry.envelope.stamped.event)).collect();
    let mut base = Panorama::default();
    for (_, event) in now.iter().filter(|(topic, _)| !spoke.contains(topic)) {
        base.apply(event);
    }
    let changes = log.split_off(log.len().saturating_sub(MOST_CHANGES));
    for entry in &log {
        base.apply(&entry.envelope.stamped.event);
    }
    let begins_ms = log.last().map_or(known_from_ms, |last| last.envelope.stamped.timestamp);
    Ok(FilmReel { base, begins_ms, known_from_ms, changes: changes.into_iter().map(logged).collect(), topics })
}

/// Queues and workers as they are, as events would tell it, by what they are told under.
async fn as_it_is(backplane: &dyn Backplane) -> Result<BTreeMap<Topic, Event>, ApiError> {
    let queues = backplane.queues().await.map_err(refusal)?.into_iter().map(|queue| {
        let topic = Topic::Queue(queue.queue_name.clone());
        let told = QueueUpdate { queue_name: queue.queue_name, counts: queue.counts, paused: queue.paused };
        (topic, Event::QueueUpdate(told))
    });
    let workers = backplane.workers().await.map_err(refusal)?.into_iter().map(|worker| {
        let topic = Topic::Worker(worker.worker_id.clone());
        let told = WorkerStatusUpdate {
            worker_id: worker.worker_id,
            status: worker.status,
            current_jobs: worker.current_jobs,
            concurrency: worker.concurrency,
            host: worker.host,
        };
        (topic, Event::WorkerStatus(told))
    });
    Ok(queues.chain(workers).collect())
}

/// Those of the last events that tell of queues and workers, in the order of the log, and since when they are all there are. A bounded
/// number of events is read.
async fn lately(backplane: &dyn Backplane) -> Result<(i64, Vec<LogEntry>), ApiError> {
    let mut since_ms = Timestamp::now().as_millisecond();
    let mut pages = Vec::new();
    let mut place: Option<Cursor> = None;
    for _ in 0..ROUNDS {
        let ReadLog::Events(mut entries) = backplane.read_back(place.as_ref(), ROUND).await.map_err(refusal)? else {
            // Cut meanwhile: what was read is all that there is.
            break;
        };
        let is_last = entries.len() < ROUND as usize;
        if let Some(first) = entries.first() {
            place = Some(first.envelope.cursor.clone());
            since_ms = first.envelope.stamped.timestamp;
        }
        entries.retain(|entry| Panorama::concerns(&entry.envelope.stamped.event));
        pages.push(entries);
        if is_last {
            break;
        }
    }
    Ok((since_ms, pages.into_iter().rev().flatten().collect()))
}

/// Whom an event tells of: its most specific topic.
fn subject(event: &Event) -> Option<Topic> {
    event.topics().into_iter().next()
}

fn logged(entry: LogEntry) -> LoggedEvent {
    LoggedEvent { cursor: entry.envelope.cursor, json: entry.json }
}
