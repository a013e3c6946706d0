//! How far an upload is.

use leptos::prelude::*;

use super::{Announcer, Aspect, ProgressBar, figures};

/// A bar, the bytes, and a way to stop.
#[component]
pub fn UploadProgress(
    /// Bytes on their way so far.
    #[prop(into)]
    sent_bytes: Signal<u64>,
    /// Bytes in all.
    #[prop(into)]
    total_bytes: Signal<u64>,
    /// Stops the upload.
    cancel: Callback<()>,
) -> impl IntoView {
    let share = Memo::new(move |_| figures::thousandths(sent_bytes.get(), total_bytes.get()));
    let is_sent = Memo::new(move |_| share.get() == Some(1000));
    let sentence = Memo::new(move |_| match share.get() {
        Some(1000) => "Sent. Waiting for the server.".to_owned(),
        share => format!("{} percent sent", share.unwrap_or(0) / 100 * 10),
    });

    view! {
        <div class="upload">
            <ProgressBar label="Upload" thousandths=share aspect=Aspect::Clear test_id="upload-progress" />
            <div class="upload-line">
                <span class="number">
                    {move || format!("{} of {}", figures::size(sent_bytes.get()), figures::size(total_bytes.get()))}
                </span>
                // What has arrived whole may be accepted already: then there is nothing to stop any more.
                <Show when=move || !is_sent.get() fallback=|| view! { <span>"Sent. Waiting for the server."</span> }>
                    <button type="button" class="button" on:click=move |_| cancel.run(())>
                        "Stop the upload"
                    </button>
                </Show>
            </div>
            <Announcer sentence />
        </div>
    }
}
