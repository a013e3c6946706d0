//! The panorama's rules, held against a log that is made up.

use jiff::Timestamp;
use proptest::prelude::*;

use super::panorama::{Film, FilmReel, MOST_CHANGES, Panorama};
use crate::{
    domain::{LoggedEvent, QueueCounts, Snapshot, WorkerStatus},
    events::{
        Cursor, Envelope, Event, NoticeLevel, Position, QueueUpdate, Stamped, SystemNotification, WorkerStatusUpdate,
    },
};

/// What may happen, and the clock's reading by which it is stamped: clocks go back now and then.
fn happening() -> impl Strategy<Value = (i64, Event)> {
    let queue = (0..4_u8, 0..9_u64, any::<bool>()).prop_map(|(name, waiting, paused)| {
        let counts = QueueCounts { waiting, ..QueueCounts::default() };
        Event::QueueUpdate(QueueUpdate { queue_name: format!("q{name}").as_str().into(), counts, paused })
    });
    let statuses = [WorkerStatus::Active, WorkerStatus::Idle, WorkerStatus::Stopping, WorkerStatus::Gone];
    let worker = (0..4_u8, prop::sample::select(statuses.to_vec()), 0..3_u32).prop_map(|(name, status, jobs)| {
        let worker_id = format!("w{name}").as_str().into();
        Event::WorkerStatus(WorkerStatusUpdate {
            worker_id,
            status,
            current_jobs: jobs,
            concurrency: 2,
            host: "hall".into(),
        })
    });
    let notice = Just(Event::SystemNotification(SystemNotification { level: NoticeLevel::Info, message: "x".into() }));
    (-3..9_i64, prop_oneof![4 => queue, 4 => worker, 1 => notice])
}

/// A log: its events with their places, stamped by clocks that mostly go forward.
fn log(most: usize) -> impl Strategy<Value = Vec<Envelope>> {
    prop::collection::vec(happening(), 1..most).prop_map(|happenings| {
        let mut clock_ms = 1_000;
        let envelope = |(index, (step_ms, event)): (usize, (i64, Event))| {
            clock_ms += step_ms;
            Envelope { cursor: place(index as u64 + 1), stamped: Stamped { timestamp: clock_ms, event } }
        };
        happenings.into_iter().enumerate().map(envelope).collect()
    })
}

fn place(number: u64) -> Cursor {
    Cursor { epoch: "e".into(), position: Position::single(number) }
}

/// The plainest way to know a state: the last word of each, looked up from the end.
fn last_words(log: &[Envelope]) -> Panorama {
    let mut panorama = Panorama::default();
    let mut heard = std::collections::BTreeSet::new();
    for envelope in log.iter().rev() {
        let event = &envelope.stamped.event;
        if event.topics().first().is_some_and(|topic| heard.insert(topic.clone())) {
            panorama.apply(event);
        }
    }
    panorama
}

/// A film of what came after the first events, which are folded into its base; it knows some of the rest from the start.
fn film(log: &[Envelope], folded: usize, given: usize) -> Film {
    let mut base = Panorama::default();
    for envelope in &log[..folded] {
        base.apply(&envelope.stamped.event);
    }
    let changes = log[folded..given].iter().filter(|envelope| Panorama::concerns(&envelope.stamped.event));
    let changes = changes.map(|Envelope { cursor, stamped }| LoggedEvent {
        cursor: cursor.clone(),
        json: serde_json::to_string(stamped).expect("serialises"),
    });
    let begins_ms = folded.checked_sub(1).map_or(0, |last| log[last].stamped.timestamp);
    let reel = FilmReel { base, begins_ms, known_from_ms: 0, changes: changes.collect(), topics: Vec::new() };
    // A place from before the data: what lies between is given, and comes again.
    Film::from(&Snapshot { cursor: place(folded as u64), taken_at: Timestamp::UNIX_EPOCH, data: reel })
}

proptest! {
    #[test]
    fn each_moment_shows_what_was_told_up_to_it((log, folded, given) in log(60).prop_flat_map(|log| {
        let length = log.len();
        (Just(log), 0..=length).prop_flat_map(move |(log, folded)| (Just(log), Just(folded), folded..=length))
    })) {
        let mut film = film(&log, folded, given);
        for envelope in &log[folded..] {
            film.take(envelope);
        }

        let is_change = |(_, envelope): &(usize, &Envelope)| Panorama::concerns(&envelope.stamped.event);
        let changes: Vec<_> = log.iter().enumerate().skip(folded).filter(is_change).collect();
        let mut moment_ms = film.begins_ms();
        for (number, (index, envelope)) in changes.iter().enumerate() {
            moment_ms = moment_ms.max(envelope.stamped.timestamp);
            // Of several with one moment, the last is what the moment shows.
            if changes.get(number + 1).is_none_or(|(_, next)| next.stamped.timestamp > moment_ms) {
                prop_assert_eq!(film.at(Some(moment_ms)), last_words(&log[..=*index]));
            }
        }
        prop_assert_eq!(film.at(None), last_words(&log));
        prop_assert_eq!(film.at(Some(i64::MIN)), last_words(&log[..folded]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_leaves_the_window_is_still_shown_by_each_moment_in_it(log in log(2 * MOST_CHANGES)) {
        let mut film = film(&log, 0, 0);
        let mut moment_ms = i64::MIN;
        for (index, envelope) in log.iter().enumerate() {
            film.take(envelope);
            moment_ms = moment_ms.max(envelope.stamped.timestamp);

            if index % 97 == 0 {
                prop_assert_eq!(film.at(None), last_words(&log[..=index]));
                prop_assert_eq!(film.at(Some(moment_ms)), last_words(&log[..=index]));
            }
        }
        prop_assert!(film.begins_ms() <= film.ends_ms());
    }
}

#[test]
fn the_way_from_change_to_change_leads_to_each_moment_and_ends() {
    let notices = [(5, 1), (9, 2), (9, 3), (30, 4)].map(|(at_ms, waiting)| {
        let counts = QueueCounts { waiting, ..QueueCounts::default() };
        let event = Event::QueueUpdate(QueueUpdate { queue_name: "q".into(), counts, paused: false });
        Envelope { cursor: place(waiting), stamped: Stamped { timestamp: at_ms, event } }
    });
    let mut film = film(&notices, 0, 0);
    for envelope in &notices {
        assert!(film.take(envelope));
    }

    let back: Vec<i64> =
        std::iter::successors(film.change_before(None), |at_ms| film.change_before(Some(*at_ms))).collect();
    let forth: Vec<i64> = std::iter::successors(film.change_after(0), |at_ms| film.change_after(*at_ms)).collect();

    assert_eq!(back, [30, 9, 5]);
    assert_eq!(forth, [5, 9, 30]);
    assert_eq!(film.at(Some(9)).queues[&"q".into()].counts.waiting, 3);
}

#[test]
fn a_worker_that_is_gone_is_in_no_later_picture_and_old_news_changes_nothing() {
    let told = |number, status| {
        let update =
            WorkerStatusUpdate { worker_id: "w".into(), status, current_jobs: 1, concurrency: 2, host: "hall".into() };
        let stamped = Stamped { timestamp: i64::try_from(number).expect("small"), event: Event::WorkerStatus(update) };
        Envelope { cursor: place(number), stamped }
    };
    let log = [told(1, WorkerStatus::Active), told(2, WorkerStatus::Gone)];
    let mut film = film(&log, 0, 2);

    assert!(!film.take(&log[0]), "it is known");

    assert_eq!(film.at(Some(1)).workers[&"w".into()].current_jobs, 1);
    assert!(film.at(None).workers.is_empty());
}
