//! Tokens of programs: the list, the form that makes one, and the button that revokes one. For admins.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::{
        acts::{self, MadeToken},
        tokens::list_tokens,
    },
    components::{
        Allowed, Clock, EmptyState, Errand, Glyph, Loaded, MakeToken, NeedsRole, PageHead, Standing, TableSkeleton,
        TokenOnce, TokensTable,
    },
    domain::{ApiToken, Role, Snapshot},
};

/// The page of tokens. Whoever may not see it asks nothing.
#[component]
pub fn TokensPage() -> impl IntoView {
    view! {
        <Title text="Tokens" />
        <PageHead title="Tokens" note=|| "What programs prove themselves by: each has a name, a role, and counts until it is revoked." />
        <Allowed
            role=Role::Admin
            fallback=|| view! { <NeedsRole role=Role::Admin title="Tokens are for admins" /> }
        >
            <TokensForAdmins />
        </Allowed>
    }
}

/// Loads the tokens.
#[component]
fn TokensForAdmins() -> impl IntoView {
    let tokens = Resource::new_blocking(|| (), |()| list_tokens());
    let reload = Callback::new(move |()| tokens.refetch());
    let errand = Errand::new(Standing::Idle);
    let made = RwSignal::new(None::<MadeToken>);
    let on_made = Callback::new(move |token| {
        made.set(Some(token));
        reload.run(());
    });
    let put_away = Callback::new(move |()| {
        errand.take_focus();
        made.set(None);
    });
    let revoke = Callback::new(move |token: ApiToken| {
        errand.take_focus();
        let (asked, refused) = (format!("Revoking {}.", token.name), format!("{} was not revoked", token.name));
        errand.run(asked, refused, acts::revoke_token(token.token_id), move |token| {
            // Its text is of no use any more.
            made.update(|made| {
                made.take_if(|made| made.known.token_id == token.token_id);
            });
            reload.run(());
            format!("{} is revoked.", token.name)
        });
    });

    view! {
        <MakeToken errand on_made />
        {move || made.get().map(|made| view! { <TokenOnce made put_away /> })}
        <Loaded
            resource=tokens
            skeleton=|| view! { <TableSkeleton rows=6 /> }
            draw=move |snapshot| view! { <Tokens snapshot revoke /> }
        />
    }
}

/// The list.
#[component]
fn Tokens(
    /// The tokens as they were loaded last.
    snapshot: Memo<Snapshot<Vec<ApiToken>>>,
    /// Revokes one.
    revoke: Callback<ApiToken>,
) -> impl IntoView {
    let now = Clock::since(move || snapshot.with(|snapshot| snapshot.taken_at));
    let tokens = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.clone()));
    let is_empty = Memo::new(move |_| tokens.with(Vec::is_empty));

    move || {
        if is_empty.get() {
            view! {
                <EmptyState glyph=Glyph::Key title="No token was made yet">
                    <p>"A program that uses the API needs one: a deploy script, a shop, another service."</p>
                </EmptyState>
            }
            .into_any()
        } else {
            view! { <TokensTable tokens now revoke /> }.into_any()
        }
    }
}
