//! Oneself: who one is, one's password, and the browsers in which one is signed in.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::form_outcome::outcome;
use crate::{
    api::{account::load_account, acts},
    components::{
        ChangePassword, Clock, ConfirmButton, EmptyState, Errand, ErrandNote, Glyph, Loaded, PageHead, Question,
        Reader, SessionsTable, Standing, TableSkeleton, role_words,
    },
    domain::{Me, SignedIn, Snapshot, UserDetail},
};

/// The page of one's account.
#[component]
pub fn AccountPage() -> impl IntoView {
    let me = Reader::of_page().me().cloned();

    view! {
        <Title text="Your account" />
        <PageHead title="Your account" />
        {me
            .map(|me| {
                let is_person = me.user_id.is_some();
                view! {
                    <WhoAmI me />
                    {if is_person { view! { <Person /> }.into_any() } else { view! { <Program /> }.into_any() }}
                }
            })}
    }
}

/// Name and role.
#[component]
fn WhoAmI(
    /// Who looks.
    me: Me,
) -> impl IntoView {
    let Me { name, role, user_id, .. } = me;

    view! {
        <dl class="who">
            <div>
                <dt>{if user_id.is_some() { "E-mail" } else { "Token" }}</dt>
                <dd>
                    <strong>{name}</strong>
                </dd>
            </div>
            <div>
                <dt>"Role"</dt>
                <dd>
                    <strong>{role.as_str()}</strong>
                    <span class="muted">{format!(" – {}", role_words::explanation(role))}</span>
                </dd>
            </div>
        </dl>
    }
}

/// What a program has not.
#[component]
fn Program() -> impl IntoView {
    view! {
        <EmptyState glyph=Glyph::Key title="You come by a token">
            <p>"A token has neither a password nor sessions. It counts until an admin revokes it."</p>
        </EmptyState>
    }
}

/// Password and sessions.
#[component]
fn Person() -> impl IntoView {
    let account = Resource::new_blocking(|| (), |()| load_account());
    let reload = Callback::new(move |()| account.refetch());
    let done = "Your password is changed. Your other browsers are signed out.";
    let came =
        use_query_map().with_untracked(|query| outcome(query, "Your password is not changed", &[("password", done)]));

    view! {
        <div class="section-head">
            <h2>"Password"</h2>
        </div>
        <ChangePassword errand=Errand::new(came) />
        <Loaded
            resource=account
            skeleton=|| view! { <TableSkeleton rows=3 /> }
            draw=move |snapshot| view! { <Sessions snapshot reload /> }
        />
    }
}

/// The browsers in which one is signed in.
#[component]
fn Sessions(
    /// As they were loaded last.
    snapshot: Memo<Snapshot<UserDetail>>,
    /// Loads them again.
    reload: Callback<()>,
) -> impl IntoView {
    let now = Clock::since(move || snapshot.with(|snapshot| snapshot.taken_at));
    let sessions = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.sessions.clone()));
    let has_others = Memo::new(move |_| sessions.with(|sessions| sessions.iter().any(|session| !session.is_current)));
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
    let end_others = Callback::new(move |()| {
        errand.take_focus();
        errand.run("Ending all others.", "The others were not ended", acts::end_other_sessions(), move |()| {
            reload.run(());
            "All your other sessions have ended.".to_owned()
        });
    });
    let question = Question {
        word: "End all others",
        name: "End all other sessions".to_owned(),
        words: "End all sessions but this one? They are signed out at once.".to_owned(),
        yes: "End all others".to_owned(),
        no: "Keep them",
    };

    view! {
        <div class="section-head">
            <h2>"Sessions"</h2>
            <div class="needs-script">
                <Show when=move || has_others.get()>
                    <ConfirmButton question=question.clone() act=end_others />
                </Show>
            </div>
        </div>
        <ErrandNote errand />
        <SessionsTable sessions now end />
    }
}
