//! Where connections come in: a listener, and by what it encrypts, if it does.

use tokio::net::TcpListener;

use super::tls::Tls;

/// A listener whose clients speak as they are, or all encrypted. One port never speaks both: what may be left out is left out by somebody.
pub struct Port {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<Tls>,
}

impl Port {
    /// One whose clients have to encrypt.
    pub const fn encrypted(listener: TcpListener, tls: Tls) -> Self {
        Self { listener, tls: Some(tls) }
    }
}

impl From<TcpListener> for Port {
    fn from(listener: TcpListener) -> Self {
        Self { listener, tls: None }
    }
}
