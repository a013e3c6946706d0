//! What stands under an installation: the environment that names it.

/// An engine.
pub(crate) struct Engine {
    pub(crate) name: &'static str,
    /// What the programs are told of it.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Engine {
    /// SQLite: a file, and nobody to kill.
    pub(crate) const fn sqlite() -> Self {
        Self { name: "SQLite", environment: Vec::new() }
    }
}
