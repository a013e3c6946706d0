//! The forms of accounts, as a browser sends them before and without the script: somebody is added, and one's own password is changed. Each is
//! answered by another page; what was done or was wrong stands in its address by a code, and never what was typed.

use app::domain::Role;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{account, bodies::Filled, browser::Browser, sign_in_forms::back, viewer::Viewer};
use crate::auth::Accounts;

/// The form of `/users`.
#[derive(Deserialize)]
pub(super) struct NewUser {
    email: String,
    role: Role,
    password: String,
}

/// `POST /users`: adds somebody.
pub(super) async fn add_user(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    Filled(form): Filled<NewUser>,
) -> Redirect {
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
    browser: Browser,
    Filled(form): Filled<PasswordChange>,
) -> Response {
    let passwords = (form.current_password, form.password);
    match account::renew(&accounts, &viewer, &browser, passwords).await {
        Ok(kept) => (kept, Redirect::to("/account?done=password")).into_response(),
        Err(error) => back("/account", &error, &[]).into_response(),
    }
}
