//! The ends of attempts, written in batches: while one batch is on its way to the engine, the next gathers.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::context::Parts;
use crate::backplane::{Ending, Finished};

/// Endings of one call.
const MOST_AT_ONCE: usize = 500;
/// How long an ending is tried again while the engine is away. Later its lease has run out for sure, and others have the job.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long to wait between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// An ending on its way, and who waits for it to be written.
type Written = (Ending, oneshot::Sender<()>);

/// Where endings are handed in.
#[derive(Clone)]
pub(super) struct Endings {
    sender: mpsc::Sender<Written>,
}

impl Endings {
    /// Takes endings as long as somebody holds this, on a task of its own.
    pub(super) fn gather(parts: Parts) -> (Self, tokio::task::JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(2 * MOST_AT_ONCE);
        (Self { sender }, tokio::spawn(write_all(parts, receiver)))
    }

    /// Hands an ending in, and waits until it is written or given up.
    pub(super) async fn write(&self, ending: Ending) {
        let (written, is_written) = oneshot::channel();
        if self.sender.send((ending, written)).await.is_ok() {
            // Dropped unanswered only when the runtime ends, and then nobody waits any more.
            let _ = is_written.await;
        }
    }
}

async fn write_all(parts: Parts, mut receiver: mpsc::Receiver<Written>) {
    let mut batch = Vec::with_capacity(MOST_AT_ONCE);
    while receiver.recv_many(&mut batch, MOST_AT_ONCE).await > 0 {
        let (endings, waiting): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        write(&parts, endings).await;
        for written in waiting {
            // Whoever handed it in may be gone.
            let _ = written.send(());
        }
    }
}

/// Writes a batch. Trying again is harmless: what was written although the answer got lost is refused the second time.
async fn write(parts: &Parts, endings: Vec<Ending>) {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match parts.backplane.finish(endings.clone()).await {
            Ok(finished) => return tell_of_refused(&endings, &finished),
            Err(error) if Instant::now() < give_up => {
                tracing::warn!(%error, endings = endings.len(), "endings could not be written; trying again");
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            Err(error) => {
                tracing::error!(%error, endings = endings.len(), "endings could not be written; the jobs will be run again");
                return;
            }
        }
    }
}

fn tell_of_refused(endings: &[Ending], finished: &[Finished]) {
    for (ending, finished) in endings.iter().zip(finished) {
        if *finished == Finished::Refused {
            tracing::warn!(job_id = %ending.lease.job_id, "a late result was refused: the lease had been lost");
        }
    }
}
