//! The names of keys and channels. Nothing else spells them: the scripts are given them as Lua constants.
//!
//! All keys of the engine share the hash tag `{sb}`, so that on a Redis Cluster a script finds all of them in one slot. The only key
//! without it is the set of dead-lettered jobs, whose name the contract fixes; it is a copy for other programs, and nothing of
//! the engine reads it.

/// The event stream. Every script is given it as its one declared key, for it routes them all.
pub(super) const EVENTS: &str = "signalbox:{sb}:events";
/// A hash: the log's `epoch`, and the id of the last event that was `trimmed`.
pub(super) const LOG: &str = "signalbox:{sb}:log";
/// A hash: by the end of which connection it is seen that a worker is gone.
pub(super) const CONNECTIONS: &str = "signalbox:{sb}:connections";
/// A channel: a queue is named on it when whoever waits for its jobs should look.
pub(super) const BELL: &str = "signalbox:bell";

/// A channel: a worker is named on it when one of its jobs was called off.
pub(super) const SUMMONS: &str = "signalbox:summons";
/// Before a process's name: a channel, on which a worker of it is handed a job while it waits.
pub(super) const HANDS: &str = "signalbox:hands:";
/// A hash: of each job what never changes: when it was taken in, the worker deaths allowed, the head of its events, its arguments.
pub(super) const JOBS: &str = "signalbox:{sb}:jobs";
/// A hash: where each job stands. One that was never claimed and has no traits is not in it: it waits.
pub(super) const STANDING: &str = "signalbox:{sb}:standing";
/// Before a job's id: a list, the job's log.
pub(super) const LINES: &str = "signalbox:{sb}:lines:";
/// A set of names.
pub(super) const QUEUES: &str = "signalbox:{sb}:queues";
/// Before a queue's name: its jobs that may be claimed, sorted by priority and age.
pub(super) const WAITING: &str = "signalbox:{sb}:waiting:";
/// Before a queue's name: its waiting jobs that no claim sees, because another job has their concurrency key; sorted alike.
pub(super) const PARKED: &str = "signalbox:{sb}:parked:";
/// Before a queue's name: its delayed jobs, sorted by when they are due.
pub(super) const DELAYED: &str = "signalbox:{sb}:delayed:";
/// Before a queue's name: its jobs in the hands of workers, sorted by when their lease runs out.
pub(super) const ACTIVE: &str = "signalbox:{sb}:active:";
/// Before a queue's name: its completed jobs. Ended ones are sorted by when they ended, as a negative number: the latest first, equal ones by
/// their ids.
pub(super) const COMPLETED: &str = "signalbox:{sb}:completed:";
/// The same for dead-lettered ones.
pub(super) const FAILED: &str = "signalbox:{sb}:failed:";
/// The same for those that were called off.
pub(super) const CANCELLED: &str = "signalbox:{sb}:cancelled:";
/// A hash: when a worker began, and how it presents itself.
pub(super) const PROFILES: &str = "signalbox:{sb}:profiles";
/// A hash: when a worker was heard of last, and what it was at.
pub(super) const SIGNS: &str = "signalbox:{sb}:signs";
/// A hash: when a schedule was made, and its plan.
pub(super) const PLANS: &str = "signalbox:{sb}:plans";
/// A hash: the moment that a schedule's last run was for, and the run's job.
pub(super) const RUNS: &str = "signalbox:{sb}:runs";
/// Schedules, sorted by when they run next.
pub(super) const ALARMS: &str = "signalbox:{sb}:alarms";

/// What the scripts know keys and channels by.
const IN_LUA: &[(&str, &str)] = &[
    ("EVENTS", EVENTS),
    ("LOG", LOG),
    ("JOBS", JOBS),
    ("STANDING", STANDING),
    // Before a job's id: a hash of what most jobs don't have, such as a priority, a key, an error.
    ("TRAITS", "signalbox:{sb}:traits:"),
    ("LINES", LINES),
    ("WAITING", WAITING),
    ("PARKED", PARKED),
    ("DELAYED", DELAYED),
    ("ACTIVE", ACTIVE),
    ("COMPLETED", COMPLETED),
    ("FAILED", FAILED),
    ("CANCELLED", CANCELLED),
    // Around a queue's name: the contract's copy of the dead-lettered ones.
    ("DEAD_LETTERS_BEFORE", "signalbox:queue:"),
    ("DEAD_LETTERS_AFTER", ":failed"),
    ("QUEUES", QUEUES),
    // A hash: queues that are paused (`p`), limited (a number), or both.
    ("CURBS", "signalbox:{sb}:curbs"),
    // Before a queue's name: a hash, how many jobs that were completed in a second are not kept any more.
    ("PACE", "signalbox:{sb}:pace:"),
    // Before a queue's name: a hash, by the worker that waits for its jobs where it hears, the lease in ms, and what its token begins with.
    ("OFFERS", "signalbox:{sb}:offers:"),
    // Queues, sorted by when upkeep has to look at them.
    ("AGENDA", "signalbox:{sb}:agenda"),
    // Before a unique key: the id of the job that has it. Its time to live is what is left of the key's time when the job has ended.
    ("UNIQUE", "signalbox:{sb}:unique:"),
    // A hash: concurrency key to the one job that runs, or may be claimed.
    ("FRONT", "signalbox:{sb}:front"),
    // Before a concurrency key: its parked jobs, in the order in which they would be claimed.
    ("BEHIND", "signalbox:{sb}:behind:"),
    ("PROFILES", PROFILES),
    ("SIGNS", SIGNS),
    // A hash: when a worker was told of last, its status then, and the number of its jobs.
    ("WORKER_NEWS", "signalbox:{sb}:worker-news"),
    // A hash: when a queue was told of last, and what was told.
    ("QUEUE_NEWS", "signalbox:{sb}:queue-news"),
    ("CONNECTIONS", CONNECTIONS),
    // A hash: since when a worker's connection is gone.
    ("MISSING", "signalbox:{sb}:missing"),
    ("PLANS", PLANS),
    ("RUNS", RUNS),
    ("ALARMS", ALARMS),
    // Rows of the database whose events are in the log, sorted by when they came.
    ("RELAYED", "signalbox:{sb}:relayed"),
    // There for a second after no server was seen behind this one.
    ("ALONE", "signalbox:{sb}:alone"),
    ("BELL", BELL),
    ("SUMMONS", SUMMONS),
    ("JOB_CHANNEL", JOB_CHANNEL),
    ("TASKS_CHANNEL", TASKS_CHANNEL),
    ("QUEUE_CHANNEL", QUEUE_CHANNEL),
    ("WORKER_CHANNEL", WORKER_CHANNEL),
];

/// Before a job's id.
pub(super) const JOB_CHANNEL: &str = "job:";
/// Every `job_update`.
pub(super) const TASKS_CHANNEL: &str = "task_updates";
/// Before a queue's name.
pub(super) const QUEUE_CHANNEL: &str = "queue:";
/// Before a worker's id.
const WORKER_CHANNEL: &str = "worker:";

/// The head of every script: each name as a constant.
pub(super) fn constants() -> String {
    let (names, values): (Vec<_>, Vec<_>) = IN_LUA.iter().map(|(name, value)| (*name, format!("'{value}'"))).unzip();
    format!("local {} = {}\n", names.join(", "), values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_but_the_contracts_share_a_hash_tag() {
        let keys = IN_LUA
            .iter()
            .filter(|(name, _)| !name.starts_with("DEAD_LETTERS") && !name.ends_with("_CHANNEL"))
            .filter(|(name, _)| !matches!(*name, "BELL" | "SUMMONS"));

        for (name, key) in keys {
            assert!(key.starts_with("signalbox:{sb}:"), "{name}: {key}");
        }
    }
}
