//! The event log: in order, exactly after a cursor, and never silently incomplete.

use std::sync::Arc;

use app::events::{Cursor, Event, JobStatus, NoticeLevel, Position, ResetReason, SystemNotification};
use serde_json::json;

use super::{Engine, LEASE, claim_one, new_job, worker};
use crate::backplane::{Backplane, Ending, Outcome, ReadLog};

fn notice(number: usize) -> Event {
    Event::SystemNotification(SystemNotification { level: NoticeLevel::Info, message: number.to_string() })
}

async fn read(backplane: &dyn Backplane, after: &Cursor, limit: u32) -> Vec<(Cursor, Event)> {
    match backplane.read(after, limit).await.expect("readable") {
        ReadLog::Events(entries) => {
            entries.into_iter().map(|entry| (entry.envelope.cursor, entry.envelope.stamped.event)).collect()
        }
        ReadLog::Gone { reason, .. } => panic!("gone: {reason:?}"),
    }
}

async fn reason_of(backplane: &dyn Backplane, after: &Cursor) -> ResetReason {
    match backplane.read(after, 1).await.expect("readable") {
        ReadLog::Gone { reason, .. } => reason,
        ReadLog::Events(entries) => panic!("not gone: {entries:?}"),
    }
}

pub(super) async fn what_happens_to_a_job_is_told_in_order(engine: Engine) {
    let start = engine.backplane.head().await.expect("an end");
    engine.backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    let job = claim_one(&*engine.backplane, &worker("w"), LEASE).await;
    let ending = Ending { lease: job.lease, outcome: Outcome::Completed(json!(1)) };
    engine.backplane.finish(vec![ending]).await.expect("finished");

    let steps: Vec<JobStatus> = read(&*engine.backplane, &start, 100)
        .await
        .into_iter()
        .map(|(_, event)| match event {
            Event::JobUpdate(update) => update.status,
            other => panic!("{other:?}"),
        })
        .collect();

    assert_eq!(steps, [JobStatus::Waiting, JobStatus::Started, JobStatus::Completed]);
}

pub(super) async fn reading_goes_on_exactly_after_the_cursor(engine: Engine) {
    let mut cursor = engine.backplane.head().await.expect("an end");
    let events: Vec<Event> = (0..25).map(notice).collect();
    engine.backplane.append(events.clone()).await.expect("appended");

    let mut found = Vec::new();
    loop {
        let page = read(&*engine.backplane, &cursor, 7).await;
        let Some((last, _)) = page.last() else { break };
        assert!(last.is_after(&cursor));
        cursor = last.clone();
        found.extend(page.into_iter().map(|(_, event)| event));
    }

    assert_eq!(found, events);
    assert_eq!(engine.backplane.head().await.expect("an end"), cursor);
}

pub(super) async fn a_tail_wakes_up_with_what_another_process_appended(engine: Engine) {
    let other = engine.another_process().await;
    let head = engine.backplane.head().await.expect("an end");
    let tailing = Arc::clone(&engine.backplane);
    let tail = tokio::spawn(async move { tailing.tail(&head, 10).await });

    other.append(vec![notice(1)]).await.expect("appended");

    let ReadLog::Events(entries) = tail.await.expect("joined").expect("readable") else { panic!("gone") };
    assert_eq!(entries.len(), 1);
}

pub(super) async fn a_cursor_of_another_log_is_gone(engine: Engine) {
    let foreign = Cursor { epoch: "other".to_owned(), position: Position::default() };

    assert_eq!(reason_of(&*engine.backplane, &foreign).await, ResetReason::Epoch);
}

pub(super) async fn a_cursor_beyond_the_end_is_gone(engine: Engine) {
    let mut beyond = engine.backplane.head().await.expect("an end");
    beyond.position.major += 1;

    assert_eq!(reason_of(&*engine.backplane, &beyond).await, ResetReason::Unknown);
}

pub(super) async fn a_cursor_from_before_the_trimming_is_gone(engine: Engine) {
    let start = engine.backplane.head().await.expect("an end");
    // Twice as many as are kept.
    let middle = engine.backplane.append((0..50).map(notice).collect()).await.expect("appended");
    engine.backplane.append((50..100).map(notice).collect()).await.expect("appended");

    // An engine may leave what not everybody can read yet to a later round.
    while matches!(engine.backplane.read(&start, 1).await.expect("readable"), ReadLog::Events(_)) {
        engine.backplane.maintain().await.expect("kept");
    }

    assert_eq!(reason_of(&*engine.backplane, &start).await, ResetReason::Trimmed);
    assert_eq!(read(&*engine.backplane, &middle, 100).await.len(), 50);
}
