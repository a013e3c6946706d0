//! What is told of queues: how they stand, at most twice a second, and in the end as it is.

use std::time::Duration;

use app::{
    domain::QueueCounts,
    events::{Cursor, Event, QueueUpdate},
};
use serde_json::json;
use tokio::time::{Instant, timeout};

use super::{Engine, LEASE, PATIENCE, QUEUE, claim_all, finish, new_job, worker};
use crate::backplane::{Backplane, Outcome, Pause, ReadLog};

/// Follows what is told of queues.
struct Follower<'a> {
    backplane: &'a dyn Backplane,
    place: Cursor,
    /// Each with its moment.
    told: Vec<(i64, QueueUpdate)>,
}

impl<'a> Follower<'a> {
    async fn from_now(backplane: &'a dyn Backplane) -> Self {
        Self { backplane, place: backplane.head().await.expect("an end"), told: Vec::new() }
    }

    /// Takes in what is there.
    async fn look(&mut self) {
        loop {
            let read = self.backplane.read(&self.place, 1_000).await.expect("readable");
            let ReadLog::Events(entries) = read else { panic!("gone") };
            let Some(last) = entries.last() else { return };
            self.place = last.envelope.cursor.clone();
            for entry in entries {
                if let Event::QueueUpdate(update) = entry.envelope.stamped.event {
                    self.told.push((entry.envelope.stamped.timestamp, update));
                }
            }
        }
    }

    /// Waits until this was told last.
    async fn wait_for(&mut self, counts: QueueCounts) {
        let waiting = async {
            while self.told.last().is_none_or(|(_, update)| update.counts != counts) {
                let tail = self.backplane.tail(&self.place, 1).await.expect("readable");
                assert!(matches!(tail, ReadLog::Events(_)), "{tail:?}");
                self.look().await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("told in the end");
    }
}

pub(super) async fn a_busy_queue_is_told_of_twice_a_second_over_all_processes_and_in_the_end_as_it_is(engine: Engine) {
    let backplane = &*engine.backplane;
    let other = engine.another_process().await;
    let mut follower = Follower::from_now(backplane).await;

    let began = Instant::now();
    let mut completed = 0;
    while began.elapsed() < Duration::from_millis(2_600) {
        backplane.enqueue(vec![new_job(&completed.to_string())]).await.expect("taken in");
        for job in claim_all(&*other, &worker("w"), LEASE).await {
            finish(&*other, &job, Outcome::Completed(json!(1))).await;
            completed += 1;
        }
    }

    follower.wait_for(QueueCounts { completed, ..QueueCounts::default() }).await;
    let moments: Vec<i64> = follower.told.iter().map(|(at, _)| *at).collect();
    assert!(moments.len() >= 3, "{moments:?}");
    assert!(moments.windows(2).all(|pair| pair[1] - pair[0] >= 500), "{moments:?}");
    let last = &follower.told[moments.len() - 1].1;
    assert_eq!((last.queue_name.as_str(), last.paused), (QUEUE, false));
}

pub(super) async fn how_a_queue_stands_is_told_though_the_process_died_that_had_to(engine: Engine) {
    let backplane = &*engine.backplane;
    let mut follower = Follower::from_now(backplane).await;
    let process = engine.another_process().await;
    process.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");
    drop(process);

    let keeping_house = async {
        while follower.told.is_empty() {
            backplane.maintain().await.expect("kept");
            follower.look().await;
        }
    };
    timeout(PATIENCE, keeping_house).await.expect("told");

    let expected = QueueCounts { waiting: 2, ..QueueCounts::default() };
    assert_eq!(follower.told.iter().map(|(_, update)| update.counts).collect::<Vec<_>>(), [expected]);
}

pub(super) async fn a_pause_is_told_at_once_and_once(engine: Engine) {
    let backplane = &*engine.backplane;
    let mut follower = Follower::from_now(backplane).await;
    let waiting = QueueCounts { waiting: 1, ..QueueCounts::default() };
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    follower.wait_for(waiting).await;

    backplane.set_paused(&QUEUE.into(), Pause::Paused).await.expect("paused");
    follower.look().await;

    let paused: Vec<bool> = follower.told.iter().map(|(_, update)| update.paused).collect();
    assert_eq!(paused, [false, true]);
    backplane.enqueue(vec![new_job("b")]).await.expect("taken in");
    follower.wait_for(QueueCounts { waiting: 2, ..waiting }).await;
    let paused: Vec<bool> = follower.told.iter().map(|(_, update)| update.paused).collect();
    assert_eq!(paused, [false, true, true]);
}
