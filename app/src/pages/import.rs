//! One import: how far it is, what became of its rows, and which of them need a hand.

use jiff::Timestamp;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::address::{address, parameter};
use crate::{
    api::{
        ApiError,
        imports::{list_import_errors, load_import},
    },
    components::{
        Allowed, Announcer, Clock, Glyph, Icon, ImportCounts, ImportFacts, ImportProgress, Loaded, PageHead, Pager,
        RowErrors, TableSkeleton, figures,
    },
    domain::{ImportId, ImportRowError, ImportStatus, ImportSummary, Listing, Role, Snapshot},
    events::Topic,
    live::{ImportBoard, Live, Notice},
};

/// How often the error list is asked for again while it grows, in seconds.
const ERRORS_PACE_S: i64 = 2;

/// The page of one import.
#[component]
pub fn ImportPage() -> impl IntoView {
    let parameters = use_params_map();
    let id = Memo::new(move |_| {
        parameters.with(|parameters| parameters.get("id")).and_then(|id| id.parse::<ImportId>().ok())
    });
    let import = Resource::new_blocking(
        move || id.get(),
        async |id| match id {
            Some(id) => load_import(id).await,
            None => Err(ApiError::not_found("import")),
        },
    );
    let reload = Callback::new(move |()| import.refetch());

    view! {
        <Loaded
            resource=import
            skeleton=|| view! { <TableSkeleton rows=12 /> }
            draw=move |snapshot| view! { <Import snapshot reload /> }
        />
    }
}

/// The import, moved by its events.
#[component]
fn Import(
    /// The import as it was loaded last.
    snapshot: Memo<Snapshot<ImportSummary>>,
    /// Loads it again.
    reload: Callback<()>,
) -> impl IntoView {
    let board = RwSignal::new(ImportBoard::from(snapshot.get_untracked()));
    follow(board, snapshot, reload);
    let import = Memo::new(move |_| board.with(|board| board.import.clone()));
    let now = Clock::since(move || snapshot.with(|snapshot| snapshot.taken_at));
    let name = Memo::new(move |_| {
        import.with(|import| import.file_name.clone().unwrap_or_else(|| "File without a name".to_owned()))
    });
    let status = Memo::new(move |_| import.with(|import| import.status));
    // The server reads the title last of all, when this part of the page may be gone already.
    let first_name = name.get_untracked();
    let title = move || name.try_get().unwrap_or_else(|| first_name.clone());

    view! {
        <Title text=title />
        <PageHead
            title=name
            note=move || view! { <ImportFacts import now /> }
            actions=move || view! { <WhatNext status /> }
        />
        <ImportProgress import now />
        <ImportCounts rows=Signal::derive(move || import.with(|import| import.rows)) />
        <Announcer sentence=Signal::derive(move || import.with(sentence)) />
        <Errors import now />
    }
}

/// Moves the board by what happens from its snapshot on. Browser only.
fn follow(board: RwSignal<ImportBoard>, snapshot: Memo<Snapshot<ImportSummary>>, reload: Callback<()>) {
    let live = Live::expect();
    Effect::new(move |_| {
        let snapshot = snapshot.get();
        let cursor = snapshot.cursor.clone();
        let topic = Topic::Import(snapshot.data.import_id);
        board.set(snapshot.into());
        live.follow(vec![topic], cursor, move |notice| match notice {
            Notice::Event(event) => {
                board.maybe_update(|board| board.apply(&event));
            }
            Notice::Reset => reload.run(()),
        });
    });
}

/// Where to go when all is done.
#[component]
fn WhatNext(
    /// Where the import stands.
    status: Memo<ImportStatus>,
) -> impl IntoView {
    let is_completed = move || status.get() == ImportStatus::Completed;

    view! {
        <Show when=is_completed>
            <a class="button" href="/customers">
                <Icon glyph=Glyph::Customers />
                "See the customers"
            </a>
        </Show>
        <Allowed role=Role::Operator>
            <Show when=move || status.get().is_final()>
                <a class="button" href="/customers/import">
                    <Icon glyph=Glyph::Upload />
                    {move || if is_completed() { "Import another file" } else { "Import a mended file" }}
                </a>
            </Show>
        </Allowed>
    }
}

/// What is read aloud: each state, and each tenth of the way.
fn sentence(import: &ImportSummary) -> String {
    let done = figures::thousandths(import.bytes.read, import.bytes.total).unwrap_or(0) / 100 * 10;
    match import.status {
        ImportStatus::Queued => "The import waits for a worker.".to_owned(),
        ImportStatus::Running if import.rows.total.is_none() => "The file is checked.".to_owned(),
        ImportStatus::Running => format!("{done} percent of the file is imported."),
        ImportStatus::Completed => format!(
            "The import is completed: {} inserted, {} updated, {} failed.",
            import.rows.inserted, import.rows.updated, import.rows.failed
        ),
        ImportStatus::Failed => "The import failed.".to_owned(),
    }
}

/// The rows that could not be taken: loaded a page at a time, and again while their number grows.
#[component]
fn Errors(
    /// The import, as its events move it.
    import: Memo<ImportSummary>,
    /// Now: the pace of loading again.
    now: Memo<Timestamp>,
) -> impl IntoView {
    let query = use_query_map();
    let after = Memo::new(move |_| query.with(|query| parameter(query, "errors_after")));
    let id = Memo::new(move |_| import.with(|import| import.import_id));
    let failed = Memo::new(move |_| import.with(|import| import.rows.failed));
    let errors = Resource::new_blocking(
        move || (id.get(), after.get()),
        async |(id, after)| list_import_errors(id, after).await,
    );

    // A later page does not change: errors come in the order of the file.
    let pace = Memo::new(move |_| now.get().as_second() / ERRORS_PACE_S);
    Effect::new(move |shown: Option<(ImportId, u64)>| {
        pace.track();
        let current = (id.get(), failed.get_untracked());
        if shown.is_some_and(|shown| shown != current && shown.0 == current.0) && after.with_untracked(Option::is_none)
        {
            errors.refetch();
        }
        current
    });

    view! {
        <Show when=move || { failed.get() > 0 }>
            <section class="errors" aria-labelledby="errors-title">
                <div class="section-head">
                    <h2 id="errors-title">
                        {move || figures::counted(failed.get(), "row was not imported", "rows were not imported")}
                    </h2>
                    <a href=move || format!("/api/v1/imports/{}/errors.csv", id.get()) download rel="external">
                        <Icon glyph=Glyph::Download />
                        "Download these rows as CSV"
                    </a>
                </div>
                <Loaded
                    resource=errors
                    skeleton=|| view! { <TableSkeleton rows=6 /> }
                    draw=move |listing| view! { <ErrorPage listing id after /> }
                />
            </section>
        </Show>
    }
}

/// A page of the error list.
#[component]
fn ErrorPage(
    /// The page.
    listing: Memo<Listing<ImportRowError>>,
    /// The import.
    id: Memo<ImportId>,
    /// Which page; `None` for the first.
    after: Memo<Option<String>>,
) -> impl IntoView {
    let path = move || format!("/imports/{}", id.get());
    let first = Signal::derive(move || after.with(Option::is_some).then(path));
    let next = Signal::derive(move || {
        let next = listing.with(|listing| listing.next.clone());
        next.map(|next| address(&path(), &[("errors_after", Some(&next))]))
    });

    view! {
        <RowErrors errors=Signal::derive(move || listing.with(|listing| listing.items.clone())) />
        <Pager label="Pages of rows that were not imported" first next />
    }
}
