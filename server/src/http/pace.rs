//! How long a client may take over the body of its request.
//!
//! A limit on silence alone would let a body come a byte at a time for days, and one on the whole would cut off large files. So there is
//! patience: waiting uses it up, and what comes gives some of it back, though never more than there was in the beginning. Who sends
//! [`LEAST`] on average may go on for as long as he likes; who does not is given up: 16 KiB that come as slowly as they may are
//! here 16 s after the patience would have been over.
//!
//! Only waiting for the client counts. While the server is busy with what came, it can't complain.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes that give a second of patience back.
const LEAST: u32 = 1_024;

/// Gives a request's body the patience of this long.
pub(super) async fn keep(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    next.run(request.map(|body| Body::new(Paced::new(body, patience)))).await
}

/// The body came too slowly.
#[derive(Debug, thiserror::Error)]
#[error("it came too slowly")]
struct TooSlow;

/// A body with patience.
struct Paced {
    body: Body,
    most: Duration,
    left: Duration,
    waits_since: Option<Instant>,
    over: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    fn new(body: Body, patience: Duration) -> Self {
        Self { body, most: patience, left: patience, waits_since: None, over: None }
    }

    /// Whether it was waited for too long.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.waits_since.is_none() {
            let now = Instant::now();
            self.waits_since = Some(now);
            match &mut self.over {
                Some(over) => over.as_mut().reset(now + self.left),
                None => self.over = Some(Box::pin(sleep_until(now + self.left))),
            }
        }
        self.over.as_mut().map_or(Poll::Pending, |over| over.as_mut().poll(context))
    }

    /// Something came.
    fn reckon(&mut self, length: usize) {
        if let Some(since) = self.waits_since.take() {
            self.left = self.left.saturating_sub(since.elapsed());
        }
        let given_back = Duration::from_secs(length as u64) / LEAST;
        self.left = self.left.saturating_add(given_back).min(self.most);
    }
}

impl hyper::body::Body for Paced {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            return this.wait(context).map(|()| Some(Err(TooSlow.into())));
        };
        let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref);
        this.reckon(data.map_or(0, Bytes::len));
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::{StreamExt, stream};
    use http_body_util::BodyExt;
    use tokio::time::sleep;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A body of so many pieces of this length, each after a pause.
    fn dripping(pieces: usize, length: usize, pause: Duration) -> Paced {
        let pieces = stream::iter(0..pieces).then(move |_| async move {
            sleep(pause).await;
            Ok::<_, Infallible>(vec![b'x'; length])
        });
        Paced::new(Body::from_stream(pieces), PATIENCE)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_a_byte_at_a_time_is_given_up() {
        let begin = Instant::now();

        let end = dripping(10_000, 1, Duration::from_secs(9)).collect().await;

        assert!(end.is_err());
        assert!(begin.elapsed() <= PATIENCE + Duration::from_secs(1), "{:?}", begin.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_slowly_but_steadily_is_taken_however_long_it_is() {
        let whole = dripping(10_000, LEAST as usize, Duration::from_secs(1)).collect().await.expect("a body");

        assert_eq!(whole.to_bytes().len(), 10_000 * LEAST as usize);
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_at_once_buys_no_longer_silence() {
        let stalled = stream::iter([Ok::<_, Infallible>(vec![b'x'; 1_000_000])]).chain(stream::pending());
        let begin = Instant::now();

        let end = Paced::new(Body::from_stream(stalled), PATIENCE).collect().await;

        assert!(end.is_err());
        assert_eq!(begin.elapsed().as_secs(), PATIENCE.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_that_the_server_takes_is_not_the_clients() {
        let mut body = Paced::new(Body::from("all of it"), PATIENCE);
        sleep(PATIENCE * 2).await;

        let frame = body.frame().await.expect("a frame").expect("in time");

        assert_eq!(frame.into_data().expect("data"), "all of it");
    }
}
