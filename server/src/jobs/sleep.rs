//! Does nothing for a while, and tells how far it is: for trying progress and stops.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Job, JobContext, JobError};
use crate::backplane::Progress;

/// How often it tells how far it is.
const PACE: Duration = Duration::from_millis(250);

/// Its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sleep {
    /// How long, in milliseconds.
    pub ms: u64,
}

#[async_trait]
impl Job for Sleep {
    const KIND: &'static str = "sleep";
    const QUEUE: &'static str = "test";

    type Output = ();

    async fn run(self, context: &JobContext) -> Result<(), JobError> {
        let began = Instant::now();
        let whole = Duration::from_millis(self.ms);
        while let Some(left) = whole.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) {
            tokio::select! {
                () = context.signals.raised() => {}
                () = tokio::time::sleep(left.min(PACE)) => {}
            }
            context.check()?;
            context.report(Progress { percent: percent(began.elapsed(), whole), ..Progress::default() }).await?;
        }
        Ok(())
    }
}

fn percent(done: Duration, whole: Duration) -> u8 {
    let percent = done.as_millis().saturating_mul(100) / whole.as_millis().max(1);
    u8::try_from(percent.min(100)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_the_share_of_the_time_and_never_more_than_all_of_it() {
        assert_eq!(percent(Duration::from_millis(250), Duration::from_secs(1)), 25);
        assert_eq!(percent(Duration::from_secs(3), Duration::from_secs(2)), 100);
        assert_eq!(percent(Duration::ZERO, Duration::ZERO), 0);
    }
}
