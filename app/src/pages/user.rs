//! One user: what he may do, where he is signed in, and what an admin can change of both.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    api::{ApiError, acts, users::load_user},
    components::{
        Allowed, Clock, EmptyState, Errand, ErrandNote, Glyph, Loaded, NeedsRole, PageHead, Reader, RelativeTime,
        SessionsTable, Standing, TableSkeleton, UserLevers,
    },
    domain::{Role, SignedIn, Snapshot, UserDetail, UserId},
};

/// The page of one user. Whoever may not see it asks nothing.
#[component]
pub fn UserPage() -> impl IntoView {
    view! {
        <Title text="User" />
        <Allowed
            role=Role::Admin
            fallback=|| {
                view! {
                    <PageHead title="User" />
                    <NeedsRole role=Role::Admin title="Users are for admins" />
                }
            }
        >
            <UserForAdmins />
        </Allowed>
    }
}

/// Loads the user.
#[component]
fn UserForAdmins() -> impl IntoView {
    let parameters = use_params_map();
    let id = Memo::new(move |_| parameters.with(|parameters| parameters.get("id").unwrap_or_default()));
    let user = Resource::new_blocking(
        move || id.get(),
        |id: String| async move {
            // An address that names no user: there is nothing to ask.
            let user_id: UserId = id.parse().map_err(|_| ApiError::not_found("user"))?;
            load_user(user_id).await
        },
    );
    let reload = Callback::new(move |()| user.refetch());

    view! {
        <Loaded
            resource=user
            skeleton=|| view! { <TableSkeleton rows=6 /> }
            draw=move |snapshot| view! { <OneUser snapshot reload /> }
        />
    }
}

/// The user.
#[component]
fn OneUser(
    /// As he was loaded last.
    snapshot: Memo<Snapshot<UserDetail>>,
    /// Loads him again.
    reload: Callback<()>,
) -> impl IntoView {
    let now = Clock::since(move || snapshot.with(|snapshot| snapshot.taken_at));
    let user = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.user.clone()));
    let sessions = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.sessions.clone()));
    let has_none = Memo::new(move |_| sessions.with(Vec::is_empty));
    let email = Memo::new(move |_| user.with(|user| user.email.clone()));
    let first = user.get_untracked();
    let is_oneself = Reader::of_page().me().is_some_and(|me| me.user_id == Some(first.user_id));
    let errand = Errand::new(Standing::Idle);
    let end = Callback::new(move |session: SignedIn| {
        errand.take_focus();
        errand.run(
            "Ending the session.",
            "The session was not ended",
            acts::end_session(session.session_id),
            move |()| {
                reload.run(());
                "The session has ended.".to_owned()
            },
        );
    });
    let added_at = first.created_at;

    view! {
        <PageHead
            title=email
            note=move || {
                view! {
                    "Added "
                    <RelativeTime at=added_at now />
                    {is_oneself.then_some(". This is you.")}
                }
            }
        />
        <ErrandNote errand />
        <UserLevers user is_oneself errand reload />
        <div class="section-head">
            <h2>"Sessions"</h2>
        </div>
        {move || {
            if has_none.get() {
                view! {
                    <EmptyState glyph=Glyph::Screen title="Signed in nowhere">
                        <p>"A session is here from sign-in to sign-out, or until it was not used for 12 hours."</p>
                    </EmptyState>
                }
                    .into_any()
            } else {
                view! { <SessionsTable sessions now end /> }.into_any()
            }
        }}
    }
}
