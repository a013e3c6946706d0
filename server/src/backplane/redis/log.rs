//! The event log: one stream, whose ids are the positions.
//!
//! The epoch is looked at with the events, each time: whoever empties the server makes a log whose ids would fit an old cursor, and only
//! the epoch tells them apart. A log that was set back to an earlier moment has the same epoch; but then the event that a cursor
//! points at is gone, though it was not trimmed.
//!
//! What is asked together is no transaction: a server whose memory is full refuses those, even where they only read. So events are asked for
//! first, and what may speak against them afterwards: whatever happened to the log before they were read is seen.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use app::events::{Cursor, Envelope, Event, Position, ResetReason, Stamped};
use redis::{Pipeline, Value, aio::MultiplexedConnection};

use super::{
    RedisFailure,
    connections::Connections,
    keys,
    script::{self, Call},
};
use crate::{
    backplane::{LogEntry, ReadLog},
    store::outbox,
};

/// How long one blocking read waits. A log that was lost without a new event is noticed after so long.
const BLOCK: Duration = Duration::from_secs(5);
/// The pause after a read that failed.
const AFTER_A_FAILURE: Duration = Duration::from_millis(500);

/// An entry of the stream: its id, and its one field.
type Entry = (String, (String, String));
/// The epoch, and how far the log was cut.
type Noted = (Option<String>, Option<String>);
/// What is noted, and the last entry.
type Ends = (Noted, Vec<Entry>);
/// The entries behind a cursor, the one that it points at, and the ends.
type Found = (Vec<Entry>, Vec<Value>, Noted, Vec<Entry>);

/// Appends events in one step; at least one.
pub(super) async fn append(connections: &Connections, events: Vec<Event>) -> Result<Cursor, RedisFailure> {
    let mut call = Call::of(&script::APPEND, 1 + events.len() * 5);
    call.arg(new_epoch());
    for event in events {
        let json = serde_json::to_string(&event).map_err(|problem| broken("a new event", &problem))?;
        let channels = channels(&event);
        call.arg(json.get(1..).unwrap_or_default()).arg(channels.len()).arg(channels);
    }
    let (epoch, id): (String, String) = connections.run(&call).await?;
    Ok(Cursor { epoch, position: position(&id)? })
}

/// The channels that other programs hear an event on.
fn channels(event: &Event) -> Vec<String> {
    match event {
        Event::JobUpdate(update) => vec![
            format!("{}{}", keys::JOB_CHANNEL, update.job_id),
            keys::TASKS_CHANNEL.to_owned(),
            format!("{}{}", keys::QUEUE_CHANNEL, update.queue_name),
        ],
        other => vec![outbox::channel(other)],
    }
}

/// Where the log ends now.
pub(super) async fn head(connections: &Connections) -> Result<Cursor, RedisFailure> {
    loop {
        let ((epoch, trimmed), last): Ends = connections.ask_all(&asking_for_the_ends(redis::pipe())).await?;
        if let Some(cursor) = end(epoch, trimmed.as_deref(), &last)? {
            return Ok(cursor);
        }
        begin(connections).await?;
    }
}

/// What came after a cursor.
pub(super) async fn read(connections: &Connections, after: &Cursor, limit: u32) -> Result<ReadLog, RedisFailure> {
    let mut asking = redis::pipe();
    asking.cmd("XRANGE").arg(keys::EVENTS).arg(format!("({}", id(after.position))).arg("+").arg("COUNT").arg(limit);
    look(connections, asking, Some(after)).await
}

/// What came before a cursor, or before the end: the events nearest to it, in the order of the log.
pub(super) async fn read_back(
    connections: &Connections,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<ReadLog, RedisFailure> {
    let from = match before.map(|before| before.position) {
        None => "+".to_owned(),
        // Redis knows no id before the very first place, and has no event there.
        Some(place) if place == Position::default() => id(place),
        Some(place) => format!("({}", id(place)),
    };
    let mut asking = redis::pipe();
    asking.cmd("XREVRANGE").arg(keys::EVENTS).arg(from).arg("-").arg("COUNT").arg(limit);
    let mut found = look(connections, asking, before).await?;
    if let ReadLog::Events(entries) = &mut found {
        entries.reverse();
    }
    Ok(found)
}

/// What is asked for first of all, unless something speaks against the place that it was asked from.
async fn look(connections: &Connections, mut asking: Pipeline, from: Option<&Cursor>) -> Result<ReadLog, RedisFailure> {
    let place = id(from.map(|from| from.position).unwrap_or_default());
    asking.cmd("XRANGE").arg(keys::EVENTS).arg(&place).arg(&place);
    let asking = asking_for_the_ends(asking);
    loop {
        let (entries, there, (epoch, trimmed), last): Found = connections.ask_all(&asking).await?;
        let Some(head) = end(epoch, trimmed.as_deref(), &last)? else {
            begin(connections).await?;
            continue;
        };
        let trimmed = trimmed.as_deref().map(position).transpose()?.unwrap_or_default();
        if let Some(reason) = from.and_then(|from| why_gone(from, !there.is_empty(), trimmed, &head)) {
            return Ok(ReadLog::Gone { reason, head });
        }
        let entries = entries.into_iter().map(|entry| read_entry(&head.epoch, entry)).collect::<Result<_, _>>()?;
        return Ok(ReadLog::Events(entries));
    }
}

/// Why nothing can be said of a place; `None` where it can.
fn why_gone(place: &Cursor, is_there: bool, trimmed: Position, head: &Cursor) -> Option<ResetReason> {
    if place.epoch != head.epoch {
        Some(ResetReason::Epoch)
    } else if place.position > head.position {
        Some(ResetReason::Unknown)
    } else if place.position < trimmed {
        Some(ResetReason::Trimmed)
    } else if !is_there && place.position != trimmed && place.position != Position::default() {
        Some(ResetReason::Unknown)
    } else {
        None
    }
}

/// Adds the questions for the ends of the log.
fn asking_for_the_ends(mut asking: Pipeline) -> Pipeline {
    asking.cmd("HMGET").arg(keys::LOG).arg("epoch").arg("trimmed");
    asking.cmd("XREVRANGE").arg(keys::EVENTS).arg("+").arg("-").arg("COUNT").arg(1);
    asking
}

/// The end of the log; `None` when there is no log. One that was cut to nothing still knows where it ends.
fn end(epoch: Option<String>, trimmed: Option<&str>, last: &[Entry]) -> Result<Option<Cursor>, RedisFailure> {
    let Some(epoch) = epoch else { return Ok(None) };
    let last = last.first().map(|(id, _)| id.as_str()).or(trimmed);
    Ok(Some(Cursor { epoch, position: last.map(position).transpose()?.unwrap_or_default() }))
}

/// Gives the log its epoch, unless somebody was quicker.
async fn begin(connections: &Connections) -> Result<(), RedisFailure> {
    let mut command = redis::cmd("HSETNX");
    command.arg(keys::LOG).arg("epoch").arg(new_epoch());
    connections.ask(&command).await
}

fn new_epoch() -> String {
    let mut epoch = uuid::Uuid::new_v4().simple().to_string();
    epoch.truncate(12);
    epoch
}

fn id(position: Position) -> String {
    format!("{}-{}", position.major, position.minor)
}

fn position(id: &str) -> Result<Position, RedisFailure> {
    let parts = id.split_once('-').and_then(|(ms, seq)| Some((ms.parse().ok()?, seq.parse().ok()?)));
    let (major, minor) = parts.ok_or_else(|| broken("an id", &id))?;
    Ok(Position { major, minor })
}

/// An entry as an event. One that nobody of ours wrote must not stop the log for ever: it is passed on as unknown, which a page
/// answers by loading its snapshot again.
fn read_entry(epoch: &str, (id, (_, json)): Entry) -> Result<LogEntry, RedisFailure> {
    let cursor = Cursor { epoch: epoch.to_owned(), position: position(&id)? };
    match serde_json::from_str::<Stamped>(&json) {
        Ok(stamped) => Ok(LogEntry { envelope: Envelope { cursor, stamped }, json }),
        Err(problem) => {
            tracing::error!(%cursor, %problem, "an entry of the log can't be read");
            let timestamp = i64::try_from(cursor.position.major).unwrap_or(i64::MAX);
            let stamped = Stamped { timestamp, event: Event::Unknown };
            let json = serde_json::to_string(&stamped).map_err(|problem| broken("an unknown event", &problem))?;
            Ok(LogEntry { envelope: Envelope { cursor, stamped }, json })
        }
    }
}

fn broken(what: &str, problem: &dyn std::fmt::Display) -> RedisFailure {
    RedisFailure::Broken { key: format!("{} ({what})", keys::EVENTS), problem: problem.to_string() }
}

/// Connections that blocking reads wait on.
#[derive(Default)]
pub(super) struct Tails {
    /// Those that nobody reads from now, and how often all had been given up when each was made.
    spare: Mutex<Vec<(u64, MultiplexedConnection)>>,
}

impl Tails {
    /// What came after a cursor, waiting until there is something. A connection that breaks is made anew for as long as it takes.
    pub(super) async fn read(
        &self,
        connections: &Connections,
        after: &Cursor,
        limit: u32,
    ) -> Result<ReadLog, RedisFailure> {
        loop {
            let found = match read(connections, after, limit).await {
                Ok(ReadLog::Events(entries)) if entries.is_empty() => self.wait(connections, after).await,
                Ok(found) => return Ok(found),
                Err(failure) => Err(failure),
            };
            match found {
                Ok(()) => {}
                Err(failure) if failure.is_passing() => {
                    tracing::warn!(%failure, "the log can't be followed; trying again");
                    tokio::time::sleep(AFTER_A_FAILURE).await;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Waits until there may be something to read: an event after the cursor, or another log.
    async fn wait(&self, connections: &Connections, after: &Cursor) -> Result<(), RedisFailure> {
        let mut given_up = connections.given_up();
        let times = *given_up.borrow_and_update();
        let spare = {
            let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            spare.retain(|(made, _)| *made == times);
            spare.pop()
        };
        // Whoever stops waiting half-way drops the connection with the unanswered command on it.
        let mut connection = match spare {
            Some((_, connection)) => connection,
            None => connections.waiting(BLOCK).await?,
        };
        let mut blocking = redis::cmd("XREAD");
        blocking.arg("COUNT").arg(1).arg("BLOCK").arg(BLOCK.as_millis().to_string());
        blocking.arg("STREAMS").arg(keys::EVENTS).arg(id(after.position));
        let mut asking = redis::cmd("HGET");
        asking.arg(keys::LOG).arg("epoch");
        loop {
            let found: Value = tokio::select! {
                found = blocking.query_async(&mut connection) => found?,
                // It may lead to a server that hears of nothing any more.
                _ = given_up.changed() => return Ok(()),
            };
            if found != Value::Nil
                || asking.query_async::<Option<String>>(&mut connection).await?.as_deref() != Some(after.epoch.as_str())
            {
                break;
            }
        }
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push((times, connection));
        Ok(())
    }
}
