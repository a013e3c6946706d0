//! Makes commits outlive a power cut, many at once.
//!
//! SQLite in WAL mode with `synchronous = normal` writes a commit to the log file without waiting for the disk: it outlives a
//! killed process, not a power cut. `full` would wait for the disk at each commit while it holds the only writer, so 50 uploads
//! at once would wait in line 50 times. Here a commit gives the writer back first, and then waits for a sync of the log file that
//! began after it; whoever waits at the same moment shares one.

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::sync::Mutex;

/// Syncs the write-ahead log of a database.
pub(super) struct Durability {
    log: PathBuf,
    /// How many syncs were asked for.
    asked: AtomicU64,
    /// How many of them are done. Held while the disk is waited for.
    done: Mutex<u64>,
}

impl Durability {
    pub(super) fn of(database: &Path) -> Self {
        let mut log = OsString::from(database);
        log.push("-wal");
        Self { log: log.into(), asked: AtomicU64::new(0), done: Mutex::new(0) }
    }

    /// Returns when everything that was committed before this call is on the disk.
    pub(super) async fn reached(&self) -> io::Result<()> {
        let ticket = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut done = self.done.lock().await;
        if *done >= ticket {
            return Ok(());
        }
        let covered = self.asked.load(Ordering::SeqCst);
        let log = self.log.clone();
        tokio::task::spawn_blocking(move || sync(&log)).await.map_err(io::Error::other)??;
        *done = covered;
        Ok(())
    }
}

/// A log that is gone was folded into the database, which SQLite syncs itself.
fn sync(log: &Path) -> io::Result<()> {
    match File::open(log) {
        Ok(file) => file.sync_data(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn many_that_wait_at_once_are_all_served() {
        let folder = tempfile::tempdir().expect("a folder");
        let durability = Arc::new(Durability::of(&folder.path().join("db")));
        std::fs::write(folder.path().join("db-wal"), b"log").expect("written");

        let waiting = (0..50).map(|_| {
            let durability = Arc::clone(&durability);
            tokio::spawn(async move { durability.reached().await })
        });

        for one in waiting.collect::<Vec<_>>() {
            one.await.expect("joined").expect("synced");
        }
        assert_eq!(*durability.done.lock().await, 50);
    }
}
