//! What operators may do to jobs and queues.

use app::domain::{JobId, JobState, QueueName};
use async_trait::async_trait;

use super::{
    RedisBackplane, RedisFailure,
    connections::Connections,
    script::{self, Call},
    sight::state_of,
};
use crate::backplane::{BackplaneError, CalledOff, Control, DeadLetters, Pause, Removal, Retried};

/// Dead letters that one call deals with.
const TOGETHER: u64 = 1_000;
/// Dead letters that one call looks at for those with a fingerprint.
const LOOKED_AT: u64 = 10_000;

/// What becomes of dead letters.
#[derive(Clone, Copy)]
enum Fate {
    Replay,
    Discard,
}

#[async_trait]
impl Control for RedisBackplane {
    async fn cancel(&self, job_id: &JobId) -> Result<Option<CalledOff>, BackplaneError> {
        let mut call = Call::of(&script::CANCEL, 1);
        call.arg(job_id.as_str());
        let Some((was, is_asked_before)) = self.connections.run::<Option<(String, bool)>>(&call).await? else {
            return Ok(None);
        };
        Ok(Some(match state_of(&was)? {
            JobState::Active if is_asked_before => CalledOff::AskedBefore,
            JobState::Active => CalledOff::Asked,
            state if state.is_live() => CalledOff::AtOnce(state),
            state => CalledOff::Ended(state),
        }))
    }

    async fn retry(&self, job_id: &JobId) -> Result<Option<Retried>, BackplaneError> {
        let mut call = Call::of(&script::RETRY, 1);
        call.arg(job_id.as_str());
        let states = self.connections.run::<Option<(String, String)>>(&call).await?;
        let Some((from, to)) = states else { return Ok(None) };
        Ok(Some(Retried { from: state_of(&from)?, to: state_of(&to)? }))
    }

    async fn remove(&self, job_id: &JobId) -> Result<Option<Removal>, BackplaneError> {
        let mut call = Call::of(&script::REMOVE, 1);
        call.arg(job_id.as_str());
        let was: Option<String> = self.connections.run(&call).await?;
        Ok(was.as_deref().map(state_of).transpose()?.map(|was| match was {
            JobState::Active => Removal::Active,
            was => Removal::Removed(was),
        }))
    }

    async fn replay(&self, letters: &DeadLetters) -> Result<u64, BackplaneError> {
        Ok(deal_with(&self.connections, letters, Fate::Replay).await?)
    }

    async fn discard(&self, letters: &DeadLetters) -> Result<u64, BackplaneError> {
        Ok(deal_with(&self.connections, letters, Fate::Discard).await?)
    }

    async fn set_paused(&self, queue: &QueueName, pause: Pause) -> Result<Pause, BackplaneError> {
        let mut call = Call::of(&script::CURB, 2);
        call.arg(queue.as_str()).arg(match pause {
            Pause::Paused => "pause",
            Pause::Running => "resume",
        });
        let (was_paused, _): (bool, Option<u32>) = self.connections.run(&call).await?;
        Ok(if was_paused { Pause::Paused } else { Pause::Running })
    }

    async fn set_concurrency_limit(
        &self,
        queue: &QueueName,
        limit: Option<u32>,
    ) -> Result<Option<u32>, BackplaneError> {
        let mut call = Call::of(&script::CURB, 3);
        call.arg(queue.as_str()).arg("limit").arg(limit.map(|limit| limit.to_string()).unwrap_or_default());
        let (_, limit): (bool, Option<u32>) = self.connections.run(&call).await?;
        Ok(limit)
    }
}

/// Deals with dead letters in steps that Redis is not held up by.
async fn deal_with(connections: &Connections, letters: &DeadLetters, fate: Fate) -> Result<u64, RedisFailure> {
    let most = u64::from(letters.limit).min(TOGETHER);
    let (mut done, mut passed, mut steps) = (0, 0, 0);
    while done < most && steps < LOOKED_AT / TOGETHER {
        let mut call = Call::of(&script::LETTERS, 5);
        call.arg(letters.queue_name.as_str()).arg(match fate {
            Fate::Replay => "replay",
            Fate::Discard => "discard",
        });
        call.arg(most - done).arg(letters.fingerprint.as_deref().unwrap_or_default()).arg(passed);
        let (now_done, next): (u64, i64) = connections.run(&call).await?;
        done += now_done;
        steps += 1;
        let Ok(next) = u64::try_from(next) else { break };
        passed = next;
    }
    Ok(done)
}
