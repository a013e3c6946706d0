//! Tells how queues stand after steps of this process: at most twice a second each, and in the end as they are.
//!
//! No step waits for it, or costs more for it. What a process had yet to tell when it ended is told by whoever keeps house.

use std::{sync::Arc, time::Duration};

use super::{
    connections::Connections,
    script::{self, Call},
};

/// How long steps are gathered before a look.
const GATHERING: Duration = Duration::from_millis(500);

/// Tells for ever.
pub(super) async fn keep(connections: Arc<Connections>) {
    loop {
        connections.stepped().await;
        loop {
            tokio::time::sleep(GATHERING).await;
            match connections.run_aside::<u64>(&Call::of(&script::TELL, 0)).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(failure) => {
                    tracing::warn!(%failure, "queues could not be told of; house-keeping will");
                    break;
                }
            }
        }
    }
}
