//! Streams: who listens on this server, how far each is, and the way to end one. For operators.
//!
//! No topic tells of streams: each of its events would move all who listen. So the page asks again every two seconds, for as long as
//! somebody looks and the server is there.

use std::{collections::BTreeSet, time::Duration};

use leptos::{html, prelude::*};
use leptos_meta::Title;
use web_sys::VisibilityState;

use crate::{
    api::streams::load_streams,
    components::{
        Allowed, Clock, EmptyState, Glyph, Icon, Loaded, NeedsRole, PageHead, StreamRow, StreamTotals, TableSkeleton,
        figures, spans,
    },
    domain::{ConnectionStats, Role, Snapshot, StreamStats},
    live::{ConnectionState, KickAnswer, Live},
};

/// How often it asks.
const PACE: Duration = Duration::from_secs(2);

/// The page of streams. Whoever may not see it asks nothing.
#[component]
pub fn StreamsPage() -> impl IntoView {
    view! {
        <Title text="Streams" />
        <Allowed
            role=Role::Operator
            fallback=|| {
                view! {
                    <PageHead title="Streams" />
                    <NeedsRole role=Role::Operator title="Streams are for operators" />
                }
            }
        >
            <StreamsForOperators />
        </Allowed>
    }
}

/// Loads the streams.
#[component]
fn StreamsForOperators() -> impl IntoView {
    let streams = Resource::new_blocking(|| (), |()| load_streams());
    let reload = Callback::new(move |()| streams.refetch());
    let is_pressed = RwSignal::new(false);
    let refresh = move |_| {
        is_pressed.set(true);
        streams.refetch();
    };

    view! {
        <PageHead
            title="Streams"
            note=|| "Who listens on the server that answers this page. Other servers have streams of their own."
            actions=move || {
                view! {
                    <button type="button" class="button needs-script" on:click=refresh>
                        <Icon glyph=Glyph::Again />
                        "Refresh"
                    </button>
                }
            }
        />
        <Loaded
            resource=streams
            skeleton=|| view! { <TableSkeleton rows=6 /> }
            draw=move |snapshot| view! { <Streams snapshot is_pressed reload /> }
        />
    }
}

/// Totals, and the streams.
#[component]
fn Streams(
    /// The streams as they were loaded last.
    snapshot: Memo<Snapshot<StreamStats>>,
    /// Whether somebody waits for them to be loaded again.
    is_pressed: RwSignal<bool>,
    /// Loads them again.
    reload: Callback<()>,
) -> impl IntoView {
    keep_fresh(snapshot, reload);
    let live = Live::expect();
    let said = RwSignal::new(String::new());
    let said_line = NodeRef::<html::P>::new();
    Effect::new(move |_| {
        let open = snapshot.with(|snapshot| snapshot.data.total_connections);
        if is_pressed.get_untracked() {
            is_pressed.set(false);
            said.set(format!("Asked again: {} open.", are(open as u64)));
        }
    });
    let leaving = RwSignal::new(BTreeSet::new());
    let kick = Callback::new(move |stream: ConnectionStats| {
        let id = stream.connection_id.clone();
        said.set(format!("Asking the {} to end.", name(&stream)));
        leaving.update(|leaving| {
            leaving.insert(id.clone());
        });
        // The button that had the focus is gone.
        if let Some(line) = said_line.get_untracked() {
            let _ = line.focus();
        }
        live.kick(&stream.connection_id.clone(), move |answer| {
            // The page may have been left by now.
            let _ = said.try_set(answered(answer, &stream));
            if answer != KickAnswer::Asked {
                let _ = leaving.try_update(|leaving| leaving.remove(&id));
            }
            let _ = reload.try_run(());
        });
    });
    let is_empty = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.connections.is_empty()));
    let end = Memo::new(move |_| snapshot.with(|snapshot| snapshot.cursor.to_string()));
    let taken_at = Memo::new(move |_| snapshot.with(|snapshot| format!("as of {}", spans::exact(snapshot.taken_at))));
    let part = Memo::new(move |_| snapshot.with(|snapshot| part_of_all(&snapshot.data)));

    view! {
        <StreamTotals snapshot />
        <div class="section-head">
            <p class="streams-said" role="status" tabindex="-1" node_ref=said_line>
                {said}
            </p>
            <p class="facts muted">
                <span class="number">{taken_at}</span>
                <span>"the log ends at " <code data-testid="log-end">{end}</code></span>
            </p>
        </div>
        {move || {
            if is_empty.get() {
                view! { <NoStreams /> }.into_any()
            } else {
                view! { <StreamsTable snapshot leaving kick /> }.into_any()
            }
        }}
        <p class="muted">{part}</p>
    }
}

/// Asks again a while after each answer: a slow server is asked less often. Who comes back to the page does not wait. Browser only.
fn keep_fresh(snapshot: Memo<Snapshot<StreamStats>>, reload: Callback<()>) {
    let state = Live::expect().state();
    let is_seen = RwSignal::new(true);
    Effect::new(move |_| {
        let look = move || is_seen.set(document().visibility_state() == VisibilityState::Visible);
        look();
        let listener = window_event_listener_untyped("visibilitychange", move |_| look());
        on_cleanup(move || listener.remove());
    });
    let is_awake = Memo::new(move |_| is_seen.get() && state.get() == ConnectionState::Live);
    Effect::new(move |was_awake: Option<bool>| {
        snapshot.track();
        let is_awake = is_awake.get();
        let pause = if was_awake == Some(false) { Duration::ZERO } else { PACE };
        if is_awake && let Ok(timer) = set_timeout_with_handle(move || reload.run(()), pause) {
            on_cleanup(move || timer.clear());
        }
        is_awake
    });
}

/// The rows.
#[component]
fn StreamsTable(
    /// The streams as they were loaded last.
    snapshot: Memo<Snapshot<StreamStats>>,
    /// Those that were asked to end.
    leaving: RwSignal<BTreeSet<String>>,
    /// Ends one.
    kick: Callback<ConnectionStats>,
) -> impl IntoView {
    let own = Live::expect().connection_id();
    let now = Clock::since(move || snapshot.with(|snapshot| snapshot.taken_at));
    let ids = Memo::new(move |_| {
        let id = |stream: &ConnectionStats| stream.connection_id.clone();
        snapshot.with(|snapshot| snapshot.data.connections.iter().map(id).collect::<Vec<_>>())
    });
    let row = move |id: String| {
        let wanted = id.clone();
        let found = move || {
            let is_it = |stream: &&ConnectionStats| stream.connection_id == wanted;
            snapshot.with(|snapshot| snapshot.data.connections.iter().find(is_it).cloned())
        };
        let own_id = id.clone();
        let is_own = Memo::new(move |_| own.with(|own| own.as_ref() == Some(&own_id)));
        let is_leaving = Memo::new(move |_| leaving.with(|leaving| leaving.contains(&id)));
        // A row on its way out keeps its last values.
        untrack(&found).map(|first| {
            let stream = Memo::new(move |before: Option<&ConnectionStats>| {
                found().or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
            });
            view! { <StreamRow stream now is_own is_leaving kick /> }
        })
    };

    view! {
        <table class="table table-streams">
            <caption class="visually-hidden">"Streams, the oldest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Client"</th>
                    <th scope="col">"Over"</th>
                    <th scope="col">"Topics"</th>
                    <th scope="col">"Since"</th>
                    <th scope="col">"Position"</th>
                    <th scope="col" class="is-figure">
                        "Events behind"
                    </th>
                    <th scope="col" class="is-action needs-script">
                        <span class="visually-hidden">"What can be done"</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                <For each=move || ids.get() key=String::clone children=row />
            </tbody>
        </table>
    }
}

/// Nobody; or nobody yet, for a page with a script is about to listen itself.
#[component]
fn NoStreams() -> impl IntoView {
    let state = Live::expect().state();
    let is_about_to = Memo::new(move |_| state.get() == ConnectionState::Connecting);

    view! {
        <Show when=move || is_about_to.get()>
            <div class="needs-script">
                <TableSkeleton rows=2 />
            </div>
        </Show>
        <div class:without-script=is_about_to>
            <EmptyState glyph=Glyph::Screen title="Nobody listens">
                <p>"A page of Signalbox listens as long as it is open, and so does a program that reads the stream:"</p>
                <p>
                    <code>"curl -N -H 'Authorization: Bearer …' …/api/v1/sse/connect?topics=imports"</code>
                </p>
            </EmptyState>
        </div>
    }
}

fn name(stream: &ConnectionStats) -> String {
    format!("{} stream of {}", stream.transport.name(), stream.user)
}

fn are(streams: u64) -> String {
    format!("{} {}", figures::counted(streams, "stream", "streams"), if streams == 1 { "is" } else { "are" })
}

/// What became of a kick.
fn answered(answer: KickAnswer, stream: &ConnectionStats) -> String {
    let name = name(stream);
    match answer {
        KickAnswer::Asked => format!("The {name} was asked to end. Its client may come back."),
        KickAnswer::Gone => format!("The {name} has ended already, or is on another server."),
        KickAnswer::Unheard => format!("The server did not answer: the {name} may still be open. Try again."),
    }
}

/// Says that not all are shown; nothing when all are.
fn part_of_all(stats: &StreamStats) -> String {
    let shown = stats.connections.len();
    if shown == stats.total_connections {
        return String::new();
    }
    format!(
        "{} of {} are shown, those that are furthest behind. GET /api/v1/sse/stats has them all.",
        figures::thousands(shown as u64),
        figures::counted(stats.total_connections as u64, "stream", "streams"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_said_to_be_one() {
        let stats = StreamStats { total_connections: 5_000, ..StreamStats::default() };

        assert!(part_of_all(&stats).starts_with("0 of 5,000 streams are shown"));
        assert_eq!(part_of_all(&StreamStats::default()), "");
        assert_eq!((are(1), are(2)), ("1 stream is".to_owned(), "2 streams are".to_owned()));
    }
}
