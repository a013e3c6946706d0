//! Sends a file and tells how far it is. `fetch` can't tell the progress of what it sends, so this is the one place
//! with an `XMLHttpRequest`. Browser only: on the server nothing is ever sent.
//!
//! A tab sends one file at a time. What is under way is kept here, not in the page: the browser's objects may not
//! leave their thread, and on the server a page moves between threads.

use std::cell::RefCell;

use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{FormData, ProgressEvent, XmlHttpRequest};

use crate::domain::{ImportId, ImportMode};

/// What becomes of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadNews {
    /// More bytes are on their way.
    Progress {
        /// Bytes so far.
        sent_bytes: u64,
        /// Bytes in all, the form around the file included.
        total_bytes: u64,
    },
    /// The server keeps the file, and has queued its import.
    Accepted(ImportId),
    /// The server does not take it.
    Refused(Refusal),
    /// There was no answer. The same key makes a second try safe, whatever became of the first.
    Lost,
}

/// Why the server does not take a file (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// What is wrong, in a few words.
    pub title: String,
    /// What to change.
    #[serde(default)]
    pub detail: Option<String>,
    /// The stable name.
    #[serde(default)]
    pub code: Option<String>,
}

/// The fields of the server's 202 that the page uses.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    import_id: ImportId,
}

/// An upload under way. It ends when this is dropped.
struct Upload {
    request: XmlHttpRequest,
    _on_progress: Closure<dyn Fn(ProgressEvent)>,
    _on_end: Closure<dyn Fn()>,
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.request.set_onloadend(None);
        // Stopping what has ended already does nothing.
        let _ = self.request.abort();
    }
}

thread_local! {
    static UNDER_WAY: RefCell<Option<Upload>> = const { RefCell::new(None) };
}

/// Sends a file to be imported; what was under way before is stopped. `key` is the `Idempotency-Key`: the same for
/// every try with the same file.
///
/// `on_news` is called until it was told of an end: accepted, refused or lost.
///
/// # Errors
/// The browser's own refusal, when it does not even try.
pub fn send(
    file: &web_sys::File,
    mode: ImportMode,
    key: Uuid,
    on_news: impl Fn(UploadNews) + Clone + 'static,
) -> Result<(), JsValue> {
    stop();
    let request = XmlHttpRequest::new()?;
    request.open("POST", &format!("/api/v1/customers/import?mode={}", mode.as_str()))?;
    request.set_request_header("Accept", "application/json")?;
    request.set_request_header("Idempotency-Key", &key.to_string())?;

    let on_progress = Closure::<dyn Fn(ProgressEvent)>::new({
        let on_news = on_news.clone();
        move |event: ProgressEvent| {
            on_news(UploadNews::Progress { sent_bytes: whole(event.loaded()), total_bytes: whole(event.total()) });
        }
    });
    request.upload()?.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));

    let on_end = Closure::<dyn Fn()>::new({
        let request = request.clone();
        move || {
            let status = request.status().unwrap_or(0);
            let body = request.response_text().ok().flatten().unwrap_or_default();
            on_news(answer(status, &body));
        }
    });
    request.set_onloadend(Some(on_end.as_ref().unchecked_ref()));

    let form = FormData::new()?;
    form.append_with_blob_and_filename("file", file, &file.name())?;
    request.send_with_opt_form_data(Some(&form))?;
    UNDER_WAY.set(Some(Upload { request, _on_progress: on_progress, _on_end: on_end }));
    Ok(())
}

/// Stops what is under way, if anything is. Its listener hears no more.
pub fn stop() {
    // Taken out first: stopping calls back.
    let upload = UNDER_WAY.take();
    drop(upload);
}

/// A key that nobody else has. Browser only; `crypto.randomUUID` is not there on plain HTTP, so it is made by hand.
///
/// # Errors
/// The browser's own refusal.
pub fn new_key() -> Result<Uuid, JsValue> {
    let mut bytes = [0; 16];
    leptos::prelude::window().crypto()?.get_random_values_with_u8_array(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

/// What an answer means. Status 0 is no answer.
fn answer(status: u16, body: &str) -> UploadNews {
    match status {
        0 | 502..=504 if serde_json::from_str::<Refusal>(body).is_err() => UploadNews::Lost,
        200..300 => match serde_json::from_str::<Accepted>(body) {
            Ok(accepted) => UploadNews::Accepted(accepted.import_id),
            Err(_) => UploadNews::Lost,
        },
        _ => UploadNews::Refused(serde_json::from_str(body).unwrap_or_else(|_| Refusal {
            title: format!("The server answered with status {status}"),
            detail: None,
            code: None,
        })),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "browsers count bytes in whole numbers")]
const fn whole(bytes: f64) -> u64 {
    bytes as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_file_has_an_import() {
        let body = r#"{"importId":"0190d6c8-7c4b-7000-8000-000000000001","jobId":"j","status":"queued"}"#;

        let id = "0190d6c8-7c4b-7000-8000-000000000001".parse().expect("a UUID");
        assert_eq!(answer(202, body), UploadNews::Accepted(id));
    }

    #[test]
    fn a_refusal_says_what_the_server_said() {
        let body = r#"{"title":"Too large","detail":"Split it.","code":"too_large","status":413}"#;

        let UploadNews::Refused(refusal) = answer(413, body) else {
            panic!("refused");
        };
        assert_eq!((refusal.title.as_str(), refusal.code.as_deref()), ("Too large", Some("too_large")));
    }

    #[test]
    fn no_answer_and_a_proxy_in_between_are_a_lost_connection() {
        assert_eq!(answer(0, ""), UploadNews::Lost);
        assert_eq!(answer(502, "<html>Bad Gateway</html>"), UploadNews::Lost);
        assert_eq!(answer(200, "<html>Welcome</html>"), UploadNews::Lost);
    }

    #[test]
    fn an_answer_without_words_is_still_told() {
        let UploadNews::Refused(refusal) = answer(418, "") else {
            panic!("refused");
        };
        assert_eq!(refusal.title, "The server answered with status 418");
    }
}
