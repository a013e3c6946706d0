//! Whether the counters of queues are what counting gives.

use app::domain::CounterDrift;
use server::store::Database;

use super::Finding;
use crate::{config::Config, installation};

/// Counts all jobs on the engine that the configuration chooses.
pub(super) async fn finding(config: &Config, database: &Database) -> Finding {
    let counted = async { anyhow::Ok(installation::open_backplane(config, database).await?.recount().await?) };
    match counted.await {
        Ok(drifts) => in_words(&drifts),
        Err(error) => Err(format!("jobs can't be counted: {error:#}")),
    }
}

fn in_words(drifts: &[CounterDrift]) -> Finding {
    if drifts.is_empty() {
        return Ok("each is what counting the jobs gives".to_owned());
    }
    let line = |drift: &CounterDrift| {
        let CounterDrift { queue_name, state, counted, found } = drift;
        format!("{queue_name} {}: {counted} instead of {found}", state.as_str())
    };
    let lines = drifts.iter().map(line).collect::<Vec<_>>().join("; ");
    Err(format!("{lines}. They are set right now; tell us, for this should not happen"))
}

#[cfg(test)]
mod tests {
    use app::domain::JobState;

    use super::*;

    #[test]
    fn a_counter_that_was_wrong_is_named() {
        let drift = CounterDrift { queue_name: "test".into(), state: JobState::Waiting, counted: 3, found: 2 };

        assert!(in_words(&[]).is_ok());
        assert!(in_words(&[drift]).expect_err("not well").starts_with("test waiting: 3 instead of 2"));
    }
}
