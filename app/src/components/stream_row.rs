//! A live stream, as a row of a table: who, over what, which topics, since when, how far; and the button that ends it.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{Allowed, Aspect, ConfirmButton, Number, Question, RelativeTime, Signal, figures};
use crate::{
    domain::{ConnectionStats, Role},
    events::Topic,
};

/// Topics that are written out.
const TOPICS: usize = 6;

/// A row.
#[component]
pub fn StreamRow(
    /// The stream, as it was loaded last.
    stream: Memo<ConnectionStats>,
    /// Now, for what ages.
    now: Memo<Timestamp>,
    /// Whether it is the one that this page listens on.
    #[prop(into)]
    is_own: Signal<bool>,
    /// Whether it was asked to end.
    #[prop(into)]
    is_leaving: Signal<bool>,
    /// Ends it.
    kick: Callback<ConnectionStats>,
) -> impl IntoView {
    let first = stream.get_untracked();
    let (since, transport, user) = (first.since, first.transport.name(), first.user);
    let topics = Memo::new(move |_| stream.with(|stream| in_words(&stream.topics)));
    let cursor = Memo::new(move |_| stream.with(|stream| stream.cursor.to_string()));
    let lag = Memo::new(move |_| stream.with(|stream| stream.lag_events));
    let is_behind = Memo::new(move |_| lag.get() > 0);
    let name = format!("the {transport} stream of {user}");
    let button = ViewFn::from(move || {
        let question = Question {
            word: "Kick",
            name: format!("Kick {name}"),
            words: format!("Kick {name}? Its client may come back."),
            yes: "Kick it".to_owned(),
            no: "Keep",
        };
        let act = Callback::new(move |()| kick.run(stream.get_untracked()));
        view! {
            <Allowed role=Role::Operator>
                <ConfirmButton question act />
            </Allowed>
        }
    });

    view! {
        <tr data-testid="stream-row" data-id=first.connection_id>
            <td data-label="Client" class="is-name" title=user.clone()>
                {user.clone()}
                <Show when=move || is_own.get()>
                    " " <span class="tag">"This browser"</span>
                </Show>
            </td>
            <td data-label="Over">{transport}</td>
            <td data-label="Topics" title=topics>
                {move || match topics.get() {
                    words if words.is_empty() => view! { <span class="muted">"none"</span> }.into_any(),
                    words => words.into_any(),
                }}
            </td>
            <td data-label="Since">
                <RelativeTime at=since now />
            </td>
            <td data-label="Position" title="It was given everything up to this place of the log">
                <code>{cursor}</code>
            </td>
            <td
                data-label="Events behind"
                class="is-figure"
                class:is-behind=is_behind
                class:is-nothing=move || !is_behind.get()
            >
                <span class="stream-lag">
                    <Show when=move || is_behind.get()>
                        <Signal aspect=Aspect::Caution />
                    </Show>
                    <Number value=lag />
                </span>
            </td>
            <td class="is-action needs-script">
                <Show
                    when=move || !is_leaving.get()
                    fallback=|| view! { <span class="muted">"Asked to end"</span> }
                >
                    {button.run()}
                </Show>
            </td>
        </tr>
    }
}

/// The first topics by their names, and how many more there are.
fn in_words(topics: &[Topic]) -> String {
    let named = topics.iter().take(TOPICS).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match topics.len().saturating_sub(TOPICS) {
        0 => named,
        more => format!("{named} and {} more", figures::thousands(more as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_topics_are_counted_instead_of_named() {
        let topics: Vec<Topic> = (1..=9).map(|number| Topic::Custom(format!("t{number}"))).collect();

        assert_eq!(in_words(&topics[..0]), "");
        assert_eq!(in_words(&topics[..2]), "custom:t1, custom:t2");
        assert!(in_words(&topics).ends_with(", custom:t6 and 3 more"), "{}", in_words(&topics));
    }
}
