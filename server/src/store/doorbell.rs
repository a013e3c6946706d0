//! Wakes the other processes that have an SQLite file open, after a commit.
//!
//! Beside the file lies a folder with one datagram socket for each process that listens. Whoever has committed sends one byte to each:
//! some microseconds, and nobody waits. A socket whose process is gone refuses the byte and is removed.
//!
//! A ring is a hint and carries nothing. Where no socket can be made, because the folder's name is longer than the hundred bytes that the
//! address of a socket may have, commits are noticed by looking, as they were before.

use std::{
    io,
    os::unix::net::UnixDatagram as Sender,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::net::UnixDatagram;

/// A folder that changed so shortly ago may change again without being seen to: its clock is coarse.
const SETTLED: Duration = Duration::from_millis(50);

/// What rings, and knows where.
#[derive(Clone)]
pub(super) struct Doorbell {
    folder: Arc<Path>,
    sender: Option<Arc<Sender>>,
    neighbours: Arc<Mutex<Neighbours>>,
}

/// Who listens, as far as is known.
#[derive(Default)]
struct Neighbours {
    /// When the folder had changed last; `None` when it has to be read again.
    as_of: Option<SystemTime>,
    sockets: Vec<PathBuf>,
    /// This process's own.
    own: Option<PathBuf>,
}

impl Doorbell {
    pub(super) fn beside(database: &Path) -> Self {
        let mut folder = database.as_os_str().to_owned();
        folder.push("-wake");
        Self { folder: PathBuf::from(folder).into(), sender: sender().ok().map(Arc::new), neighbours: Arc::default() }
    }

    /// Rings at every other process. Never waits: who has not yet heard the last ring needs no other one.
    pub(super) fn ring(&self) {
        let Some(sender) = &self.sender else { return };
        let mut neighbours = self.neighbours();
        if let Err(error) = neighbours.look(&self.folder) {
            tracing::debug!(%error, folder = %self.folder.display(), "nobody can be woken");
        }
        let is_gone = |socket: &PathBuf| {
            let sent = sender.send_to(&[0], socket);
            sent.is_err_and(|error| matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound))
        };
        let gone: Vec<PathBuf> = neighbours.sockets.iter().filter(|socket| is_gone(socket)).cloned().collect();
        for socket in gone {
            neighbours.as_of = None;
            // Another process may have been quicker.
            let _ = std::fs::remove_file(socket);
        }
    }

    /// Listens from now on.
    ///
    /// # Errors
    /// There can be no socket here.
    pub(super) fn listen(&self) -> io::Result<Ear> {
        std::fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(uuid::Uuid::new_v4().simple().to_string());
        let socket = UnixDatagram::bind(&path)?;
        let mut neighbours = self.neighbours();
        neighbours.own = Some(path.clone());
        neighbours.as_of = None;
        Ok(Ear { socket, path })
    }

    fn neighbours(&self) -> std::sync::MutexGuard<'_, Neighbours> {
        self.neighbours.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Neighbours {
    /// Reads the folder, if it changed.
    fn look(&mut self, folder: &Path) -> io::Result<()> {
        let changed = match std::fs::metadata(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.sockets.clear();
                return Ok(());
            }
            found => found?.modified()?,
        };
        if self.as_of == Some(changed) {
            return Ok(());
        }
        let is_settled = changed.elapsed().is_ok_and(|age| age > SETTLED);
        self.sockets.clear();
        for entry in std::fs::read_dir(folder)? {
            self.sockets.push(entry?.path());
        }
        self.sockets.retain(|socket| Some(socket) != self.own.as_ref());
        self.as_of = is_settled.then_some(changed);
        Ok(())
    }
}

fn sender() -> io::Result<Sender> {
    let sender = Sender::unbound()?;
    sender.set_nonblocking(true)?;
    Ok(sender)
}

/// What listens, for as long as it lives.
pub(super) struct Ear {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Ear {
    /// Waits for a ring; those that came since the last one count as one.
    pub(super) async fn wait(&self) {
        let mut byte = [0];
        if let Err(error) = self.socket.recv(&mut byte).await {
            tracing::warn!(%error, "the socket that wakes this process is broken");
            return std::future::pending().await;
        }
        while self.socket.try_recv(&mut byte).is_ok() {}
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        // Whoever rings removes what is left over.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn beside(folder: &tempfile::TempDir) -> Doorbell {
        Doorbell::beside(&folder.path().join("db"))
    }

    #[tokio::test]
    async fn everybody_else_hears_a_ring_and_many_rings_are_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let (ours, theirs) = (beside(&folder), beside(&folder));
        let (our_ear, their_ear) = (ours.listen().expect("an ear"), theirs.listen().expect("an ear"));

        for _ in 0..1_000 {
            ours.ring();
        }

        timeout(DEADLINE, their_ear.wait()).await.expect("heard");
        assert!(futures::FutureExt::now_or_never(their_ear.wait()).is_none(), "heard twice");
        assert!(futures::FutureExt::now_or_never(our_ear.wait()).is_none(), "heard oneself");
    }

    #[tokio::test]
    async fn who_begins_to_listen_later_is_rung_at_as_well() {
        let folder = tempfile::tempdir().expect("a folder");
        let (ours, theirs) = (beside(&folder), beside(&folder));
        ours.ring();
        let their_ear = theirs.listen().expect("an ear");

        ours.ring();

        timeout(DEADLINE, their_ear.wait()).await.expect("heard");
    }

    #[tokio::test]
    async fn the_socket_of_a_process_that_is_gone_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let ours = beside(&folder);
        std::fs::create_dir_all(folder.path().join("db-wake")).expect("made");
        drop(Sender::bind(folder.path().join("db-wake").join("gone")).expect("bound"));

        ours.ring();

        assert_eq!(std::fs::read_dir(folder.path().join("db-wake")).expect("read").count(), 0);
    }

    #[tokio::test]
    async fn where_no_socket_can_be_made_nothing_breaks() {
        let folder = tempfile::tempdir().expect("a folder");
        let doorbell = Doorbell::beside(&folder.path().join("x".repeat(120)));

        assert!(doorbell.listen().is_err());
        doorbell.ring();
    }
}
