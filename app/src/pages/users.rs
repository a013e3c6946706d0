//! People who may sign in: the list, and the form that adds one. For admins.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::form_outcome::outcome;
use crate::{
    api::users::list_users,
    components::{
        AddUser, Allowed, Clock, EmptyState, Errand, Glyph, Loaded, NeedsRole, PageHead, TableSkeleton, UsersTable,
    },
    domain::{Role, Snapshot, UserOverview},
};

/// The page of users. Whoever may not see it asks nothing.
#[component]
pub fn UsersPage() -> impl IntoView {
    view! {
        <Title text="Users" />
        <PageHead title="Users" note=|| "People who may sign in. Nobody is removed, for the audit log names them." />
        <Allowed
            role=Role::Admin
            fallback=|| view! { <NeedsRole role=Role::Admin title="Users are for admins" /> }
        >
            <UsersForAdmins />
        </Allowed>
    }
}

/// Loads the users.
#[component]
fn UsersForAdmins() -> impl IntoView {
    let users = Resource::new_blocking(|| (), |()| list_users());
    let reload = Callback::new(move |()| users.refetch());
    let came =
        use_query_map().with_untracked(|query| outcome(query, "Nobody was added", &[("added", "The user was added.")]));
    let errand = Errand::new(came);

    view! {
        <AddUser errand reload />
        <Loaded
            resource=users
            skeleton=|| view! { <TableSkeleton rows=6 /> }
            draw=move |snapshot| view! { <Users snapshot /> }
        />
    }
}

/// The list.
#[component]
fn Users(
    /// The users as they were loaded last.
    snapshot: Memo<Snapshot<Vec<UserOverview>>>,
) -> impl IntoView {
    let now = Clock::since(move || snapshot.with(|snapshot| snapshot.taken_at));
    let users = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.clone()));
    let is_empty = Memo::new(move |_| users.with(Vec::is_empty));

    move || {
        if is_empty.get() {
            view! {
                <EmptyState glyph=Glyph::Users title="Nobody may sign in yet">
                    <p>"Whoever shows a token of the role admin, as you do, can add the first ones here."</p>
                </EmptyState>
            }
            .into_any()
        } else {
            view! { <UsersTable users now /> }.into_any()
        }
    }
}
