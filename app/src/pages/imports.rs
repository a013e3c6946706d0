//! Imports: the list, newest first. Rows change in place; new ones come in while nobody reads further down.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::address::{address, parameter};
use crate::{
    api::imports::list_imports,
    components::{
        Allowed, Clock, EmptyState, Glyph, Icon, ImportRow, Loaded, NewsButton, PageHead, Pager, TableSkeleton,
        figures, news_button::is_at_top,
    },
    domain::{ImportId, ImportSummary, Listing, Role, Snapshot},
    events::Topic,
    live::{ImportsBoard, Live, Notice},
};

/// The page of imports.
#[component]
pub fn ImportsPage() -> impl IntoView {
    let query = use_query_map();
    let before = Memo::new(move |_| query.with(|query| parameter(query, "before")));
    let imports = Resource::new_blocking(move || before.get(), list_imports);
    let reload = Callback::new(move |()| imports.refetch());

    view! {
        <Title text="Imports" />
        <PageHead
            title="Imports"
            note=|| "Every file that was imported, newest first."
            actions=|| {
                view! {
                    <Allowed role=Role::Operator>
                        <a class="button button-primary" href="/customers/import">
                            <Icon glyph=Glyph::Upload />
                            "Import a file"
                        </a>
                    </Allowed>
                }
            }
        />
        <Loaded
            resource=imports
            skeleton=|| view! { <TableSkeleton rows=12 /> }
            draw=move |snapshot| view! { <Imports snapshot before reload /> }
        />
    }
}

/// The list, moved by its events.
#[component]
fn Imports(
    /// The list as it was loaded last.
    snapshot: Memo<Snapshot<Listing<ImportSummary>>>,
    /// Which page of it; `None` for the first.
    before: Memo<Option<String>>,
    /// Loads it again.
    reload: Callback<()>,
) -> impl IntoView {
    let board = RwSignal::new(ImportsBoard::from(snapshot.get_untracked()));
    follow(board, snapshot, reload);
    let first = Signal::derive(move || before.with(Option::is_some).then(|| "/imports".to_owned()));
    let next = Signal::derive(move || {
        let next = board.with(|board| board.listing.next.clone());
        next.map(|next| address("/imports", &[("before", Some(&next))]))
    });
    let is_empty = Memo::new(move |_| board.with(|board| board.listing.items.is_empty()));

    view! {
        <NewImports board before reload />
        {move || {
            if is_empty.get() {
                view! { <NoImports before /> }.into_any()
            } else {
                view! { <ImportsTable board snapshot /> }.into_any()
            }
        }}
        <Pager label="Pages of imports" first next />
    }
}

/// Moves the board by what happens from its snapshot on. Browser only.
fn follow(board: RwSignal<ImportsBoard>, snapshot: Memo<Snapshot<Listing<ImportSummary>>>, reload: Callback<()>) {
    let live = Live::expect();
    Effect::new(move |_| {
        let snapshot = snapshot.get();
        let cursor = snapshot.cursor.clone();
        board.set(snapshot.into());
        live.follow(vec![Topic::Imports], cursor, move |notice| match notice {
            Notice::Event(event) => {
                board.maybe_update(|board| board.apply(&event));
            }
            Notice::Reset => reload.run(()),
        });
    });
}

/// What came since: by itself while the reader is at the top of the first page, behind a button else.
#[component]
fn NewImports(
    /// The list.
    board: RwSignal<ImportsBoard>,
    /// Which page of it; a later one has no news, for what is new belongs to the first.
    before: Memo<Option<String>>,
    /// Loads it again.
    reload: Callback<()>,
) -> impl IntoView {
    let newer = Memo::new(move |_| {
        let is_first = before.with(Option::is_none);
        board.with(|board| if is_first { board.newer.len() as u64 } else { 0 })
    });
    Effect::new(move |_| {
        if newer.get() > 0 && is_at_top() {
            reload.run(());
        }
    });
    let news =
        Signal::derive(move || (newer.get() > 0).then(|| figures::counted(newer.get(), "new import", "new imports")));
    let show = Callback::new(move |()| {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        reload.run(());
    });

    view! { <NewsButton news show /> }
}

/// The rows.
#[component]
fn ImportsTable(
    /// The list.
    board: RwSignal<ImportsBoard>,
    /// Tells when the list was true.
    snapshot: Memo<Snapshot<Listing<ImportSummary>>>,
) -> impl IntoView {
    let now = Clock::since(move || snapshot.with(|snapshot| snapshot.taken_at));
    let ids = Memo::new(move |_| {
        board.with(|board| board.listing.items.iter().map(|import| import.import_id).collect::<Vec<_>>())
    });
    let row = move |id: ImportId| {
        let found =
            move || board.with(|board| board.listing.items.iter().find(|import| import.import_id == id).cloned());
        // A row on its way out keeps its last values.
        untrack(found).map(|first| {
            let import = Memo::new(move |before: Option<&ImportSummary>| {
                found().or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
            });
            view! { <ImportRow import now /> }
        })
    };

    view! {
        <table class="table table-imports">
            <caption class="visually-hidden">"Imports, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"File"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="is-figure">
                        "Rows"
                    </th>
                    <th scope="col" class="is-figure">
                        "Failed"
                    </th>
                    <th scope="col" class="is-figure">
                        "Rows/s"
                    </th>
                    <th scope="col">"Started"</th>
                    <th scope="col" class="is-figure">
                        "Duration"
                    </th>
                </tr>
            </thead>
            <tbody>
                <For each=move || ids.get() key=|id| *id children=row />
            </tbody>
        </table>
    }
}

/// Nothing yet, or nothing more.
#[component]
fn NoImports(
    /// Which page of the list; `None` for the first.
    before: Memo<Option<String>>,
) -> impl IntoView {
    let is_first = before.with_untracked(Option::is_none);

    if is_first {
        view! {
            <EmptyState glyph=Glyph::Imports title="No file was imported yet">
                <Allowed
                    role=Role::Operator
                    fallback=|| {
                        view! { <p>"When an operator imports a file, its rows appear here as they are read."</p> }
                    }
                >
                    <p>"Bring a CSV file with customers. Its rows appear here as they are read."</p>
                    <a class="button" href="/customers/import">
                        "Import a file"
                    </a>
                </Allowed>
            </EmptyState>
        }
        .into_any()
    } else {
        view! {
            <EmptyState glyph=Glyph::Imports title="No older imports">
                <p>"Nothing was imported before this point."</p>
            </EmptyState>
        }
        .into_any()
    }
}
