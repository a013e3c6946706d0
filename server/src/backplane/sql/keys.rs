//! Concurrency keys: of the jobs with the same key, in all queues, one runs at a time.
//!
//! A job with a key begins to wait *parked*, where no claim sees it. Whenever something happened to a key, and nobody holds it any more,
//! the first of its parked jobs is unparked. So claims know nothing of keys, and nobody ever walks past jobs that may not run.
//!
//! **Invariant:** of the jobs of a key, one at most is active, or waits and is not parked.

use std::collections::BTreeSet;

use crate::store::{Dialect, StoreError, Transaction, sql, texts};

/// Unparks the next job of each key that nobody holds. Comes after all other steps of a transaction that touch jobs.
pub(super) async fn settle(transaction: &mut Transaction, keys: &BTreeSet<String>) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let names = || texts(keys.iter().map(String::as_str));
    let dialect = transaction.dialect();
    if dialect == Dialect::Postgres {
        // One transaction at a time looks at a key, until it is committed; what another one did before is seen by the next statement.
        // In the order of the keys, so that two can't wait for each other.
        let lock = "select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest($1) as name";
        transaction.execute(sql(lock).bind(names())).await?;
    }
    transaction.execute(sql(unpark(dialect)).bind(names())).await?;
    Ok(())
}

/// Asked for each key by itself, and not with `not exists`, which Postgres may answer by reading all keys that there are.
///
/// A parked job that somebody else has taken at this moment is about to leave: whoever it is settles the key after it.
fn unpark(dialect: Dialect) -> String {
    format!(
        "with freed as materialized (
             select name from {names} touched
             where (
                 select 1 from jobs
                 where concurrency_key = name and concurrency_key is not null and state in ('waiting', 'active') and is_parked = 0
                 limit 1
             ) is null
         ),
         next as materialized (
             select (
                 select job_id from jobs
                 where concurrency_key = name and concurrency_key is not null and state in ('waiting', 'active') and is_parked = 1
                 order by priority desc, run_at, job_id limit 1 {take_free}
             ) as job_id from freed
         )
         update jobs set is_parked = 0 where job_id in (select job_id from next)",
        names = dialect.names(1),
        take_free = dialect.take_free(),
    )
}
