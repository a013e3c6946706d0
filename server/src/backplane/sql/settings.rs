//! What operators decided about queues: whether one rests, and how many of its jobs may run at the same time.

use app::{
    domain::QueueName,
    events::{Event, QueueUpdate},
};

use super::{queues, step::Step, teller};
use crate::{
    backplane::{BackplaneError, Pause},
    store::{Database, StoreError, sql},
};

/// Lets a queue rest, or go on; says how it was before. Its commit wakes whoever waits for work.
pub(super) async fn set_paused(database: &Database, queue: &QueueName, pause: Pause) -> Result<Pause, BackplaneError> {
    let mut step = Step::begin(database).await?;
    make(&mut step, queue).await?;
    let is_paused = pause == Pause::Paused;
    let update = sql("update queues set is_paused = $1 where queue_name = $2 and is_paused <> $1")
        .bind(i64::from(is_paused))
        .bind(queue.as_str());
    let is_changed = step.transaction.execute(update).await? > 0;
    if is_changed {
        let counts = queues::counts(&mut step.transaction, queue).await?;
        let update = QueueUpdate { queue_name: queue.clone(), counts, paused: is_paused };
        teller::note(&mut step.transaction, &update).await?;
        step.tell(Event::QueueUpdate(update));
    }
    step.commit().await?;
    Ok(match (is_changed, pause) {
        (true, Pause::Paused) => Pause::Running,
        (true, Pause::Running) => Pause::Paused,
        (false, pause) => pause,
    })
}

/// Sets the limit, or lifts it; says which one there was before.
pub(super) async fn set_concurrency_limit(
    database: &Database,
    queue: &QueueName,
    limit: Option<u32>,
) -> Result<Option<u32>, BackplaneError> {
    let mut step = Step::begin(database).await?;
    make(&mut step, queue).await?;
    let take = step.transaction.dialect().take("queues");
    let select = format!("select concurrency_limit from queues where queue_name = $1 {take}");
    let (before,): (Option<i64>,) = step.transaction.fetch_one(sql(select).bind(queue.as_str())).await?;
    let update = sql("update queues set concurrency_limit = $1 where queue_name = $2")
        .bind(limit.map(i64::from))
        .bind(queue.as_str());
    step.transaction.execute(update).await?;
    step.commit().await?;
    // The schema lets no other number in than those that were set.
    Ok(before.and_then(|limit| u32::try_from(limit).ok()))
}

async fn make(step: &mut Step, queue: &QueueName) -> Result<(), StoreError> {
    let insert = sql("insert into queues (queue_name) values ($1) on conflict do nothing").bind(queue.as_str());
    step.transaction.execute(insert).await?;
    Ok(())
}
