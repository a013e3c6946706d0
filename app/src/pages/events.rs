//! The event log: the latest events as they come, sifted by the address, and older ones page by page.

use leptos::{ev, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    address::{address, parameter},
    event_desk::Desk,
    event_steps::{NoEvents, Steps, event_address},
    look_back::LookBack,
};
use crate::{
    api::events::list_events,
    components::{Announcer, EventFilters, EventList, Glyph, Icon, Loaded, PageHead, TableSkeleton, figures},
    domain::{EventPage, EventQuery, Sieve, Snapshot},
    events::Topic,
    live::{EventBoard, Live, Notice, Waiting},
};

/// The page of events.
#[component]
pub fn EventsPage() -> impl IntoView {
    let parameters = use_query_map();
    let query = Memo::new(move |_| {
        parameters.with(|parameters| EventQuery {
            topics: parameter(parameters, "topics"),
            kind: parameter(parameters, "type"),
            text: parameter(parameters, "q"),
            before: parameter(parameters, "before"),
        })
    });
    let events = Resource::new_blocking(move || query.get(), list_events);
    let reload = Callback::new(move |()| events.refetch());
    let is_pending = RwSignal::new(false);
    // In this order: the first run leaves it false.
    Effect::new(move |_| {
        query.track();
        is_pending.set(true);
    });
    Effect::new(move |_| {
        events.track();
        is_pending.set(false);
    });

    view! {
        <Title text="Events" />
        <PageHead title="Events" note=|| "All that happens, as it is told, newest first." />
        <EventFilters query address_of=Callback::new(|query: EventQuery| event_address(&query)) />
        <LookBack />
        <div class="pending-area" class:is-pending=is_pending>
            <Loaded
                resource=events
                skeleton=|| view! { <TableSkeleton rows=20 /> }
                draw=move |snapshot| view! { <Events snapshot query reload /> }
            />
        </div>
    }
}

/// The list, moved by what happens.
#[component]
fn Events(
    /// The events as they were loaded last.
    snapshot: Memo<Snapshot<EventPage>>,
    /// What was asked for.
    query: Memo<EventQuery>,
    /// Loads them again.
    reload: Callback<()>,
) -> impl IntoView {
    let first = snapshot.get_untracked();
    let today_ms = first.taken_at.as_millisecond();
    let desk = Desk::new(board(first, query));
    follow(desk, snapshot, query, reload);
    let is_empty = Memo::new(move |_| desk.lines.with(Vec::is_empty));
    let is_latest = Memo::new(move |_| query.with(|query| query.before.is_none()));
    let topics = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.topics.clone()));
    let address_of = Callback::new(|topic: Topic| address("/events", &[("topics", Some(&topic.to_string()))]));
    let on_pointer = move |is_there| {
        move |event: ev::PointerEvent| {
            // A finger does not rest on anything.
            desk.is_pointed_at.set(is_there && event.pointer_type() == "mouse");
        }
    };

    view! {
        <Show when=move || is_latest.get()>
            <Bar desk topics />
        </Show>
        <NewEvents desk />
        <div on:pointerenter=on_pointer(true) on:pointerleave=on_pointer(false)>
            {move || {
                if is_empty.get() {
                    view! { <NoEvents query older=desk.older /> }.into_any()
                } else {
                    view! { <EventList lines=desk.lines opened=desk.opened today_ms address_of /> }.into_any()
                }
            }}
        </div>
        <Steps query older=desk.older />
    }
}

fn board(snapshot: Snapshot<EventPage>, query: Memo<EventQuery>) -> EventBoard {
    // What can't be asked for was refused by the server, and gave no snapshot.
    EventBoard::new(snapshot, query.with_untracked(Sieve::of).unwrap_or_default())
}

/// Moves the list by what happens from its snapshot on. Browser only.
fn follow(desk: Desk, snapshot: Memo<Snapshot<EventPage>>, query: Memo<EventQuery>, reload: Callback<()>) {
    let live = Live::expect();
    Effect::new(move |_| {
        let snapshot = snapshot.get();
        let (topics, cursor) = (snapshot.data.topics.clone(), snapshot.cursor.clone());
        desk.put(board(snapshot, query));
        if !topics.is_empty() {
            live.follow(topics, cursor, move |notice| match notice {
                Notice::Event(envelope) => desk.hear(&envelope),
                Notice::Reset => reload.run(()),
            });
        }
    });
    desk.let_go();
}

/// Pauses and goes on, and says what is listened to.
#[component]
fn Bar(
    /// The desk.
    desk: Desk,
    /// What is listened to.
    topics: Memo<Vec<Topic>>,
) -> impl IntoView {
    let is_paused = desk.is_paused;
    let names = move || topics.with(|topics| topics.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    let count = move || topics.with(|topics| figures::counted(topics.len() as u64, "topic", "topics"));

    view! {
        <div class="events-bar">
            <button
                type="button"
                class="button needs-script"
                aria-pressed=move || if is_paused.get() { "true" } else { "false" }
                on:click=move |_| is_paused.update(|is_paused| *is_paused = !*is_paused)
            >
                <Icon glyph=Glyph::Pause />
                "Pause"
            </button>
            <details class="followed">
                <summary>"Listens to " {count}</summary>
                <p>{names}</p>
                <p class="muted">
                    "What is told elsewhere is in the log, and here once the page is loaded again. Name a topic above to hear it from its \
                    first word on."
                </p>
            </details>
        </div>
    }
}

/// What waits, and a button that shows it.
#[component]
fn NewEvents(
    /// The desk.
    desk: Desk,
) -> impl IntoView {
    let waiting = desk.waiting;
    let words = move || match waiting.get() {
        Waiting { count, let_go: 0 } => format!("{} new", figures::thousands(count)),
        Waiting { count, let_go } => {
            format!("{} new, and {} more in the log", figures::thousands(count), figures::thousands(let_go))
        }
    };
    let show = move |_| {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        desk.show();
    };
    // A count would be read aloud with each event.
    let sentence = move || if waiting.get().count > 0 { "New events wait.".to_owned() } else { String::new() };

    view! {
        <div class="news">
            <button
                type="button"
                class="button news-button"
                data-testid="new-events"
                hidden=move || waiting.get().count == 0
                on:click=show
            >
                <Icon glyph=Glyph::Up />
                <span class="number">{words}</span>
            </button>
        </div>
        <Announcer sentence=Signal::derive(sentence) />
    }
}
