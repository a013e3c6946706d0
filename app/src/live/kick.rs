//! Ends somebody's stream, as operators may.

/// What became of the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KickAnswer {
    /// The stream is asked to end.
    Asked,
    /// The server that answered has no such stream.
    Gone,
    /// Nobody answered, or not as Signalbox does.
    Unheard,
}

/// What to do with the answer.
pub(super) type OnAnswer = Box<dyn FnOnce(KickAnswer)>;

impl KickAnswer {
    /// What a status of the answer means; `None` when there was no answer.
    #[cfg(any(feature = "hydrate", test))]
    const fn of(status: Option<u16>) -> Self {
        match status {
            Some(200) => Self::Asked,
            Some(404) => Self::Gone,
            _ => Self::Unheard,
        }
    }
}

/// Asks the server.
#[cfg(feature = "hydrate")]
pub(super) fn ask(connection_id: &str, on_answer: OnAnswer) {
    let request = gloo_net::http::Request::post(&format!("/api/v1/sse/{connection_id}/kick"));
    leptos::task::spawn_local(async move {
        let answer = request.send().await;
        on_answer(KickAnswer::of(answer.ok().map(|answer| answer.status())));
    });
}

/// On the server nobody presses anything.
#[cfg(not(feature = "hydrate"))]
pub(super) fn ask(_: &str, _: OnAnswer) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_s_own_word_counts_as_one() {
        assert_eq!(KickAnswer::of(Some(200)), KickAnswer::Asked);
        assert_eq!(KickAnswer::of(Some(404)), KickAnswer::Gone);
        assert_eq!(KickAnswer::of(Some(502)), KickAnswer::Unheard);
        assert_eq!(KickAnswer::of(None), KickAnswer::Unheard);
    }
}
