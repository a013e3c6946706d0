//! The plainest server of events that axum gives: its `Sse` over a broadcast channel, with no log, no topics and no resuming.
//!
//! It prints where it is. `GET /stream` streams; `POST /publish` takes an event.

use std::convert::Infallible;

use axum::{
    Router,
    extract::State,
    response::sse::{Event, Sse},
    routing::{get, post},
};
use futures::{Stream, stream};
use tokio::{
    net::TcpListener,
    sync::broadcast::{Sender, error::RecvError},
};

/// Events that a listener may be behind.
const BEHIND: usize = 65_536;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let router = Router::new().route("/stream", get(listen)).route("/publish", post(publish)).with_state(Sender::<
        String,
    >::new(
        BEHIND
    ));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening at http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn listen(State(sender): State<Sender<String>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(stream::unfold(sender.subscribe(), async |mut receiver| {
        loop {
            match receiver.recv().await {
                Ok(text) => return Some((Ok(Event::default().data(text)), receiver)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }))
}

async fn publish(State(sender): State<Sender<String>>, event: String) {
    // Nobody listens: nobody misses it.
    let _ = sender.send(event);
}
