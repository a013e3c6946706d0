//! The forms of accounts, as a browser sends them before and without the script: somebody is added, and one's own password is changed. Each is
//! answered by another page; what was done or was wrong stands in its address by a code, and never what was typed.

use app::domain::Role;
use axum::{Form, extract::State, http::HeaderMap, response::Redirect};
use serde::Deserialize;
use tower_sessions::Session;

use super::{account, sign_in_forms::back, viewer::Viewer};
use crate::auth::Accounts;

/// The form of `/users`.
#[derive(Deserialize)]
pub(super) struct NewUser {
    email: String,
    role: Role,
    password: String,
}

/// `POST /users`: adds somebody.
pub(super) async fn add_user(State(accounts): State<Accounts>, viewer: Viewer, Form(form): Form<NewUser>) -> Redirect {
    match accounts.add_user(&viewer.by(), &form.email, form.role, form.password).await {
        Ok(_) => Redirect::to("/users?done=added"),
        Err(error) => back("/users", &error, &[]),
    }
}

/// The form of `/account`.
#[derive(Deserialize)]
pub(super) struct PasswordChange {
    current_password: String,
    password: String,
}

/// `POST /account`: changes one's password. The browser goes on with another session.
pub(super) async fn change_password(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<PasswordChange>,
) -> Redirect {
    let passwords = (form.current_password, form.password);
    match account::renew(&accounts, &viewer, &session, &headers, passwords).await {
        Ok(()) => Redirect::to("/account?done=password"),
        Err(error) => back("/account", &error, &[]),
    }
}
