//! Queues and workers as they were: a film of the log, loaded when somebody asks for it, and moved by what happens.

use jiff::Timestamp;
use leptos::prelude::*;

use crate::{
    api::events::load_film,
    components::{Clock, ErrorNote, PanoramaTables, TableSkeleton, TimeSlider, event_facts, spans},
    domain::Snapshot,
    live::{Film, FilmReel, Live, Notice},
};

/// The film, behind its heading. It leaves the page when there is no JavaScript.
#[component]
pub fn LookBack() -> impl IntoView {
    let film = Action::new(|(): &()| load_film());
    let reload = Callback::new(move |()| {
        film.dispatch(());
    });
    let moment_ms = RwSignal::new(None);
    let on_toggle = move |_| {
        if film.value().with_untracked(Option::is_none) && !film.pending().get_untracked() {
            reload.run(());
        }
    };

    view! {
        <details class="look-back needs-script" on:toggle=on_toggle>
            <summary>"Queues and workers at a moment"</summary>
            {move || match film.value().get() {
                None => view! { <TableSkeleton rows=4 /> }.into_any(),
                Some(Err(error)) => view! { <ErrorNote error retry=reload /> }.into_any(),
                Some(Ok(snapshot)) => view! { <Then snapshot moment_ms reload /> }.into_any(),
            }}
        </details>
    }
}

/// The slider, and what it shows.
#[component]
fn Then(
    /// The film as it was loaded.
    snapshot: Snapshot<FilmReel>,
    /// The moment; `None` for now.
    moment_ms: RwSignal<Option<i64>>,
    /// Loads it again.
    reload: Callback<()>,
) -> impl IntoView {
    let film = RwSignal::new(Film::from(&snapshot));
    let (taken_at, known_from_ms) = (snapshot.taken_at, snapshot.data.known_from_ms);
    follow(film, snapshot, reload);
    let now = Clock::since(move || taken_at);
    // While a moment is looked at, the scale stands still.
    let ends_ms = Memo::new(move |before: Option<&i64>| match (moment_ms.get(), before) {
        (Some(_), Some(before)) => *before,
        _ => now.get().as_millisecond().max(film.with(Film::ends_ms)),
    });
    let begins_ms = Memo::new(move |_| film.with(Film::begins_ms));
    let panorama = Memo::new(move |_| film.with(|film| film.at(moment_ms.get())));
    let before = Memo::new(move |_| film.with(|film| film.change_before(moment_ms.get())));
    let after = Memo::new(move |_| moment_ms.get().and_then(|at_ms| film.with(|film| film.change_after(at_ms))));
    let words = move || match moment_ms.get() {
        None => "Now".to_owned(),
        Some(at_ms) => format!("{}, {}", event_facts::exact(at_ms), ago(at_ms, ends_ms.get())),
    };

    view! {
        <TimeSlider
            begins_ms=begins_ms.into()
            ends_ms=ends_ms.into()
            moment_ms
            words=Signal::derive(words)
            steps=(before, after)
        />
        <PanoramaTables panorama />
        <p class="muted">
            "Told from the log, which was read back to " {event_facts::exact(known_from_ms)}
            ". What changed since and was not told of before is listed from its first change on; a queue that is new, from the next loading on."
        </p>
    }
}

/// Moves the film by what happens from its snapshot on. Browser only.
fn follow(film: RwSignal<Film>, snapshot: Snapshot<FilmReel>, reload: Callback<()>) {
    let live = Live::expect();
    Effect::new(move |_| {
        live.follow(snapshot.data.topics.clone(), snapshot.cursor.clone(), move |notice| match notice {
            Notice::Event(event) => {
                film.maybe_update(|film| film.take(&event));
            }
            Notice::Reset => reload.run(()),
        });
    });
}

fn ago(at_ms: i64, now_ms: i64) -> String {
    let moment = |ms| Timestamp::from_millisecond(ms).unwrap_or_default();
    spans::ago(moment(at_ms), moment(now_ms))
}
