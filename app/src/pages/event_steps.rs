//! One step back in the log, and what stands where no events are.

use leptos::prelude::*;

use super::address::address;
use crate::{
    components::{EmptyState, Glyph, Icon},
    domain::EventQuery,
    events::Cursor,
};

/// One step back in the log, and the way back to its end.
#[component]
pub fn Steps(
    /// What was asked for.
    query: Memo<EventQuery>,
    /// From where older events are read.
    older: RwSignal<Option<Cursor>>,
) -> impl IntoView {
    let at = move |before| event_address(&EventQuery { before, ..query.get() });
    let latest = move || query.with(|query| query.before.is_some()).then(|| at(None));
    let next = move || older.get().map(|older| at(Some(older.to_string())));

    view! {
        <nav class="pager" aria-label="Steps through the log">
            {move || {
                latest()
                    .map(|href| {
                        view! {
                            <a class="button" href=href>
                                <Icon glyph=Glyph::Back />
                                "Latest"
                            </a>
                        }
                    })
            }}
            {move || match next() {
                Some(href) => {
                    view! {
                        <a class="button" href=href rel="next">
                            "Older"
                            <Icon glyph=Glyph::Forth />
                        </a>
                    }
                        .into_any()
                }
                None => {
                    view! { <span class="muted">"The log begins here. What was before is not kept."</span> }.into_any()
                }
            }}
        </nav>
    }
}

/// Nothing yet, nothing like that, or nothing more.
#[component]
pub fn NoEvents(
    /// What was asked for.
    query: Memo<EventQuery>,
    /// From where older events are read.
    older: RwSignal<Option<Cursor>>,
) -> impl IntoView {
    let EventQuery { before, topics, kind, text } = query.get_untracked();
    let is_sifted = topics.is_some() || kind.is_some() || text.is_some();
    let (title, words) = match (is_sifted, older.get_untracked().is_some(), before.is_some()) {
        (true, true, _) => {
            ("None of these events so far", "None was found among 10,000. There are older ones to look through.")
        }
        (true, false, _) => ("No event matches", "What comes and matches appears here at once."),
        (false, _, true) => ("No older events", "The log begins here. What was before is not kept."),
        (false, _, false) => {
            ("Nothing has happened yet", "What happens appears here at once: a job, an import, a word of a program.")
        }
    };

    view! {
        <EmptyState glyph=Glyph::Events title>
            <p>{words}</p>
            {is_sifted
                .then(|| {
                    view! {
                        <a class="button" href="/events">
                            "Show all events"
                        </a>
                    }
                })}
        </EmptyState>
    }
}

/// The address of what is asked for.
pub(super) fn event_address(query: &EventQuery) -> String {
    let EventQuery { topics, kind, text, before } = query;
    address(
        "/events",
        &[
            ("topics", topics.as_deref()),
            ("type", kind.as_deref()),
            ("q", text.as_deref()),
            ("before", before.as_deref()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked_for_and_nothing_else() {
        let query = EventQuery {
            topics: Some("custom:shop,workers".into()),
            before: Some("e-1.2".into()),
            ..EventQuery::default()
        };

        assert_eq!(event_address(&EventQuery::default()), "/events");
        assert_eq!(event_address(&query), "/events?topics=custom%3Ashop%2Cworkers&before=e-1.2");
    }
}
