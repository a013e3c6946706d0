//! How many streams the reader has open, of how many.

use serde::Deserialize;

/// The reader's streams, in all tabs and browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct StreamUse {
    /// Open now.
    #[serde(rename = "ownConnections")]
    pub used: u64,
    /// As many may be.
    #[serde(rename = "limitPerUser")]
    pub limit: u64,
}

/// What to do with the answer.
pub(super) type OnAnswer = Box<dyn FnOnce(Option<StreamUse>)>;

/// Asks the server. One that does not tell answers 404.
#[cfg(feature = "hydrate")]
pub(super) fn ask(on_answer: OnAnswer) {
    leptos::task::spawn_local(async move {
        let answer = gloo_net::http::Request::get("/api/v1/sse/stats").send().await;
        on_answer(match answer {
            Ok(answer) if answer.ok() => answer.json().await.ok(),
            _ => None,
        });
    });
}

/// On the server there is nobody to tell.
#[cfg(not(feature = "hydrate"))]
pub(super) fn ask(_: OnAnswer) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_from_among_the_other_statistics() {
        let text = r#"{"totalConnections": 7, "totalSubscriptions": 9, "ownConnections": 3, "limitPerUser": 8, "connections": []}"#;

        assert_eq!(serde_json::from_str::<StreamUse>(text).expect("readable"), StreamUse { used: 3, limit: 8 });
    }
}
