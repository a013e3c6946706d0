//! The forms of signing in, setting up and signing out, as a browser sends them before and without the script. Each is answered by another
//! page: what was wrong stands in its address by its code, and never what was typed.

use app::api::ApiError;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tower_sessions::Session;
use url::form_urlencoded::Serializer;

use super::{account::end, bodies::Filled, browser::Browser, viewer::Viewer};
use crate::{auth::Accounts, state::Cookies};

/// The form of `/login`.
#[derive(Deserialize)]
pub(super) struct SignIn {
    email: String,
    password: String,
    /// Where one came from.
    #[serde(default)]
    next: String,
}

/// `POST /login`.
pub(super) async fn sign_in(
    State(accounts): State<Accounts>,
    browser: Browser,
    Filled(form): Filled<SignIn>,
) -> Response {
    let signing_in = async {
        let recognized = accounts.recognize(browser.trial(form.email, form.password)).await?;
        browser.begin(&accounts, &recognized).await
    };
    match signing_in.await {
        Ok(kept) => (kept, Redirect::to(own(&form.next))).into_response(),
        Err(error) => back("/login", &error, &[("next", &form.next)]).into_response(),
    }
}

/// The form of `/setup`.
#[derive(Deserialize)]
pub(super) struct SetUp {
    token: String,
    email: String,
    password: String,
}

/// `POST /setup`: makes the first admin, and signs him in.
pub(super) async fn set_up(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    browser: Browser,
    Filled(form): Filled<SetUp>,
) -> Response {
    let setting_up = async {
        let recognized = accounts.set_up(&viewer.by(), &form.token, &form.email, form.password).await?;
        browser.begin(&accounts, &recognized).await
    };
    match setting_up.await {
        Ok(kept) => (kept, Redirect::to("/")).into_response(),
        Err(error) => back("/setup", &error, &[("token", &form.token)]).into_response(),
    }
}

/// `POST /logout`.
pub(super) async fn sign_out(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    viewer: Viewer,
    session: Session,
) -> Response {
    let signing_out = async {
        accounts.sign_out(&viewer.by()).await?;
        end(&session).await
    };
    match signing_out.await {
        Ok(()) => ([cookies.removal()], Redirect::to("/login")).into_response(),
        Err(error) => super::error::Problem(error).into_response(),
    }
}

/// Back to the form, with what was wrong.
fn back(form: &str, error: &ApiError, kept: &[(&str, &str)]) -> Redirect {
    let mut query = Serializer::new(String::new());
    query.append_pair("problem", error.code());
    if let ApiError::Invalid { field, .. } = error {
        query.append_pair("field", field);
    }
    if let ApiError::TooManyAttempts { seconds } = error {
        query.append_pair("seconds", &seconds.to_string());
    }
    query.extend_pairs(kept.iter().filter(|(_, value)| !value.is_empty()));
    Redirect::to(&format!("{form}?{}", query.finish()))
}

/// An address of ours, or the first page: nobody is led elsewhere by a link to this form.
fn own(next: &str) -> &str {
    let is_own = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    let is_own = is_own && !next.chars().any(char::is_control);
    // Asking there does something.
    let is_own = is_own && !next.starts_with("/dashboard/");
    if is_own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn nobody_is_led_to_another_site() {
        assert_eq!(own("/imports?before=x"), "/imports?before=x");
        for elsewhere in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\u{1}",
            "/dashboard/trigger-test-pubsub",
            "evil",
        ] {
            assert_eq!(own(elsewhere), "/", "{elsewhere}");
        }
    }
}
