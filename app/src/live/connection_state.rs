//! What the page says of its connection.

/// What the page says of its connection. It never says *live* without proof.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionState {
    /// The first connection is being made.
    #[default]
    Connecting,
    /// Frames arrive as promised.
    Live,
    /// The line is open, but silent for longer than the server promised; or what the page shows has a hole, and was not loaded again.
    Stale,
    /// The line was lost and is being made again.
    Reconnecting,
    /// The browser has no network.
    Offline,
}

impl ConnectionState {
    /// The state for programs: `data-state` of the indicator.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Stale => "stale",
            Self::Reconnecting => "reconnecting",
            Self::Offline => "offline",
        }
    }
}
