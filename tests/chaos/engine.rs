//! What stands under an installation: the environment that names it and, where it is a server, the server itself.

use std::path::Path;

use tokio::process::{Child, Command};

/// An engine.
pub(crate) struct Engine {
    pub(crate) name: &'static str,
    /// What the programs are told of it.
    pub(crate) environment: Vec<(&'static str, String)>,
    server: Option<Server>,
}

/// A server of an engine.
struct Server {
    start: Box<dyn Fn() -> Command + Send + Sync>,
    child: Child,
}

impl Engine {
    /// SQLite: a file, and nobody to kill.
    pub(crate) fn sqlite() -> Self {
        Self { name: "SQLite", environment: Vec::new(), server: None }
    }

    /// Whether there is a server that can be killed.
    pub(crate) const fn can_be_killed(&self) -> bool {
        self.server.is_some()
    }

    /// SIGKILL for the server.
    pub(crate) async fn kill(&mut self) {
        if let Some(server) = &mut self.server {
            server.child.kill().await.expect("killed");
        }
    }

    /// Starts the server again, on what it left behind.
    pub(crate) fn start_again(&mut self) {
        if let Some(server) = &mut self.server {
            server.child = (server.start)().kill_on_drop(true).spawn().expect("started");
        }
    }

    /// What it needs before the first program is started.
    pub(crate) async fn prepare(&mut self, _folder: &Path) {}
}
