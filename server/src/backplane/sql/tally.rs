//! How many jobs of which state each queue has: counted along with every step, so that nobody counts rows.
//!
//! A transaction gathers what it changed, and writes it together with its events as the last thing that it does: rows of counters are
//! wanted by all, and are held for as short as possible. The statement writes in one order, so that two can't wait for each other.

use std::collections::BTreeMap;

use app::domain::JobState;

use crate::store::{Dialect, Fed, Rows};

/// The length of the pieces of time in which completed jobs are counted.
pub(super) const MINUTE_MS: i64 = 60_000;

/// What a transaction changed.
#[derive(Default)]
pub(super) struct Tally {
    /// By queue, and by state in the order of [`JobState::ALL`].
    changes: BTreeMap<String, [Change; JobState::ALL.len()]>,
}

/// How many more jobs there are, and how many came.
#[derive(Clone, Copy, Default)]
struct Change {
    more: i64,
    came: i64,
}

impl Tally {
    /// A job of a queue came into a state.
    pub(super) fn came(&mut self, queue: &str, state: JobState) {
        let change = self.change(queue, state);
        change.more += 1;
        change.came += 1;
    }

    /// A job of a queue left a state.
    pub(super) fn left(&mut self, queue: &str, state: JobState) {
        self.change(queue, state).more -= 1;
    }

    /// A counter was wrong by so many.
    pub(super) fn corrected(&mut self, queue: &str, state: JobState, more: i64) {
        self.change(queue, state).more += more;
    }

    fn change(&mut self, queue: &str, state: JobState) -> &mut Change {
        let place = JobState::ALL.iter().position(|known| *known == state).unwrap_or_default();
        &mut self.changes.entry(queue.to_owned()).or_default()[place]
    }

    /// The statement that writes it.
    pub(super) fn writing(self, now_ms: i64, dialect: Dialect) -> Fed<5> {
        let minute = now_ms - now_ms.rem_euclid(MINUTE_MS);
        let mut rows = Vec::new();
        for (queue, changes) in self.changes {
            for (state, Change { more, came }) in JobState::ALL.into_iter().zip(changes) {
                // How many a minute is asked of completed jobs only.
                let came = if state == JobState::Completed { came } else { 0 };
                if more != 0 || came != 0 {
                    let (queue, state) = (queue.as_str().into(), state.as_str().into());
                    rows.push([queue, state, more.into(), came.into(), minute.into()]);
                }
            }
        }
        let columns = ["its_queue", "its_state", "more", "came", "now_minute"];
        Rows::new("change", columns, rows).fed_to(upsert(dialect))
    }
}

/// A backend of Postgres has its own shard, nearly always: few are 64 apart.
const fn upsert(dialect: Dialect) -> &'static str {
    macro_rules! upsert {
        ($shard:literal) => {
            concat!(
                "insert into queue_counts as counted (queue_name, state, shard, jobs, minute, recent, before)
                 select its_queue, its_state, ",
                $shard,
                ", more, now_minute, came, 0 from change where true
                 on conflict (queue_name, state, shard) do update
                 set jobs = counted.jobs + excluded.jobs,
                     before = case
                         when excluded.minute <= counted.minute then counted.before
                         when excluded.minute = counted.minute + 60000 then counted.recent
                         else 0 end,
                     recent = case when excluded.minute <= counted.minute then counted.recent else 0 end + excluded.recent,
                     minute = case when excluded.minute <= counted.minute then counted.minute else excluded.minute end"
            )
        };
    }
    match dialect {
        Dialect::Sqlite => upsert!("0"),
        Dialect::Postgres => upsert!("pg_backend_pid() % 64"),
    }
}
