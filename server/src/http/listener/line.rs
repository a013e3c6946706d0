//! A connection's socket, with the times that a client has.
//!
//! Two waits have no end in HTTP itself. A client may never say which version it speaks: its first words tell, and whoever waits for them
//! gives them a time. And it may stop reading: then nothing of its answer can be sent, and it has only so long to take something of it.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::http::Version;
use bytes::Bytes;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::Sleep,
};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::ListenerLimits;

/// A silent line is asked so often whether it is whole.
const ASKED_EVERY: Duration = Duration::from_secs(15);
/// Packets that nobody acknowledges for so long mean that the other end is gone.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);
/// What is said to who speaks HTTP where it has to be encrypted: the form of every refusal, for there is no request yet to refuse.
const ENCRYPTED_ONLY: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: 157\r\n\
connection: close\r\n\r\n\
{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":\"This port speaks TLS. Ask by an address that begins with \
https://.\",\"code\":\"tls_required\"}";
/// What is read of a request that is not answered.
const MOST_UNREAD: u64 = 64 * 1024;
/// What waits in the system to be sent to a client that has not taken what was sent before. Without a limit the system takes megabytes for
/// each, and a thousand clients that ask for the bundle and don't read it cost gigabytes, and everybody seconds.
#[cfg(target_os = "linux")]
const MOST_UNSENT: u32 = 128 * 1024;
/// How a client of HTTP/2 begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A socket.
pub(super) struct Line {
    socket: TcpStream,
    client: SocketAddr,
    /// First words that were listened to, and are to be read once more.
    heard: Bytes,
    reading: Duration,
    /// Until when the client has to take something; only while it does not.
    patience: Option<Pin<Box<Sleep>>>,
    /// Whether all that its writer had is with the system.
    is_flushed: Arc<AtomicBool>,
    /// Its place among all connections, and in the count of those that are waited for. Whoever takes the line over from HTTP takes them.
    _place: (OwnedSemaphorePermit, TaskTrackerToken),
}

impl Line {
    /// A line over a socket.
    pub(super) fn over(
        socket: TcpStream,
        limits: ListenerLimits,
        place: (OwnedSemaphorePermit, TaskTrackerToken),
    ) -> io::Result<Self> {
        let client = socket.peer_addr()?;
        // A frame is sent when it is there.
        socket.set_nodelay(true)?;
        let options = SockRef::from(&socket);
        options.set_tcp_keepalive(&TcpKeepalive::new().with_time(ASKED_EVERY).with_interval(ASKED_EVERY))?;
        #[cfg(target_os = "linux")]
        {
            options.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
            options.set_tcp_notsent_lowat(MOST_UNSENT)?;
        }
        Ok(Self {
            socket,
            client,
            heard: Bytes::new(),
            reading: limits.reading,
            patience: None,
            is_flushed: Arc::default(),
            _place: place,
        })
    }

    /// Who is at the other end.
    pub(super) const fn client(&self) -> SocketAddr {
        self.client
    }

    /// Tells whether all that its writer had is with the system, also after it was given away.
    pub(super) fn flushed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_flushed)
    }

    /// Listens to the first words, until they tell which version is spoken: what does not go on as HTTP/2 begins is HTTP/1.1.
    pub(super) async fn version(&mut self) -> io::Result<Version> {
        let mut words = [0; PREFACE.len()];
        let mut count = 0;
        while count < words.len() && PREFACE.starts_with(&words[..count]) {
            match self.socket.read(&mut words[count..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => count += more,
            }
        }
        self.heard = Bytes::copy_from_slice(&words[..count]);
        Ok(if words == *PREFACE { Version::HTTP_2 } else { Version::HTTP_11 })
    }

    /// The first byte that the client says, once it is there. It is still to be read.
    pub(super) async fn first_byte(&self) -> io::Result<u8> {
        let mut byte = [0];
        match self.socket.peek(&mut byte).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(byte[0]),
        }
    }

    /// Tells somebody who does not encrypt that he has to, and waits until he has gone: what he said and nobody took in would break the line
    /// before he has read that.
    pub(super) async fn send_away(self) -> io::Result<()> {
        let mut socket = self.socket;
        socket.write_all(ENCRYPTED_ONLY).await?;
        socket.shutdown().await?;
        tokio::io::copy(&mut socket.take(MOST_UNREAD), &mut tokio::io::sink()).await.map(drop)
    }

    /// Takes in how a write went: a client that takes something has its whole time again.
    fn while_patient<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.patience = None;
            return written;
        }
        let reading = self.reading;
        let patience = self.patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(reading)));
        ready!(patience.as_mut().poll(context));
        tracing::info!(client = %self.client, "a client that stopped reading was cut off");
        // What it did not take is thrown away at once, here and in the system.
        let _ = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.heard.is_empty() {
            return Pin::new(&mut this.socket).poll_read(context, buffer);
        }
        let mut rest = std::mem::take(&mut this.heard);
        buffer.put_slice(&rest.split_to(rest.len().min(buffer.remaining())));
        this.heard = if rest.is_empty() { Bytes::new() } else { rest };
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.is_flushed.store(false, Relaxed);
        let written = Pin::new(&mut this.socket).poll_write(context, bytes);
        this.while_patient(written, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.is_flushed.store(false, Relaxed);
        let written = Pin::new(&mut this.socket).poll_write_vectored(context, parts);
        this.while_patient(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Asked for when there is nothing left to write, and the system takes what it has at once.
        this.is_flushed.store(true, Relaxed);
        Pin::new(&mut this.socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}
