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

/// A hash: the state of a job and all that is known of it.
pub(super) fn job(id: &str) -> String {
    format!("{JOB}{id}")
}

const JOB: &str = "signalbox:{sb}:job:";

/// What the scripts know keys and channels by.
const IN_LUA: &[(&str, &str)] = &[
    ("EVENTS", EVENTS),
    ("LOG", LOG),
    // Before a job's id.
    ("JOB", JOB),
    // Before a queue's name: the ids of its jobs in a state, sorted by priority and age, by when they are due, by when their lease
    // runs out, and by when they ended.
    ("WAITING", "signalbox:{sb}:waiting:"),
    ("DELAYED", "signalbox:{sb}:delayed:"),
    ("ACTIVE", "signalbox:{sb}:active:"),
    ("COMPLETED", "signalbox:{sb}:completed:"),
    ("FAILED", "signalbox:{sb}:failed:"),
    ("CANCELLED", "signalbox:{sb}:cancelled:"),
    // Around a queue's name: the contract's copy of the dead-lettered ones.
    ("DEAD_LETTERS_BEFORE", "signalbox:queue:"),
    ("DEAD_LETTERS_AFTER", ":failed"),
    // A set of names.
    ("QUEUES", "signalbox:{sb}:queues"),
    // Queues, sorted by when upkeep has to look at them.
    ("AGENDA", "signalbox:{sb}:agenda"),
    // A hash: unique key to the id of its live job.
    ("UNIQUE", "signalbox:{sb}:unique"),
    // Workers, sorted by when they were heard of.
    ("WORKERS", "signalbox:{sb}:workers"),
    ("CONNECTIONS", CONNECTIONS),
    // A hash: since when a worker's connection is gone.
    ("MISSING", "signalbox:{sb}:missing"),
    // Rows of the database whose events are in the log, sorted by when they came.
    ("RELAYED", "signalbox:{sb}:relayed"),
    ("BELL", BELL),
    ("JOB_CHANNEL", JOB_CHANNEL),
    ("TASKS_CHANNEL", TASKS_CHANNEL),
    ("QUEUE_CHANNEL", QUEUE_CHANNEL),
];

/// Before a job's id.
pub(super) const JOB_CHANNEL: &str = "job:";
/// Every `job_update`.
pub(super) const TASKS_CHANNEL: &str = "task_updates";
/// Before a queue's name.
pub(super) const QUEUE_CHANNEL: &str = "queue:";

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
            .filter(|(name, _)| !name.starts_with("DEAD_LETTERS") && !name.ends_with("_CHANNEL") && *name != "BELL");

        for (name, key) in keys {
            assert!(key.starts_with("signalbox:{sb}:"), "{name}: {key}");
        }
    }
}
