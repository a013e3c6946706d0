//! One connection, from its first byte to its last.

use std::{pin::pin, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{ListenerLimits, line::Line};

/// How often a client of HTTP/2 that is silent is asked whether it lives, and how long it has for its answer.
const ASKED_EVERY: Duration = Duration::from_secs(20);
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// What is held of an answer that a client takes slowly.
const MOST_HELD: usize = 64 * 1024;
/// Requests of one client of HTTP/2 at the same time.
const STREAMS: u32 = 128;

/// Answers requests until the client is done or out of time, or the server stops: then those are answered that have begun.
///
/// Which version is spoken the first bytes tell: HTTP/2 without encryption begins with words of its own.
pub(super) async fn hold(line: Line, router: Router, limits: ListenerLimits, stopping: CancellationToken) {
    let client = line.client();
    let service = service_fn(move |request| {
        let mut request: Request<Body> = Request::map(request, Body::new);
        request.extensions_mut().insert(ConnectInfo(client));
        router.clone().oneshot(request)
    });
    // Who comes while the server stops is answered once: told to end, the connection would end before its first request.
    let is_late = stopping.is_cancelled();
    let mut builder = Builder::new(TokioExecutor::new());
    // Between two requests of HTTP/1.1 it is the same wait: for the next head.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MOST_HELD)
        .keep_alive(!is_late);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(ASKED_EVERY)
        .keep_alive_timeout(ANSWERED_WITHIN)
        .max_concurrent_streams(STREAMS);
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(line), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled(), if !is_late => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%client, %error, "a connection broke");
    }
}
