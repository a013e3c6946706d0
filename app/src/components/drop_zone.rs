//! Where a file is dropped or chosen. The browser's own file input does the work: with the keyboard, with a screen
//! reader, and before the WASM is there.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{Glyph, Icon, figures};

/// What is known of the chosen file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenFile {
    /// Its name on this machine.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
}

/// A card that takes a file.
#[component]
pub fn DropZone(
    /// The file input, for whoever sends the file.
    input: NodeRef<html::Input>,
    /// Told of every file that is chosen, dropped, or taken back.
    on_choice: Callback<Option<ChosenFile>>,
    /// The chosen file.
    #[prop(into)]
    chosen: Signal<Option<ChosenFile>>,
    /// What a file may be, in a sentence.
    limits: &'static str,
) -> impl IntoView {
    let is_over = RwSignal::new(false);
    let tell = move || on_choice.run(input.get_untracked().and_then(|input| chosen_file(&input)));

    // The file may have been chosen before this code came.
    Effect::new(move |_| tell());

    let on_drop = move |event: ev::DragEvent| {
        event.prevent_default();
        is_over.set(false);
        let files = event.data_transfer().and_then(|transfer| transfer.files()).filter(|files| files.length() > 0);
        if let (Some(input), Some(files)) = (input.get_untracked(), files) {
            input.set_files(Some(&files));
            tell();
        }
    };

    view! {
        <div
            class="drop-zone"
            class:is-over=is_over
            on:dragover=move |event| {
                event.prevent_default();
                is_over.set(true);
            }
            on:dragleave=move |event| {
                if left_for_outside(&event) {
                    is_over.set(false);
                }
            }
            on:drop=on_drop
        >
            <Icon glyph=Glyph::File />
            <label class="drop-zone-label" for="file">
                "CSV file"
            </label>
            <p class="drop-zone-chosen" aria-live="polite">
                {move || match chosen.get() {
                    Some(file) => {
                        view! {
                            <strong>{file.name}</strong>
                            " "
                            <span class="muted">{figures::size(file.size_bytes)}</span>
                        }
                            .into_any()
                    }
                    None => {
                        view! {
                            <span class="muted needs-script">"Drop it anywhere on this card, or choose it."</span>
                        }
                            .into_any()
                    }
                }}
            </p>
            <input
                id="file"
                type="file"
                name="file"
                accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
                required
                aria-describedby="file-limits"
                node_ref=input
                on:change=move |_| tell()
            />
            <p class="muted" id="file-limits">
                {limits}
            </p>
        </div>
    }
}

fn chosen_file(input: &web_sys::HtmlInputElement) -> Option<ChosenFile> {
    let file = input.files()?.get(0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a file's size is a whole number")]
    let size_bytes = file.size() as u64;
    Some(ChosenFile { name: file.name(), size_bytes })
}

/// A drag that moves from the card to something in it leaves the card, too, for the browser.
fn left_for_outside(event: &ev::DragEvent) -> bool {
    let card = event.current_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
    let next = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
    card.is_none_or(|card| !card.contains(next.as_ref()))
}
