//! What HTTP is spoken over: a line as it is, or one that is encrypted.
//!
//! The line's times lie below the encryption: a client that takes nothing of what is encrypted for it takes nothing at all, and what it says
//! in a handshake is as slow as anything else. A stream leaves HTTP here as it does on a plain line (see `handover`), through the
//! encryption: so it is one way for both, and what HTTP keeps for a connection goes. All that this asks of the stream is to flush, for
//! encryption holds what the socket had no room for.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll},
};

use axum::http::Version;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

use super::{
    line::Line,
    tls::{HTTP_2, Tls},
};

/// How a client begins that encrypts: with the kind of record that a handshake is (RFC 8446, section 5.1). No word of HTTP begins so.
const HANDSHAKE: u8 = 22;

/// A line, and how it is spoken over.
pub(super) enum Wire {
    /// As it is.
    Plain(Line),
    /// In a box, for what encryption keeps is large, and most of what is held is not.
    Encrypted(Box<TlsStream<Line>>),
}

impl Wire {
    /// Opens it, as far as it takes to know which version of HTTP will be spoken. Who does not encrypt where he has to is told so.
    pub(super) async fn open(mut line: Line, tls: Option<Tls>) -> io::Result<(Self, Version)> {
        let Some(tls) = tls else {
            let version = line.version().await?;
            return Ok((Self::Plain(line), version));
        };
        if line.first_byte().await? != HANDSHAKE {
            line.send_away().await?;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it does not encrypt"));
        }
        // Boxed, for the agreement is larger than all else that a plain line waits for here.
        let stream = Box::new(Box::pin(tls.agree(line)).await?);
        let is_2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
        Ok((Self::Encrypted(stream), if is_2 { Version::HTTP_2 } else { Version::HTTP_11 }))
    }

    fn line(&self) -> &Line {
        match self {
            Self::Plain(line) => line,
            Self::Encrypted(stream) => stream.get_ref().0,
        }
    }

    /// Who is at the other end.
    pub(super) fn client(&self) -> SocketAddr {
        self.line().client()
    }

    /// Tells whether all that its writer had is with the system, also after it was given away. Encryption flushes the line when it has
    /// nothing left of it itself.
    pub(super) fn flushed(&self) -> Arc<AtomicBool> {
        self.line().flushed()
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(line) => Pin::new(line).poll_read(context, buffer),
            Self::Encrypted(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(line) => Pin::new(line).poll_write(context, bytes),
            Self::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(line) => Pin::new(line).poll_write_vectored(context, parts),
            Self::Encrypted(stream) => Pin::new(stream).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(line) => line.is_write_vectored(),
            Self::Encrypted(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(line) => Pin::new(line).poll_flush(context),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(line) => Pin::new(line).poll_shutdown(context),
            Self::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
