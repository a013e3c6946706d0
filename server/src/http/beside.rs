//! What of a form is held in memory: all that is not its file.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Poll,
};

use app::api::ApiError;
use axum::{body::Body, extract::Request};
use bytes::Bytes;
use futures::{StreamExt, stream};

/// What is taken of a form besides its file: its other fields, and the heads of all of them, are held in memory; and so is what has come of
/// the file and is not written yet.
const MOST_BYTES_BESIDES: u64 = 4 * 1024 * 1024;
/// What is handed over to the reader of a form at once: far less than may be held.
const BYTES_OF_A_TURN: usize = 256 * 1024;

/// Bytes of a form that have come and are not of the file, as far as that is written.
#[derive(Clone, Default)]
pub(super) struct Beside(Arc<AtomicU64>);

impl Beside {
    /// Counts what comes, and breaks off where it is too much.
    ///
    /// Who reads a form takes whatever is there before it gives anything on, and of a file more may be there than may be held. So it is
    /// handed over in turns, and between two of them it gives on what it has.
    pub(super) fn count(&self, request: Request) -> Request {
        let counted = self.clone();
        let mut in_this_turn = 0;
        request.map(|body| {
            let mut body = body.into_data_stream();
            Body::from_stream(stream::poll_fn(move |context| {
                if in_this_turn >= BYTES_OF_A_TURN {
                    in_this_turn = 0;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                let Poll::Ready(piece) = body.poll_next_unpin(context) else {
                    in_this_turn = 0;
                    return Poll::Pending;
                };
                Poll::Ready(piece.map(|piece| {
                    let piece = piece?;
                    in_this_turn += piece.len();
                    counted.0.fetch_add(piece.len() as u64, Relaxed);
                    if counted.is_too_much() { Err(axum::Error::new(FormTooLarge)) } else { Ok(piece) }
                }))
            }))
        })
    }

    /// A piece of the file is not held any more.
    pub(super) fn pass<E>(&self, piece: &Result<Bytes, E>) {
        let bytes = piece.as_ref().map_or(0, |piece| piece.len() as u64);
        self.0.fetch_sub(bytes, Relaxed);
    }

    fn is_too_much(&self) -> bool {
        self.0.load(Relaxed) > MOST_BYTES_BESIDES
    }

    /// Why a form could not be read: it is too large, or what it looked like.
    pub(super) fn blame(&self, otherwise: ApiError) -> ApiError {
        if self.is_too_much() { ApiError::BodyTooLarge } else { otherwise }
    }
}

/// A form has more beside its file than is taken.
#[derive(Debug, thiserror::Error)]
#[error("a form is too large")]
struct FormTooLarge;

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, iter};

    use axum::{
        extract::{DefaultBodyLimit, FromRequest, Multipart},
        http::header,
    };

    use super::*;

    #[tokio::test]
    async fn a_file_that_is_there_at_once_is_given_on_in_turns() {
        let head = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";
        let file = iter::repeat_n(Bytes::from(vec![b'a'; 64 * 1024]), 160);
        let pieces = iter::once(Bytes::from(head)).chain(file).chain([Bytes::from("\r\n--x--\r\n")]);
        let body = Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>)));
        let request = Request::builder().header(header::CONTENT_TYPE, "multipart/form-data; boundary=x").body(body);
        let beside = Beside::default();
        let mut request = beside.count(request.expect("a request"));
        DefaultBodyLimit::disable().apply(&mut request);

        let mut form = Multipart::from_request(request, &()).await.expect("a form");
        let mut field = form.next_field().await.expect("read").expect("a field");
        let mut size_bytes = 0;
        while let Some(piece) = field.next().await {
            beside.pass(&piece);
            size_bytes += piece.expect("read").len();
        }

        assert_eq!(size_bytes, 160 * 64 * 1024);
    }
}
