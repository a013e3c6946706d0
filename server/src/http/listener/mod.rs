//! Takes connections in, until it is asked to stop; then it waits for what is under way.
//!
//! The loop is ours, for the one of axum sets no limits: a client that sends its request's head a byte a minute, or stops reading its
//! answer, would be kept for ever. Here each has its time (a body's is the router's), and there are only so many connections at once. A
//! client that has to agree on encryption first does so in the time of its first request, beside all others.

/// One connection, as long as HTTP is spoken on it.
mod conversation;
/// How a stream leaves HTTP.
pub(super) mod handover;
/// A connection's socket, with the times that a client has.
mod line;
/// The files that a port encrypts by.
pub mod pair;
/// A stream by itself.
mod pipe;
/// Where connections come in.
mod port;
/// Who reads an answer of HTTP/2.
mod reader;
/// What a port encrypts by, as long as it is open.
pub mod tls;
/// What HTTP is spoken over.
mod wire;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use line::Line;
pub use port::Port;

/// Connections that wait to be taken in. All clients of a server that comes back do so at once, and who finds no room tries again a second
/// later.
const WAITING: u32 = 4_096;
/// How long the loop rests when the system has no room for another connection.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);
/// What is said to who comes when there are too many connections: all that is known of him is that he is there.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub struct ListenerLimits {
    /// Connections at once.
    pub connections: usize,
    /// The time in which a request's head has to be there, and in which the next request has to follow; and before the first, the time in
    /// which it has to be agreed on how to encrypt.
    pub head: Duration,
    /// The time in which a client has to take something of what is sent to it.
    pub reading: Duration,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self { connections: 10_000, head: Duration::from_secs(15), reading: Duration::from_secs(20) }
    }
}

/// Listens at an address.
///
/// # Errors
/// It can't be had.
pub fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // What the last process has left behind is no reason to wait.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(WAITING)
}

/// Serves within the usual limits.
///
/// # Errors
/// The listener broke.
pub async fn serve(port: impl Into<Port>, router: Router, stopping: CancellationToken) -> io::Result<()> {
    serve_within(ListenerLimits::default(), port, router, stopping).await
}

/// Serves until `stopping` is cancelled and every connection has ended. Until then others are still taken in: whoever balances the load
/// has to be told that this server is going. Streams end by themselves; a request that does not is the caller's to wait for or not.
///
/// # Errors
/// The listener broke.
pub async fn serve_within(
    limits: ListenerLimits,
    port: impl Into<Port>,
    router: Router,
    stopping: CancellationToken,
) -> io::Result<()> {
    let Port { listener, tls } = port.into();
    let places = Arc::new(Semaphore::new(limits.connections));
    let conversations = TaskTracker::new();
    let over = async {
        stopping.cancelled().await;
        conversations.close();
        conversations.wait().await;
    };
    tokio::pin!(over);
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    rest_after(&error).await;
                    continue;
                }
            },
            () = &mut over => return Ok(()),
        };
        match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => match Line::over(socket, limits, (place, conversations.token())) {
                Ok(line) => {
                    conversations.spawn(conversation::hold(
                        line,
                        tls.clone(),
                        router.clone(),
                        limits,
                        stopping.clone(),
                    ));
                }
                Err(error) => tracing::debug!(%error, "a connection was gone before it began"),
            },
            Err(_) if tls.is_some() => refuse_encrypted(socket),
            Err(_) => refuse(socket).await,
        }
    }
}

/// A client that is gone already is nothing; a system that has no room for another connection has it when one ends.
async fn rest_after(error: &io::Error) {
    let is_of_the_client = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    );
    if !is_of_the_client {
        tracing::error!(%error, "no connection can be taken in; trying again");
        tokio::time::sleep(AFTER_A_FAILURE).await;
    }
}

/// Sends somebody away who understands only what is encrypted: agreeing on how is more work than he is worth.
fn refuse_encrypted(socket: TcpStream) {
    drop(socket);
    tracing::warn!("a connection was refused: there are too many");
}

/// Sends somebody away, without waiting for him: what does not fit into the socket's buffer is not worth it.
async fn refuse(mut socket: TcpStream) {
    tracing::warn!("a connection was refused: there are too many");
    let said = tokio::time::timeout(AFTER_A_FAILURE, socket.write_all(TOO_MANY)).await;
    if !matches!(said, Ok(Ok(()))) {
        tracing::debug!("somebody who was refused did not hear why");
    }
}
