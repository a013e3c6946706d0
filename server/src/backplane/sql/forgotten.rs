//! Concurrency keys that nobody passed on.
//!
//! Whoever settles a key passes over a parked job that somebody else holds at this moment, who settles the key then. If that one's
//! connection breaks before, the key is with nobody, and its jobs would wait for ever. So all keys are looked through now and then, some at
//! a time, in hops through their index: what a round costs does not grow with the jobs.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::step::Step;
use crate::{
    backplane::BackplaneError,
    store::{Database, StoreError, sql},
};

/// Keys that are looked at in one round.
const ROUND: usize = 1_000;
/// From the last key to the first one.
const REST: Duration = Duration::from_mins(1);

/// A walk through all keys, again and again.
#[derive(Default)]
pub(super) struct Walk(Mutex<Stage>);

#[derive(Clone, Default)]
enum Stage {
    /// Nothing was looked at yet.
    #[default]
    First,
    /// All up to this key was.
    After(String),
    /// All was; begun anew at this moment.
    Over(Instant),
}

impl Walk {
    /// Looks at the next keys, unless the walk rests, and passes on those that were forgotten. Says whether there are more.
    pub(super) async fn go_on(&self, database: &Database) -> Result<bool, BackplaneError> {
        let stage = self.stage().clone();
        let keys = match &stage {
            Stage::Over(until) if Instant::now() < *until => return Ok(false),
            Stage::First | Stage::Over(_) => keys(database, ">=", "").await?,
            Stage::After(key) => keys(database, ">", key).await?,
        };
        let last = keys.get(ROUND - 1).map(|key| key.name.clone());
        pass_on(database, keys.into_iter().filter(|key| key.is_forgotten).map(|key| key.name).collect()).await?;
        let has_more = last.is_some();
        *self.stage() = last.map_or_else(|| Stage::Over(Instant::now() + REST), Stage::After);
        Ok(has_more)
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(sqlx::FromRow)]
struct Key {
    name: String,
    is_forgotten: bool,
}

/// A round of keys after one, in order, with those of which jobs wait, and none may run.
async fn keys(database: &Database, is_after: &str, key: &str) -> Result<Vec<Key>, StoreError> {
    let of_key = "concurrency_key is not null and state in ('waiting', 'active') and concurrency_key";
    let select = format!(
        "with recursive keys (name, place) as (
             select (select concurrency_key from jobs where {of_key} {is_after} $1 order by concurrency_key limit 1), 1
             union all
             select (select concurrency_key from jobs where {of_key} > name order by concurrency_key limit 1), place + 1
             from keys where name is not null and place < $2
         )
         select name, (select 1 from jobs where {of_key} = name and is_parked = 0 limit 1) is null as is_forgotten
         from keys where name is not null order by place"
    );
    let round = i64::try_from(ROUND).unwrap_or(i64::MAX);
    database.fetch_all(sql(select).bind(key).bind(round)).await
}

async fn pass_on(database: &Database, forgotten: Vec<String>) -> Result<(), BackplaneError> {
    if forgotten.is_empty() {
        return Ok(());
    }
    let mut step = Step::begin(database).await?;
    for key in &forgotten {
        tracing::warn!(key, "a concurrency key was with nobody although jobs wait for it; it is passed on");
        step.touch(Some(key));
    }
    Ok(step.commit().await?)
}
