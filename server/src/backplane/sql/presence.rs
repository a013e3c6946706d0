//! Which workers live, told by the operating system.
//!
//! All processes of an SQLite installation run on one machine. Each worker holds a lock on a file of its own; when its process
//! ends, however it ends, the lock is gone in the same instant. So the jobs of a killed worker are taken back at once, instead of
//! after a lease. A frozen process keeps its lock: for that the lease is there.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use app::domain::WorkerId;

use crate::backplane::BackplaneError;

const ENDING: &str = ".lock";

/// The folder of worker locks beside the database.
pub(super) struct Presence {
    folder: PathBuf,
    /// Locks of this process; closing a file gives its lock up.
    held: Mutex<HashMap<WorkerId, File>>,
}

impl Presence {
    pub(super) fn beside(database: &Path) -> Self {
        let mut folder = database.as_os_str().to_owned();
        folder.push("-workers");
        Self { folder: PathBuf::from(folder), held: Mutex::default() }
    }

    /// Locks the worker's file for as long as this process lives. Said again, the lock stays where it is: were it moved to another file,
    /// whoever had just opened the first one would see it unlocked, and take the worker for dead.
    pub(super) fn join(&self, worker: &WorkerId) -> Result<(), BackplaneError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.contains_key(worker) && self.path(worker).exists() {
            return Ok(());
        }
        let file = self.lock(worker).map_err(|source| self.broken(source))?;
        held.insert(worker.clone(), file);
        Ok(())
    }

    /// Gives a worker's lock up, and removes its file: it ended as it should.
    pub(super) fn leave(&self, worker: &WorkerId) {
        // The file first: one that is seen unlocked belongs to a dead worker.
        self.forget(std::slice::from_ref(worker));
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(worker);
    }

    /// Workers whose file is there and whose lock nobody holds.
    pub(super) fn dead_workers(&self) -> Result<Vec<WorkerId>, BackplaneError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|source| self.broken(source))?,
        };
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dead = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| self.broken(source))?;
            let name = entry.file_name();
            let Some(worker) = name.to_str().and_then(|name| name.strip_suffix(ENDING)).map(WorkerId::from) else {
                continue;
            };
            if !held.contains_key(&worker) && is_unlocked(&entry.path()) {
                dead.push(worker);
            }
        }
        Ok(dead)
    }

    /// Removes the files of workers whose jobs were taken back.
    pub(super) fn forget(&self, workers: &[WorkerId]) {
        for worker in workers {
            // Another process may have been quicker, and a file that stays is found again in the next round.
            let _ = std::fs::remove_file(self.path(worker));
        }
    }

    fn lock(&self, worker: &WorkerId) -> io::Result<File> {
        std::fs::create_dir_all(&self.folder)?;
        // Locked under another name first: a file that is seen unlocked belongs to a dead worker.
        let unnamed = self.folder.join(format!("{worker}.new"));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&unnamed)?;
        file.lock()?;
        std::fs::rename(&unnamed, self.path(worker))?;
        Ok(file)
    }

    fn path(&self, worker: &WorkerId) -> PathBuf {
        self.folder.join(format!("{worker}{ENDING}"))
    }

    fn broken(&self, source: io::Error) -> BackplaneError {
        BackplaneError::Presence { path: self.folder.display().to_string(), source }
    }
}

fn is_unlocked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_joins_again_lives_for_whoever_opened_its_file_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let (presence, worker) = (Presence::beside(&folder.path().join("db")), WorkerId::from("w"));
        presence.join(&worker).expect("joined");
        let opened = File::open(presence.path(&worker)).expect("there");

        presence.join(&worker).expect("joined again");

        assert!(opened.try_lock().is_err());
        // Somebody may have swept the folder.
        std::fs::remove_file(presence.path(&worker)).expect("removed");
        presence.join(&worker).expect("joined once more");
        assert!(!is_unlocked(&presence.path(&worker)) && presence.path(&worker).exists());
    }
}
