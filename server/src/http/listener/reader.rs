//! The time that a client of HTTP/2 has to take what is sent to it.
//!
//! Its connection may be whole, and take other answers, while one of them waits: each has a window of its own. So each answer is looked
//! after by itself, and whoever does not read one loses that one. An answer leaves in pieces, and the next is asked for when the client
//! has taken the one before, all but one at most: a piece that was given, and is not followed by another question, is what it has not
//! taken. Of an answer that has ended HTTP/2 may still hold a piece, for as long as the connection lasts.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use hyper::{
    body::{Body as HttpBody, Frame, SizeHint},
    rt::Executor,
};
use tokio::time::Instant;

/// The largest piece: what has to be taken in the time that a client has.
const PIECE: usize = 4 * 1024;
/// In how many looks the time is divided.
const LOOKS: u32 = 4;

tokio::task_local! {
    /// The reader of the answer that a task is for.
    static READER: Arc<Reader>;
}

/// Who reads one answer.
#[derive(Default)]
struct Reader {
    /// Since when it has something to take; `None` while it has room.
    owes_since: Mutex<Option<Instant>>,
}

impl Reader {
    fn owes_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.owes_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when it has taken nothing for so long.
    async fn stops(&self, reading: Duration) {
        loop {
            tokio::time::sleep(reading / LOOKS).await;
            if self.owes_since().is_some_and(|since| since.elapsed() >= reading) {
                return;
            }
        }
    }
}

/// Runs what a connection does for each of its answers, as long as the answer is read.
#[derive(Clone, Copy)]
pub(super) struct WhileRead {
    pub(super) reading: Duration,
}

impl<F> Executor<F> for WhileRead
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, answering: F) {
        let (reader, reading) = (Arc::<Reader>::default(), self.reading);
        tokio::spawn(async move {
            tokio::select! {
                _ = READER.scope(Arc::clone(&reader), answering) => {}
                // What is dropped is told to the client as broken off.
                () = reader.stops(reading) => tracing::info!("an answer that was not read was broken off"),
            }
        });
    }
}

/// An answer in pieces, of which is noted how they are taken.
pub(super) fn watched(body: Body) -> Body {
    match READER.try_with(Arc::clone) {
        Ok(reader) => {
            *reader.owes_since() = Some(Instant::now());
            Body::new(Watched { body, rest: Bytes::new(), reader })
        }
        Err(_) => body,
    }
}

struct Watched {
    body: Body,
    /// What is left of a piece that was too large.
    rest: Bytes,
    reader: Arc<Reader>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        *this.reader.owes_since() = None;
        if this.rest.is_empty() {
            let frame = match std::task::ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                ended => return Poll::Ready(ended),
            };
            match frame.into_data() {
                Ok(data) => this.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        *this.reader.owes_since() = Some(Instant::now());
        Poll::Ready(Some(Ok(Frame::data(this.rest.split_to(this.rest.len().min(PIECE))))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (of_body, mut hint) = (self.body.size_hint(), SizeHint::new());
        let rest = u64::try_from(self.rest.len()).unwrap_or_default();
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(of_body.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_leaves_in_pieces_and_knows_what_is_left_of_it() {
        let length = 2 * PIECE + 1;
        let watch = async { watched(Body::from(vec![b'x'; length])) };
        let mut body = READER.scope(Arc::default(), watch).await;

        for left in [PIECE + 1, 1, 0] {
            assert!(!body.is_end_stream());
            body.frame().await.expect("a piece").expect("read");
            assert_eq!(body.size_hint().exact(), Some(left as u64));
        }

        assert!(body.is_end_stream());
        assert!(body.frame().await.is_none());
    }
}
