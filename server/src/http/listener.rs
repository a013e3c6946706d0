//! Takes connections in, until it is asked to stop; then it waits for what is under way.

use std::io;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until `stopping` is cancelled and every request has ended. Streams end by themselves then; a request that
/// does not is the caller's to wait for or not.
///
/// # Errors
/// The listener broke.
pub async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).await
}
