//! The table of tokens, each with the button that revokes it.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{Aspect, ConfirmButton, Question, RelativeTime, StatusPill, spans};
use crate::domain::ApiToken;

/// The table.
#[component]
pub fn TokensTable(
    /// The tokens.
    tokens: Memo<Vec<ApiToken>>,
    /// Now, for what ages.
    now: Memo<Timestamp>,
    /// Revokes one.
    revoke: Callback<ApiToken>,
) -> impl IntoView {
    view! {
        <table class="table table-tokens">
            <caption class="visually-hidden">"Tokens, the youngest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Role"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Made"</th>
                    <th scope="col">"Ends"</th>
                    <th scope="col">"Last used"</th>
                    <th scope="col" class="is-action needs-script">
                        <span class="visually-hidden">"What can be done"</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || tokens.get()
                    key=|token| (token.token_id, token.revoked_at, token.last_used_at)
                    children=move |token| view! { <TokenRow token now revoke /> }
                />
            </tbody>
        </table>
    }
}

/// Whether a token is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenState {
    InForce,
    Over,
    Revoked,
}

impl TokenState {
    fn of(token: &ApiToken, now: Timestamp) -> Self {
        match (token.revoked_at, token.expires_at) {
            (Some(_), _) => Self::Revoked,
            (None, Some(end)) if end <= now => Self::Over,
            (None, _) => Self::InForce,
        }
    }

    const fn drawn(self) -> (&'static str, Aspect, &'static str) {
        match self {
            Self::InForce => ("in-force", Aspect::Clear, "In force"),
            Self::Over => ("over", Aspect::Idle, "Over"),
            Self::Revoked => ("revoked", Aspect::OutOfUse, "Revoked"),
        }
    }
}

/// A token, as a row.
#[component]
fn TokenRow(
    /// The token.
    token: ApiToken,
    /// Now, for what ages.
    now: Memo<Timestamp>,
    /// Revokes it.
    revoke: Callback<ApiToken>,
) -> impl IntoView {
    let ApiToken { token_id, name, role, created_at, expires_at, last_used_at, revoked_at } = token.clone();
    let state = Memo::new({
        let token = token.clone();
        move |_| TokenState::of(&token, now.get())
    });
    let button = revoked_at.is_none().then(|| {
        let question = Question {
            word: "Revoke",
            name: format!("Revoke the token {name}"),
            words: format!("Revoke the token {name}? It is not taken any more, and can't be given back."),
            yes: format!("Revoke {name}"),
            no: "Keep",
        };
        let act = Callback::new(move |()| revoke.run(token.clone()));
        view! { <ConfirmButton question act /> }
    });

    view! {
        <tr data-testid="token-row" data-id=token_id.to_string()>
            <td data-label="Name" class="is-name" title=name.clone()>
                {name.clone()}
            </td>
            <td data-label="Role">{role.as_str()}</td>
            <td data-label="State">
                {move || {
                    let (state, aspect, word) = state.get().drawn();
                    view! { <StatusPill state aspect word /> }
                }}
            </td>
            <td data-label="Made">
                <RelativeTime at=created_at now />
            </td>
            <td data-label="Ends">
                {match expires_at {
                    Some(at) => {
                        view! {
                            <time datetime=at.to_string() title=spans::exact(at)>
                                {spans::day(at)}
                            </time>
                        }
                            .into_any()
                    }
                    None => view! { <span class="muted">"not by itself"</span> }.into_any(),
                }}
            </td>
            <td data-label="Last used">
                {match last_used_at {
                    Some(at) => view! { <RelativeTime at now /> }.into_any(),
                    None => view! { <span class="muted">"never"</span> }.into_any(),
                }}
            </td>
            <td class="is-action needs-script">{button}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Role, TokenId};

    #[test]
    fn a_token_is_in_force_until_it_is_over_or_revoked() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a timestamp");
        let token = ApiToken {
            token_id: "0190d6c8-7c4b-7000-8000-000000000001".parse::<TokenId>().expect("an id"),
            name: "ci".into(),
            role: Role::Viewer,
            created_at: at("2026-11-21T05:00:00Z"),
            expires_at: Some(at("2026-11-22T05:00:00Z")),
            last_used_at: None,
            revoked_at: None,
        };
        let revoked = ApiToken { revoked_at: Some(at("2026-11-21T06:00:00Z")), ..token.clone() };

        assert_eq!(TokenState::of(&token, at("2026-11-21T07:00:00Z")), TokenState::InForce);
        assert_eq!(TokenState::of(&token, at("2026-11-22T05:00:00Z")), TokenState::Over);
        assert_eq!(TokenState::of(&revoked, at("2026-11-23T05:00:00Z")), TokenState::Revoked);
    }
}
