//! One connection, from its first byte until nobody speaks HTTP on it any more.

use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    http::{HeaderValue, Method, Version, header},
    response::Response,
};
use futures::future::poll_fn;
use hyper::{
    body::{Body as _, Incoming},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{
    ListenerLimits,
    handover::Ticket,
    line::Line,
    pipe::{Framing, Pipe},
    reader::{self, WhileRead},
    tls::Tls,
    wire::Wire,
};

/// How often a client of HTTP/2 that is silent is asked whether it lives, and how long it has for its answer.
const ASKED_EVERY: Duration = Duration::from_secs(20);
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// What is held of an answer that a client takes slowly.
const MOST_HELD: usize = 64 * 1024;
/// Requests of one client of HTTP/2 at the same time.
const STREAMS: u32 = 128;

/// Answers requests until the client is done or out of time, or the server stops: then those are answered that have begun.
///
/// A stream that leaves HTTP goes on as a task of its own, so that nothing of all this stays in memory below it.
pub(super) async fn hold(
    line: Line,
    tls: Option<Tls>,
    router: Router,
    limits: ListenerLimits,
    stopping: CancellationToken,
) {
    let client = line.client();
    // Who comes while the server stops is answered once: told to end, the connection would end before its first request.
    let is_late = stopping.is_cancelled();
    let opened = tokio::select! {
        opened = timeout(limits.head, Wire::open(line, tls)) => opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
        () = stopping.cancelled(), if !is_late => return,
    };
    let stopped = async move {
        if is_late {
            std::future::pending::<()>().await;
        }
        stopping.cancelled().await;
    };
    let ended = match opened {
        Ok((wire, Version::HTTP_2)) => Box::pin(at_the_same_time(wire, router, limits, stopped)).await,
        Ok((wire, _)) => {
            let keep_alive = if is_late { KeepAlive::Off } else { KeepAlive::On };
            Box::pin(one_by_one(wire, router, limits, stopped, keep_alive)).await.map(|left| {
                if let Some(pipe) = left {
                    tokio::spawn(pipe.run());
                }
            })
        }
        Err(error) => return tracing::debug!(%client, %error, "a connection did not begin"),
    };
    if let Err(error) = ended {
        tracing::debug!(%client, %error, "a connection broke");
    }
}

/// Whether a connection waits for another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeepAlive {
    On,
    Off,
}

/// HTTP/2.
async fn at_the_same_time(
    wire: Wire,
    router: Router,
    limits: ListenerLimits,
    stopped: impl Future<Output = ()>,
) -> hyper::Result<()> {
    let client = wire.client();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(client));
        let answering = router.clone().oneshot(request);
        async move { answering.await.map(|answer| answer.map(reader::watched)) }
    });
    let mut builder = http2::Builder::new(WhileRead { reading: limits.reading });
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(ASKED_EVERY)
        .keep_alive_timeout(ANSWERED_WITHIN)
        .max_send_buf_size(MOST_HELD)
        .max_concurrent_streams(STREAMS);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(wire), service));
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = stopped => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

/// HTTP/1.1: returns the stream that the connection was left to, if it was.
async fn one_by_one(
    wire: Wire,
    router: Router,
    limits: ListenerLimits,
    stopped: impl Future<Output = ()>,
    keep_alive: KeepAlive,
) -> hyper::Result<Option<Arc<Pipe>>> {
    let client = wire.client();
    let wish = Arc::new(Wish { ticket: Mutex::default(), is_flushed: wire.flushed() });
    let wished = Arc::clone(&wish);
    let service = service_fn(move |request: Request<Incoming>| {
        let framing = framing(&request);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(client));
        let (answering, wished) = (router.clone().oneshot(request), Arc::clone(&wished));
        async move {
            let mut answer = answering.await?;
            if let Some(framing) = framing {
                wished.note(&mut answer, framing);
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let mut builder = http1::Builder::new();
    // Between two requests it is the same wait: for the next head.
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MOST_HELD)
        .keep_alive(keep_alive == KeepAlive::On);
    let mut connection = builder.serve_connection(TokioIo::new(wire), service).with_upgrades();
    let mut stopped = pin!(stopped);
    let mut is_told = false;
    let ended = poll_fn(|cx| {
        if !is_told && stopped.as_mut().poll(cx).is_ready() {
            is_told = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        match Pin::new(&mut connection).poll(cx) {
            Poll::Ready(ended) => Poll::Ready(ended.map(|()| None)),
            Poll::Pending => wish.granted().map_or(Poll::Pending, |left| Poll::Ready(Ok(Some(left)))),
        }
    });
    let Some((feed, framing)) = ended.await? else { return Ok(None) };
    // What the client has sent behind its request is not answered: it was told that the connection ends with this answer.
    Ok(connection.into_parts().map(|parts| Pipe::new(parts.io.into_inner(), feed, framing)))
}

/// How a stream could be sent that answers a request, once its connection is left to it.
fn framing(request: &Request<Incoming>) -> Option<Framing> {
    let is_all = *request.method() == Method::GET && request.body().is_end_stream();
    match request.version() {
        Version::HTTP_11 if is_all => Some(Framing::Chunked),
        Version::HTTP_10 if is_all => Some(Framing::UntilClosed),
        _ => None,
    }
}

/// That a connection is left to the stream in an answer of its.
struct Wish {
    ticket: Mutex<Option<(Ticket, Framing)>>,
    /// Whether the system has all that HTTP had for it.
    is_flushed: Arc<AtomicBool>,
}

impl Wish {
    /// Wishes for it, if there is a stream in the answer, and nothing has changed it on its way.
    fn note(&self, answer: &mut Response, framing: Framing) {
        let Some(ticket) = answer.extensions_mut().remove::<Ticket>() else { return };
        let is_changed = [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING]
            .iter()
            .any(|name| answer.headers().contains_key(name));
        if is_changed {
            return;
        }
        if framing == Framing::Chunked {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        ticket.ask();
        // Of what was written before: all of it had to be, for this request to be read.
        self.is_flushed.store(false, Relaxed);
        *self.ticket.lock().unwrap_or_else(PoisonError::into_inner) = Some((ticket, framing));
    }

    /// The stream, once the head of its answer is with the system.
    fn granted(&self) -> Option<(crate::hub::Feed, Framing)> {
        if !self.is_flushed.load(Relaxed) {
            return None;
        }
        let ticket = self.ticket.lock().unwrap_or_else(PoisonError::into_inner);
        let (ticket, framing) = ticket.as_ref()?;
        Some((ticket.redeem()?, *framing))
    }
}
