//! What an admin can do to somebody: give him another role, take sign-in from him, give it back.

use leptos::prelude::*;

use super::{ConfirmButton, Errand, Question, UserPill, role_words};
use crate::{
    api::acts,
    domain::{Role, User},
};

/// His role and his state, each with its buttons.
#[component]
pub fn UserLevers(
    /// The user.
    user: Memo<User>,
    /// Whether he is the one who looks.
    is_oneself: bool,
    /// Tells of what is done.
    errand: Errand,
    /// Loads him again.
    reload: Callback<()>,
) -> impl IntoView {
    let also = if is_oneself { "That is you: you are signed out." } else { "His sessions end." };

    view! {
        <section class="card deeds" aria-label="What he may do">
            {move || {
                let User { role, .. } = user.get();
                view! {
                    <div class="deed">
                        <div>
                            <h2>"Role"</h2>
                            <p>
                                <strong data-testid="user-role">{role.as_str()}</strong>
                                <span class="muted">{format!(" – {}", role_words::explanation(role))}</span>
                            </p>
                        </div>
                        <div class="actions needs-script">{roles(user, also, errand, reload)}</div>
                    </div>
                }
            }}
            {move || {
                let is_disabled = user.with(|user| user.disabled_at.is_some());
                view! {
                    <div class="deed">
                        <div>
                            <h2>"State"</h2>
                            <p>
                                <UserPill is_disabled />
                            </p>
                        </div>
                        <div class="actions needs-script">
                            {if is_disabled {
                                view! { <Enable user errand reload /> }.into_any()
                            } else {
                                view! { <Disable user also errand reload /> }.into_any()
                            }}
                        </div>
                    </div>
                }
            }}
        </section>
    }
}

/// A button for each role that he has not.
fn roles(user: Memo<User>, also: &'static str, errand: Errand, reload: Callback<()>) -> impl IntoView {
    let User { user_id, email, role: present, .. } = user.get_untracked();
    let others = Role::ALL.into_iter().filter(|role| *role != present);
    let buttons = others.map(|role| {
        let (email, one) = (email.clone(), role_words::one(role));
        let question = Question {
            word: make(role),
            name: format!("Make {email} {one}"),
            words: format!("Make {email} {one}? {also}"),
            yes: format!("Yes, {}", make(role).to_lowercase()),
            no: "No",
        };
        let act = Callback::new(move |()| {
            errand.take_focus();
            let (asked, refused) = (format!("Making {email} {one}."), format!("{email} was not made {one}"));
            errand.run(asked, refused, acts::set_role(user_id, role), move |user| {
                reload.run(());
                format!("{} is {} now.", user.email, role_words::one(user.role))
            });
        });
        view! { <ConfirmButton question act /> }
    });
    buttons.collect_view()
}

/// On the button that gives a role.
const fn make(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Make viewer",
        Role::Operator => "Make operator",
        Role::Admin => "Make admin",
    }
}

/// Takes sign-in from him.
#[component]
fn Disable(
    /// The user.
    user: Memo<User>,
    /// What happens, too.
    also: &'static str,
    /// Tells of what is done.
    errand: Errand,
    /// Loads him again.
    reload: Callback<()>,
) -> impl IntoView {
    let User { user_id, email, .. } = user.get_untracked();
    let question = Question {
        word: "Disable",
        name: format!("Disable {email}"),
        words: format!("Disable {email}? He can't sign in any more. {also}"),
        yes: "Yes, disable".to_owned(),
        no: "No",
    };
    let act = Callback::new(move |()| {
        errand.take_focus();
        let (asked, refused) = (format!("Disabling {email}."), format!("{email} was not disabled"));
        errand.run(asked, refused, acts::disable_user(user_id), move |user| {
            reload.run(());
            format!("{} is disabled, and signed out everywhere.", user.email)
        });
    });

    view! { <ConfirmButton question act /> }
}

/// Gives it back. That can be undone, so nothing is asked.
#[component]
fn Enable(
    /// The user.
    user: Memo<User>,
    /// Tells of what is done.
    errand: Errand,
    /// Loads him again.
    reload: Callback<()>,
) -> impl IntoView {
    let User { user_id, email, .. } = user.get_untracked();
    let label = format!("Enable {email}");
    let on_click = move |_| {
        errand.take_focus();
        let (asked, refused) = (format!("Enabling {email}."), format!("{email} was not enabled"));
        errand.run(asked, refused, acts::enable_user(user_id), move |user| {
            reload.run(());
            format!("{} may sign in again.", user.email)
        });
    };

    view! {
        <button type="button" class="button button-small" aria-label=label on:click=on_click>
            "Enable"
        </button>
    }
}
