//! A stream by itself: a connection and a feed, with no HTTP between them any more.
//!
//! It has no buffer. All that is pending is put into one that the streams of a thread share, and leaves in one write. What the client does
//! not take of it is kept, and nothing more is asked for until that has gone.
//!
//! It is a task of its own, which sleeps while nothing happens. An event does not wake it: whoever has the event sends it, to one stream
//! after the other, which costs less than waking a thousand tasks. Only what is left then is the task's.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::wire::Wire;
use crate::hub::{Carrier, Feed, Poured, Scratch};

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What a client may say on a stream. Nobody listens to it, but it has to be taken in, for else its going would not be seen.
const MOST_SAID: usize = 16 * 1024;
/// Digits of the length of a piece, at most.
const DIGITS: usize = 16;

/// How an answer says where it ends (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// By a last piece: each piece is told its length.
    Chunked,
    /// By the end of the connection. HTTP/1.0 knows nothing else.
    UntilClosed,
}

impl Framing {
    /// All frames of a scratch as one piece of the answer.
    fn piece(self, scratch: &mut Scratch) -> &[u8] {
        match self {
            Self::UntilClosed => scratch.between(b"", b""),
            Self::Chunked => {
                let mut line = *b"0000000000000000\r\n";
                let (mut length, mut from) = (scratch.len(), DIGITS);
                while length > 0 && from > 0 {
                    from -= 1;
                    line[from] = b"0123456789ABCDEF"[length % 16];
                    length /= 16;
                }
                scratch.between(&line[from..], b"\r\n")
            }
        }
    }

    const fn end(self) -> &'static [u8] {
        match self {
            Self::Chunked => b"0\r\n\r\n",
            Self::UntilClosed => b"",
        }
    }
}

/// A stream whose connection carries nothing else any more. It ends with the feed, with the client, or with the client's patience.
pub(super) struct Pipe(Mutex<Stream>);

struct Stream {
    line: Wire,
    feed: Feed,
    framing: Framing,
    /// What the client has not taken yet.
    rest: Bytes,
    is_last: bool,
    said: usize,
    /// Wakes its task.
    waker: Option<Waker>,
    /// How it ended while somebody else sent, which its task has yet to take in.
    ended: Option<io::Result<()>>,
}

impl Pipe {
    /// A stream on a line on which the head of its answer has been sent.
    pub(super) fn new(line: Wire, feed: Feed, framing: Framing) -> Arc<Self> {
        Arc::new_cyclic(|pipe: &Weak<Self>| {
            feed.carried_by(Weak::clone(pipe) as _);
            Self(Mutex::new(Stream {
                line,
                feed,
                framing,
                rest: Bytes::new(),
                is_last: false,
                said: 0,
                waker: None,
                ended: None,
            }))
        })
    }

    /// Carries the stream to its end.
    pub(super) fn run(self: Arc<Self>) -> impl Future<Output = ()> {
        poll_fn(move |cx| self.0.lock().unwrap_or_else(PoisonError::into_inner).poll(cx))
    }
}

impl Carrier for Pipe {
    fn carry(&self) -> bool {
        // Its task is at it already, or has not begun.
        let Ok(mut stream) = self.0.try_lock() else { return false };
        if stream.ended.is_some() {
            return true;
        }
        let Some(waker) = stream.waker.take() else { return false };
        if let Poll::Ready(ended) = stream.poll_send(&mut Context::from_waker(&waker)) {
            stream.ended = Some(ended);
            waker.wake_by_ref();
        }
        stream.waker = Some(waker);
        true
    }
}

impl Stream {
    /// Sends what there is, until there is nothing or the client takes nothing; ready when all is sent that will ever be.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while !self.rest.is_empty() {
                let taken = ready!(Pin::new(&mut self.line).poll_write(cx, &self.rest))?;
                if taken == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.rest.advance(taken);
            }
            // A stopped reader's last piece is let go as well.
            self.rest = Bytes::new();
            // What is encrypted may be taken in and still wait for the socket: nobody else would ask for it to go on. A plain line has nothing.
            ready!(Pin::new(&mut self.line).poll_flush(cx))?;
            if self.is_last {
                return Poll::Ready(Ok(()));
            }
            ready!(SCRATCH.with_borrow_mut(|scratch| self.poll_piece(cx, scratch)))?;
        }
    }

    /// Sends the next piece, as far as the client takes it; pending when there is none, or surely none behind it.
    fn poll_piece(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Poll<io::Result<()>> {
        scratch.clear();
        if ready!(self.feed.poll_pour(cx, scratch)) == Poured::Ended {
            self.is_last = true;
            self.rest = Bytes::from_static(self.framing.end());
            return Poll::Ready(Ok(()));
        }
        let piece = self.framing.piece(scratch);
        let taken = match Pin::new(&mut self.line).poll_write(cx, piece) {
            Poll::Ready(taken) => taken?,
            Poll::Pending => 0,
        };
        if taken == piece.len() && self.feed.is_even() {
            return Poll::Pending;
        }
        self.rest = Bytes::copy_from_slice(&piece[taken..]);
        Poll::Ready(Ok(()))
    }

    /// Waits until the client has gone, or has said more than is listened to.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut words = [0; 256];
            let mut heard = ReadBuf::new(&mut words);
            let read = ready!(Pin::new(&mut self.line).poll_read(cx, &mut heard));
            self.said += heard.filled().len();
            if read.is_err() || heard.filled().is_empty() || self.said > MOST_SAID {
                return Poll::Ready(());
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
        let sent = self.ended.take().map_or_else(|| self.poll_send(cx), Poll::Ready);
        match sent {
            Poll::Ready(Ok(())) => {
                // What was said and not taken in would break the connection before the client has read its end.
                let _ = self.poll_gone(cx);
                // Whoever has gone needs no end.
                let _ = ready!(Pin::new(&mut self.line).poll_shutdown(cx));
                Poll::Ready(())
            }
            Poll::Ready(Err(error)) => {
                tracing::debug!(client = %self.line.client(), %error, "a stream broke");
                Poll::Ready(())
            }
            Poll::Pending => self.poll_gone(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_stream_is_small() {
        let bytes = size_of::<Pipe>();

        assert!(bytes <= 512, "{bytes}");
    }
}
