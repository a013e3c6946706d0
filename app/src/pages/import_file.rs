//! A file to be imported. The form works before, and without, the WASM; with it the upload shows how far it is and
//! can be repeated without importing twice.

use leptos::{ev, html, prelude::*};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use uuid::Uuid;

use crate::{
    components::{
        Allowed, ColumnGuide, DropZone, ModeChoice, NeedsRole, PageHead, Trouble, UploadProgress, drop_zone::ChosenFile,
    },
    domain::{ImportId, ImportMode, Role},
    live::upload::{self, Refusal, UploadNews},
};

/// What a file may be.
const LIMITS: &str = "Up to 1 GiB, with a line of column names. Commas, semicolons or tabs.";
/// The size that the server takes.
const LIMIT_BYTES: u64 = 1 << 30;

/// Where the sending stands.
#[derive(Clone, Debug, PartialEq)]
enum Sending {
    /// Nothing is under way.
    No,
    /// Bytes are on their way.
    Yes,
    /// It did not work: what is wrong, and what to do.
    Stopped { title: String, detail: String },
}

/// The page to import a file.
#[component]
pub fn ImportFilePage() -> impl IntoView {
    let query = use_query_map();
    let refused = Memo::new(move |_| query.with(|query| query.get("refused")).map(|code| refusal(&code)));

    view! {
        <Title text="Import a file" />
        <PageHead title="Import a file" note=|| "Customers from a CSV file, as many as you have." />
        <div class="import-file">
            <Allowed
                role=Role::Operator
                fallback=|| view! { <NeedsRole role=Role::Operator title="You may look, not import" /> }
            >
                <ImportForm refused />
            </Allowed>
            <ColumnGuide />
        </div>
    }
}

/// What the form knows of the file and its way to the server.
#[derive(Clone, Copy)]
struct Desk {
    input: NodeRef<html::Input>,
    chosen: RwSignal<Option<ChosenFile>>,
    mode: RwSignal<ImportMode>,
    sending: RwSignal<Sending>,
    sent_bytes: RwSignal<u64>,
    total_bytes: RwSignal<u64>,
    /// One key for one file in one mode, however often it is tried.
    key: StoredValue<Option<Uuid>>,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            input: NodeRef::new(),
            chosen: RwSignal::new(None),
            mode: RwSignal::new(ImportMode::default()),
            sending: RwSignal::new(Sending::No),
            sent_bytes: RwSignal::new(0),
            total_bytes: RwSignal::new(0),
            key: StoredValue::new(None),
        };
        Effect::new(move |_| {
            desk.mode.track();
            desk.key.set_value(None);
        });
        on_cleanup(upload::stop);
        desk
    }

    fn choose(self, file: Option<ChosenFile>) {
        self.key.set_value(None);
        match file.as_ref().map(|file| file.size_bytes) {
            Some(0) => self
                .trouble("This file is empty", "Choose one with a line of column names and a line for each customer."),
            Some(size_bytes) if size_bytes > LIMIT_BYTES => {
                self.trouble("This file is larger than 1 GiB", "Split it into smaller ones.");
            }
            _ => self.sending.set(Sending::No),
        }
        self.chosen.set(file);
    }

    /// Sends the file that the form has. Browser only.
    fn send(self, file: &web_sys::File, on_news: impl Fn(UploadNews) + Clone + 'static) {
        let started =
            self.key_of_this_file().and_then(|key| upload::send(file, self.mode.get_untracked(), key, on_news));
        if started.is_err() {
            self.trouble("The browser could not send the file", "Choose it again, and try once more.");
            return;
        }
        self.sent_bytes.set(0);
        self.total_bytes.set(self.chosen.with_untracked(|file| file.as_ref().map_or(0, |file| file.size_bytes)));
        self.sending.set(Sending::Yes);
    }

    /// Made at the first try. Browser only.
    fn key_of_this_file(self) -> Result<Uuid, wasm_bindgen::JsValue> {
        match self.key.get_value() {
            Some(key) => Ok(key),
            None => upload::new_key().inspect(|made| self.key.set_value(Some(*made))),
        }
    }

    /// Takes news of the upload; returns the import once there is one.
    fn hear(self, news: UploadNews) -> Option<ImportId> {
        match news {
            UploadNews::Progress { sent_bytes, total_bytes } => {
                self.sent_bytes.set(sent_bytes);
                self.total_bytes.set(total_bytes);
            }
            UploadNews::Accepted(import_id) => return Some(import_id),
            UploadNews::Refused(Refusal { title, detail, code }) => {
                // The file changed since its key was made: it is another file now.
                if code.as_deref() == Some("idempotency_key_reused") {
                    self.key.set_value(None);
                }
                self.trouble("The file was not taken", &detail.unwrap_or(title));
            }
            UploadNews::Lost => self.trouble(
                "The connection was lost",
                "Try again: the file is not imported twice. If you changed it meanwhile, choose it again.",
            ),
        }
        None
    }

    fn cancel(self) {
        upload::stop();
        self.trouble("The upload was stopped", "Nothing was imported.");
    }

    fn trouble(self, title: &str, detail: &str) {
        self.sending.set(Sending::Stopped { title: title.to_owned(), detail: detail.to_owned() });
    }
}

/// The form: chooses, sends, and goes to the import.
#[component]
fn ImportForm(
    /// What went wrong with a form sent without the WASM.
    refused: Memo<Option<&'static str>>,
) -> impl IntoView {
    let desk = Desk::new();
    let navigate = use_navigate();
    let on_news = move |news| {
        if let Some(import_id) = desk.hear(news) {
            navigate(&format!("/imports/{import_id}"), NavigateOptions::default());
        }
    };
    let on_submit = move |event: ev::SubmitEvent| {
        // Without a file the browser itself asks for one.
        if let Some(file) = desk.input.get_untracked().and_then(|input| input.files()?.get(0)) {
            event.prevent_default();
            if desk.sending.with_untracked(|sending| *sending != Sending::Yes) {
                desk.send(&file, on_news.clone());
            }
        }
    };

    view! {
        <form
            class="card import-form"
            method="post"
            action="/customers/import"
            enctype="multipart/form-data"
            on:submit=on_submit
        >
            {move || refused.get().map(|detail| view! { <Trouble title="The file was not taken" detail /> })}
            // Before the file: a server that reads the form as it streams knows the mode when the file comes.
            <ModeChoice mode=desk.mode />
            <DropZone
                input=desk.input
                chosen=desk.chosen
                on_choice=Callback::new(move |file| desk.choose(file))
                limits=LIMITS
            />
            {move || match desk.sending.get() {
                Sending::No => ().into_any(),
                Sending::Stopped { title, detail } => view! { <Trouble title detail /> }.into_any(),
                Sending::Yes => {
                    view! {
                        <UploadProgress
                            sent_bytes=desk.sent_bytes
                            total_bytes=desk.total_bytes
                            cancel=Callback::new(move |()| desk.cancel())
                        />
                    }
                        .into_any()
                }
            }}
            <button
                type="submit"
                class="button button-primary button-large"
                aria-disabled=move || (desk.sending.get() == Sending::Yes).then_some("true")
            >
                "Import customers"
            </button>
        </form>
    }
}

/// What the server's code means, when it sent the browser back here.
fn refusal(code: &str) -> &'static str {
    match code {
        "no_file" => "No file was chosen. Choose one and send it again.",
        "too_large" => "It is larger than 1 GiB. Split it into smaller ones.",
        "too_many_uploads" => {
            "You are sending other files already. Wait until one of them is there, then send this one."
        }
        "unavailable" => "Signalbox can't keep files right now. Try again in a moment.",
        _ => "Something broke while it was sent. Try again; if it happens again, the server's log tells what.",
    }
}
