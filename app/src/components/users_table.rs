//! The table of people who may sign in; a row leads to its person.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{Number, Reader, RelativeTime, UserPill};
use crate::domain::{User, UserOverview};

/// The table.
#[component]
pub fn UsersTable(
    /// The users.
    users: Memo<Vec<UserOverview>>,
    /// Now, for what ages.
    now: Memo<Timestamp>,
) -> impl IntoView {
    view! {
        <table class="table table-users">
            <caption class="visually-hidden">"Users, by their e-mails"</caption>
            <thead>
                <tr>
                    <th scope="col">"E-mail"</th>
                    <th scope="col">"Role"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="is-figure">
                        "Sessions"
                    </th>
                    <th scope="col">"Last seen"</th>
                    <th scope="col">"Added"</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || users.get()
                    key=|line| (line.user.user_id, line.user.role, line.user.disabled_at, line.sessions, line.seen_at)
                    children=move |line| view! { <UserRow line now /> }
                />
            </tbody>
        </table>
    }
}

/// A user, as a row.
#[component]
fn UserRow(
    /// The user.
    line: UserOverview,
    /// Now, for what ages.
    now: Memo<Timestamp>,
) -> impl IntoView {
    let UserOverview { user: User { user_id, email, role, disabled_at, created_at }, sessions, seen_at } = line;
    let is_oneself = Reader::of_page().me().is_some_and(|me| me.user_id == Some(user_id));

    view! {
        <tr data-testid="user-row" data-id=user_id.to_string()>
            <td data-label="E-mail" class="is-name" title=email.clone()>
                <a href=format!("/users/{user_id}")>{email.clone()}</a>
                {is_oneself
                    .then(|| {
                        view! {
                            " "
                            <span class="tag">"You"</span>
                        }
                    })}
            </td>
            <td data-label="Role">{role.as_str()}</td>
            <td data-label="State">
                <UserPill is_disabled=disabled_at.is_some() />
            </td>
            <td data-label="Sessions" class="is-figure" class:is-nothing=sessions == 0>
                <Number value=sessions />
            </td>
            <td data-label="Last seen">
                {match seen_at {
                    Some(at) => view! { <RelativeTime at now /> }.into_any(),
                    None => view! { <span class="muted">"never"</span> }.into_any(),
                }}
            </td>
            <td data-label="Added">
                <RelativeTime at=created_at now />
            </td>
        </tr>
    }
}
