//! A file to be imported. The form works before, and without, the WASM; with it the upload shows how far it is and
//! can be repeated without importing twice.

use leptos::{ev, html, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use crate::{
    components::{
        Aspect, ColumnGuide, DropZone, ModeChoice, PageHead, Signal, SignalSize, UploadProgress, drop_zone::ChosenFile,
    },
    domain::ImportMode,
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
            <ImportForm refused />
            <ColumnGuide />
        </div>
    }
}

/// The form: chooses, sends, and goes to the import.
#[component]
fn ImportForm(
    /// What went wrong with a form sent without the WASM.
    refused: Memo<Option<&'static str>>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let chosen = RwSignal::new(None::<ChosenFile>);
    let mode = RwSignal::new(ImportMode::default());
    let sending = RwSignal::new(Sending::No);
    let (sent_bytes, total_bytes) = (RwSignal::new(0), RwSignal::new(0));
    // One key for one file in one mode, however often it is tried.
    let key = StoredValue::new(None::<Uuid>);
    Effect::new(move |_| {
        mode.track();
        key.set_value(None);
    });

    let stop = move |title: &str, detail: &str| {
        sending.set(Sending::Stopped { title: title.to_owned(), detail: detail.to_owned() });
    };
    let on_choice = Callback::new(move |file: Option<ChosenFile>| {
        key.set_value(None);
        match &file {
            Some(file) if file.size_bytes > LIMIT_BYTES => {
                stop("This file is larger than 1 GiB", "Split it into smaller ones.")
            }
            Some(file) if file.size_bytes == 0 => {
                stop("This file is empty", "Choose one with a line of column names and a line for each customer.")
            }
            _ => sending.set(Sending::No),
        }
        chosen.set(file);
    });
    on_cleanup(upload::stop);
    let cancel = Callback::new(move |()| {
        upload::stop();
        stop("The upload was stopped", "Nothing was imported.");
    });

    let navigate = use_navigate();
    let on_news = move |news: UploadNews| match news {
        UploadNews::Progress { sent_bytes: sent, total_bytes: total } => {
            sent_bytes.set(sent);
            total_bytes.set(total);
        }
        UploadNews::Accepted(import_id) => {
            navigate(&format!("/imports/{import_id}"), leptos_router::NavigateOptions::default())
        }
        UploadNews::Refused(Refusal { title, detail, .. }) => stop(&title, detail.as_deref().unwrap_or_default()),
        UploadNews::Lost => stop(
            "The connection was lost",
            "Try again: the file is not imported twice. If you changed it meanwhile, choose it again.",
        ),
    };
    let on_submit = move |event: ev::SubmitEvent| {
        let file = input.get_untracked().and_then(|input| input.files()?.get(0));
        let Some(file) = file else {
            return;
        };
        event.prevent_default();
        if sending.get_untracked() == Sending::Yes {
            return;
        }
        let started = same_key(key).and_then(|key| upload::send(&file, mode.get_untracked(), key, on_news.clone()));
        match started {
            Ok(()) => {
                sent_bytes.set(0);
                total_bytes.set(chosen.get_untracked().map_or(0, |file| file.size_bytes));
                sending.set(Sending::Yes);
            }
            Err(_) => stop("The browser could not send the file", "Choose it again, and try once more."),
        }
    };

    view! {
        <form class="card import-form" method="post" action="/customers/import" enctype="multipart/form-data" on:submit=on_submit>
            {move || refused.get().map(|sentence| view! { <Trouble title="The file was not taken".to_owned() detail=sentence.to_owned() /> })}
            <DropZone input on_choice chosen limits=LIMITS />
            <ModeChoice mode />
            {move || match sending.get() {
                Sending::Stopped { title, detail } => view! { <Trouble title detail /> }.into_any(),
                Sending::Yes => view! { <UploadProgress sent_bytes total_bytes cancel /> }.into_any(),
                Sending::No => ().into_any(),
            }}
            <button type="submit" class="button button-primary button-large" aria-disabled=move || (sending.get() == Sending::Yes).then_some("true")>
                "Import customers"
            </button>
        </form>
    }
}

/// The key of the file at hand, made at the first try. Browser only.
fn same_key(key: StoredValue<Option<Uuid>>) -> Result<Uuid, wasm_bindgen::JsValue> {
    match key.get_value() {
        Some(key) => Ok(key),
        None => upload::new_key().inspect(|made| key.set_value(Some(*made))),
    }
}

/// What went wrong, and what to do.
#[component]
fn Trouble(
    /// What went wrong, in a few words.
    title: String,
    /// What to do.
    detail: String,
) -> impl IntoView {
    view! {
        <div class="note note-danger" role="alert">
            <Signal aspect=Aspect::Danger size=SignalSize::Large />
            <div>
                <p>
                    <strong>{title}</strong>
                </p>
                <p>{detail}</p>
            </div>
        </div>
    }
}

/// What the server's code means, when it sent the browser back here.
fn refusal(code: &str) -> &'static str {
    match code {
        "no_file" => "No file was chosen. Choose one and send it again.",
        "too_large" => "It is larger than 1 GiB. Split it into smaller ones.",
        "unavailable" => "Signalbox can't keep files right now. Try again in a moment.",
        _ => "Something broke while it was sent. Try again; if it happens again, the server's log tells what.",
    }
}
