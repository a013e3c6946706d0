//! The event log: in order, exactly after a cursor, and never silently incomplete.

use std::{collections::BTreeSet, sync::Arc};

use app::{
    domain::Sieve,
    events::{Cursor, Custom, Event, JobStatus, NoticeLevel, Position, ResetReason, SystemNotification, Topic},
};
use serde_json::{Value, json};

use super::{Engine, LEASE, claim_one, new_job, worker};
use crate::backplane::{
    Backplane, Ending, LogEntry, Outcome, ReadLog,
    history::{self, HistoryPage, Side},
};

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

async fn read_back(backplane: &dyn Backplane, before: Option<&Cursor>, limit: u32) -> Vec<(Cursor, Event)> {
    match backplane.read_back(before, limit).await.expect("readable") {
        ReadLog::Events(entries) => {
            entries.into_iter().map(|entry| (entry.envelope.cursor, entry.envelope.stamped.event)).collect()
        }
        ReadLog::Gone { reason, .. } => panic!("gone: {reason:?}"),
    }
}

pub(super) async fn reading_back_gives_what_is_nearest_to_the_place_in_order(engine: Engine) {
    let backplane = &*engine.backplane;
    let start = backplane.head().await.expect("an end");
    let events: Vec<Event> = (0..25).map(notice).collect();
    backplane.append(events[..10].to_vec()).await.expect("appended");
    backplane.append(events[10..].to_vec()).await.expect("appended");

    let (mut found, mut place) = (Vec::new(), None);
    loop {
        let mut page = read_back(backplane, place.as_ref(), 7).await;
        let Some((first, _)) = page.first() else { break };
        assert!(page.len() <= 7 && place.as_ref().is_none_or(|place| place.is_after(&page[page.len() - 1].0)));
        place = Some(first.clone());
        page.append(&mut found);
        found = page;
    }

    assert_eq!(found.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>(), events);
    assert_eq!(found, read(backplane, &start, 100).await);
    assert_eq!(read_back(backplane, Some(&start), 7).await, []);
    assert_eq!(read_back(backplane, Some(&found[5].0), 2).await, found[3..5]);
}

pub(super) async fn reading_back_ends_where_the_log_was_cut_and_knows_no_place_before(engine: Engine) {
    let backplane = &*engine.backplane;
    let start = backplane.append(vec![notice(0)]).await.expect("appended");
    backplane.append((0..50).map(notice).collect()).await.expect("appended");
    backplane.append((50..100).map(notice).collect()).await.expect("appended");
    while matches!(backplane.read(&start, 1).await.expect("readable"), ReadLog::Events(_)) {
        backplane.maintain().await.expect("kept");
    }

    let gone = backplane.read_back(Some(&start), 1).await.expect("readable");
    let foreign = Cursor { epoch: "other".to_owned(), position: start.position };
    let elsewhere = backplane.read_back(Some(&foreign), 1).await.expect("readable");
    let mut beyond = backplane.head().await.expect("an end");
    beyond.position.major += 1;
    let nowhere = backplane.read_back(Some(&beyond), 1).await.expect("readable");

    assert!(matches!(gone, ReadLog::Gone { reason: ResetReason::Trimmed, .. }), "{gone:?}");
    assert!(matches!(elsewhere, ReadLog::Gone { reason: ResetReason::Epoch, .. }), "{elsewhere:?}");
    assert!(matches!(nowhere, ReadLog::Gone { reason: ResetReason::Unknown, .. }), "{nowhere:?}");
    let kept = read_back(backplane, None, 1_000).await;
    assert_eq!(kept.len(), 50);
    assert_eq!(read_back(backplane, Some(&kept[0].0), 1_000).await, []);
}

pub(super) async fn a_page_by_topic_leads_on_until_the_end_in_either_direction(engine: Engine) {
    let backplane = &*engine.backplane;
    let told = |name: &str, number: usize| {
        Event::Custom(Custom { topic: Topic::Custom(name.to_owned()), data: json!(number) })
    };
    let start = backplane.head().await.expect("an end");
    let events = (0..1_300).map(|number| told(if number % 100 == 0 { "seldom" } else { "often" }, number)).collect();
    backplane.append(events).await.expect("appended");
    let sieve = Sieve::for_topics(BTreeSet::from([Topic::Custom("seldom".to_owned())]));
    let numbers = |entries: Vec<LogEntry>| -> Vec<Value> {
        let number = |entry: LogEntry| match entry.envelope.stamped.event {
            Event::Custom(custom) => custom.data,
            other => panic!("{other:?}"),
        };
        entries.into_iter().map(number).collect()
    };

    for (begin, onward) in [(Side::After(start), Side::After as fn(Cursor) -> Side), (Side::Last, Side::Before)] {
        let (mut found, mut side) = (Vec::new(), Some(begin));
        while let Some(place) = side.take() {
            let is_forward = matches!(place, Side::After(_));
            let page = history::page(backplane, &sieve, place, 4).await.expect("readable");
            let HistoryPage::Events { entries, next } = page else { panic!("{page:?}") };
            assert!(entries.len() <= 4);
            let at = if is_forward { found.len() } else { 0 };
            found.splice(at..at, numbers(entries));
            side = next.map(onward);
        }

        assert_eq!(found, (0..13).map(|number| json!(number * 100)).collect::<Vec<_>>());
    }
}

pub(super) async fn an_event_is_found_by_its_cursor_until_it_is_cut(engine: Engine) {
    let backplane = &*engine.backplane;
    let start = backplane.head().await.expect("an end");
    backplane.append((0..3).map(notice).collect()).await.expect("appended");
    let all = read(backplane, &start, 10).await;

    for (cursor, event) in &all {
        let found = history::event(backplane, cursor).await.expect("readable").expect("there");
        assert_eq!((&found.envelope.cursor, &found.envelope.stamped.event), (cursor, event));
    }

    assert_eq!(history::event(backplane, &start).await.expect("readable"), None);
    let foreign = Cursor { epoch: "other".to_owned(), position: all[0].0.position };
    assert_eq!(history::event(backplane, &foreign).await.expect("readable"), None);
    backplane.append((0..100).map(notice).collect()).await.expect("appended");
    while matches!(backplane.read(&all[0].0, 1).await.expect("readable"), ReadLog::Events(_)) {
        backplane.maintain().await.expect("kept");
    }
    assert_eq!(history::event(backplane, &all[1].0).await.expect("readable"), None);
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
