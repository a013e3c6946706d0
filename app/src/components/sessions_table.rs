//! The browsers in which somebody is signed in, each with the button that ends its session.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{ConfirmButton, Question, RelativeTime, browser_names};
use crate::domain::SignedIn;

/// The table.
#[component]
pub fn SessionsTable(
    /// The sessions, the youngest first.
    sessions: Memo<Vec<SignedIn>>,
    /// Now, for what ages.
    now: Memo<Timestamp>,
    /// Ends one.
    end: Callback<SignedIn>,
) -> impl IntoView {
    view! {
        <table class="table table-sessions">
            <caption class="visually-hidden">"Sessions, the youngest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Browser"</th>
                    <th scope="col">"Address"</th>
                    <th scope="col">"Since"</th>
                    <th scope="col">"Last seen"</th>
                    <th scope="col" class="is-action needs-script">
                        <span class="visually-hidden">"What can be done"</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || sessions.get()
                    key=|session| (session.session_id, session.seen_at)
                    children=move |session| view! { <SessionRow session now end /> }
                />
            </tbody>
        </table>
    }
}

/// A session, as a row.
#[component]
fn SessionRow(
    /// The session.
    session: SignedIn,
    /// Now, for what ages.
    now: Memo<Timestamp>,
    /// Ends it.
    end: Callback<SignedIn>,
) -> impl IntoView {
    let SignedIn { session_id, address, agent, created_at, seen_at, is_current, .. } = session.clone();
    let browser = browser_names::named(&agent);
    // Whoever ends the one that he is in had better sign out.
    let button = (!is_current).then(|| {
        let name = format!("{browser} at {address}");
        let question = Question {
            word: "End",
            name: format!("End the session of {name}"),
            words: format!("End the session of {name}? It is signed out at once."),
            yes: "End it".to_owned(),
            no: "Keep",
        };
        let act = Callback::new(move |()| end.run(session.clone()));
        view! { <ConfirmButton question act /> }
    });

    view! {
        <tr data-testid="session-row" data-id=session_id.to_string()>
            <td data-label="Browser" class="is-name" title=agent>
                {browser.clone()}
                {is_current
                    .then(|| {
                        view! {
                            " "
                            <span class="tag">"This browser"</span>
                        }
                    })}
            </td>
            <td data-label="Address">
                <code>{address.clone()}</code>
            </td>
            <td data-label="Since">
                <RelativeTime at=created_at now />
            </td>
            <td data-label="Last seen">
                <RelativeTime at=seen_at now />
            </td>
            <td class="is-action needs-script">{button}</td>
        </tr>
    }
}
