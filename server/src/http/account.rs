//! Oneself: signing in and out, who one is, one's password and one's sessions.

use app::{
    api::ApiError,
    domain::{Me, SessionId, SignedIn},
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use utoipa::ToSchema;

use super::{
    browser::Browser,
    error::{Id, Problem, Sent, SentIfAny, refusal},
    reason::Because,
    refusal::{Changing, Reading, Refusal, TakingJson},
    viewer::Viewer,
};
use crate::{
    auth::{Accounts, Actor},
    state::Cookies,
    store::sessions,
};

/// What one signs in with.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"email": "ada@example.com", "password": "correct horse battery staple"}))]
pub(super) struct Login {
    /// Compared without case.
    email: String,
    /// As it was chosen, every character of it.
    password: String,
}

/// Signs in.
///
/// The answer sets the cookie of a session, which lasts for 12 hours without use and 7 days at most. Whoever fails often waits longer each time.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    operation_id = "login",
    tag = "accounts",
    request_body = Login,
    security(()),
    responses((status = 200, description = "Signed in.", body = Me), Refusal<401>, TakingJson)
)]
pub(super) async fn login(
    State(accounts): State<Accounts>,
    browser: Browser,
    Sent(login): Sent<Login>,
) -> Result<Response, Problem> {
    let recognized = accounts.recognize(browser.trial(login.email, login.password)).await?;
    let kept = browser.begin(&accounts, &recognized).await?;
    let user = recognized.user;
    let me = Me { name: user.email, role: user.role, user_id: Some(user.user_id), token_id: None };
    Ok((kept, Json(me)).into_response())
}

/// Ends the session of a request, if it has one.
pub(super) async fn end(session: &Session) -> Result<(), ApiError> {
    session.flush().await.map_err(|error| {
        tracing::error!(%error, "a session could not be ended");
        ApiError::Unavailable
    })
}

/// Signs out.
///
/// The session ends here and now, and with it every live stream of it within a heartbeat. A token is not ended by this: revoke it.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    operation_id = "logout",
    tag = "accounts",
    responses((status = 204, description = "Signed out."), Refusal<401>, Changing)
)]
pub(super) async fn logout(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    viewer: Viewer,
    session: Session,
) -> Result<Response, Problem> {
    accounts.sign_out(&viewer.by()).await?;
    end(&session).await?;
    Ok((StatusCode::NO_CONTENT, [cookies.removal()]).into_response())
}

/// Shows who asks.
#[utoipa::path(
    get,
    path = "/api/v1/auth/me",
    operation_id = "showMe",
    tag = "accounts",
    responses((status = 200, description = "Who asks.", body = Me), Refusal<401>, Reading)
)]
pub(super) async fn me(viewer: Viewer) -> Result<Json<Me>, Problem> {
    Ok(Json(viewer.actor.me().ok_or(ApiError::SignInRequired)?))
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PasswordChange {
    /// The present one.
    current_password: String,
    /// The next one: 12 to 256 characters, and not among the first that are guessed.
    password: String,
}

/// Changes one's password.
///
/// All sessions of the user end, and the one that asks begins anew.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password",
    operation_id = "changePassword",
    tag = "accounts",
    request_body = PasswordChange,
    responses((status = 204, description = "Changed."), Refusal<401>, Refusal<409>, TakingJson)
)]
pub(super) async fn change_password(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    browser: Browser,
    Sent(change): Sent<PasswordChange>,
) -> Result<Response, Problem> {
    let Actor::User { user_id, .. } = &viewer.actor else {
        return Err(ApiError::conflict("A token has no password.").into());
    };
    let passwords = (change.current_password, change.password);
    let recognized = accounts.change_password(&viewer.by(), *user_id, &viewer.address, passwords).await?;
    let kept = browser.begin(&accounts, &recognized).await?;
    Ok((StatusCode::NO_CONTENT, kept).into_response())
}

/// Sessions.
#[derive(Serialize, ToSchema)]
pub(super) struct Sessions {
    /// The youngest first.
    pub(super) items: Vec<SignedIn>,
    /// Always `null`: all of them are here.
    pub(super) next: Option<String>,
}

/// Lists one's sessions.
#[utoipa::path(
    get,
    path = "/api/v1/auth/sessions",
    operation_id = "listOwnSessions",
    tag = "accounts",
    responses((status = 200, description = "One's sessions.", body = Sessions), Refusal<401>, Reading)
)]
pub(super) async fn own_sessions(State(accounts): State<Accounts>, viewer: Viewer) -> Result<Json<Sessions>, Problem> {
    let items = match &viewer.actor {
        Actor::User { user_id, session_hash, .. } => {
            sessions::list(&accounts.database, *user_id, Some(session_hash), Timestamp::now()).await.map_err(refusal)?
        }
        Actor::Token { .. } | Actor::Anonymous => Vec::new(),
    };
    Ok(Json(Sessions { items, next: None }))
}

/// Ends a session.
///
/// One's own; an admin ends anybody's.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/sessions/{sessionId}",
    operation_id = "endSession",
    tag = "accounts",
    params(("sessionId" = SessionId, Path, description = "The session.")),
    request_body = Option<Because>,
    responses((status = 204, description = "Ended."), Refusal<401>, Refusal<404>, TakingJson)
)]
pub(super) async fn end_session(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    Id(session_id): Id<SessionId>,
    SentIfAny(Because { reason }): SentIfAny<Because>,
) -> Result<StatusCode, Problem> {
    let is_admin = viewer.actor.role() == Some(app::domain::Role::Admin);
    accounts.end_session(&viewer.by().because(reason.as_ref()), session_id, is_admin).await?;
    Ok(StatusCode::NO_CONTENT)
}
