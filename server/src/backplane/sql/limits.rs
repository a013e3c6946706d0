//! How many jobs of a queue may run at the same time, over all workers.
//!
//! A claim of a queue without a limit waits for nobody. Claims of one that has a limit stand in line: each takes the queue's row, counts
//! what runs, and takes no more than there is room for. What ends meanwhile only makes more room.
//!
//! **Invariant:** a claim that does not know of a limit takes nothing from a queue that has one.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use app::domain::QueueName;

use crate::store::{StoreError, Transaction, sql, texts};

/// Queues that were seen to have a limit. Others know sooner than this process; what it does not know costs a look, never a limit.
#[derive(Default)]
pub(super) struct Limits(Mutex<HashSet<QueueName>>);

impl Limits {
    /// Notes which of some queues have a limit.
    pub(super) fn note<'a>(&self, queues: impl IntoIterator<Item = (&'a str, bool)>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (queue, is_limited) in queues {
            if is_limited {
                seen.insert(queue.into());
            } else if !seen.is_empty() {
                seen.remove(&QueueName(queue.to_owned()));
            }
        }
    }

    /// Whether some queues were seen to have a limit.
    pub(super) fn has_any(&self, queues: &[QueueName]) -> bool {
        !self.among(queues).is_empty()
    }

    /// Those of some queues that were seen to have a limit.
    fn among<'a>(&self, queues: &'a [QueueName]) -> Vec<&'a QueueName> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.iter().filter(|queue| seen.contains(*queue)).collect()
    }

    /// How many jobs more may be taken from those of some queues that have a limit; nobody else takes any until the transaction ends.
    pub(super) async fn rooms(
        &self,
        transaction: &mut Transaction,
        queues: &[QueueName],
    ) -> Result<HashMap<QueueName, i64>, StoreError> {
        let suspects = self.among(queues);
        if suspects.is_empty() {
            return Ok(HashMap::new());
        }
        let names = || texts(suspects.iter().map(|queue| queue.as_str()));
        let dialect = transaction.dialect();
        let limits = format!(
            "select queue_name, case when is_paused = 0 then concurrency_limit else 0 end from queues
             where {} and concurrency_limit is not null order by queue_name {}",
            dialect.is_among("queue_name", 1),
            dialect.take("queues"),
        );
        let limits: Vec<(String, i64)> = transaction.fetch_all(sql(limits).bind(names())).await?;
        // Counted after they were taken: whoever had them before has written what it took.
        let count = format!(
            "select queue_name, count(*) from jobs where state = 'active' and {} group by queue_name",
            dialect.is_among("queue_name", 1),
        );
        let active: Vec<(String, i64)> = transaction.fetch_all(sql(count).bind(names())).await?;
        let active: HashMap<String, i64> = active.into_iter().collect();
        let room = |queue: String, limit: i64| {
            let room = limit - active.get(&queue).copied().unwrap_or_default();
            (QueueName(queue), room.max(0))
        };
        Ok(limits.into_iter().map(|(queue, limit)| room(queue, limit)).collect())
    }
}
