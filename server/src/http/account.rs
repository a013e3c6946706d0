//! Oneself: signing in and out, who one is, one's password and one's sessions.

use app::{
    api::ApiError,
    domain::{Me, SessionId, SignedIn, User},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use utoipa::ToSchema;

use super::{
    error::{Id, Problem, Sent, refusal},
    refusal::{Changing, Reading, Refusal, TakingJson},
    viewer::Viewer,
};
use crate::{
    auth::{
        Accounts, Actor,
        browser_sessions::{ADDRESS, AGENT, USER},
        sign_in::Trial,
    },
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
    responses((status = 200, description = "Signed in.", body = Me), Refusal<401>, Refusal<429>, TakingJson)
)]
pub(super) async fn login(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    session: Session,
    headers: HeaderMap,
    Sent(login): Sent<Login>,
) -> Result<Json<Me>, Problem> {
    let trial = Trial { email: login.email, password: login.password, address: viewer.address.clone() };
    let user = accounts.recognize(trial).await?;
    begin(&session, &user, &viewer.address, &headers).await?;
    Ok(Json(Me { name: user.email, role: user.role, user_id: Some(user.user_id), token_id: None }))
}

/// Begins a session for a user. Its secret is new, whatever the browser had before; and what it had before ends.
pub(super) async fn begin(session: &Session, user: &User, address: &str, headers: &HeaderMap) -> Result<(), ApiError> {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let beginning = async {
        session.cycle_id().await?;
        session.insert(USER, user.user_id).await?;
        session.insert(ADDRESS, address).await?;
        session.insert(AGENT, agent).await?;
        session.save().await
    };
    beginning.await.map_err(|error| {
        tracing::error!(%error, "a session could not begin");
        ApiError::Unavailable
    })
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
    end(&session).await?;
    if matches!(viewer.actor, Actor::User { .. }) {
        accounts.note_ended(&viewer.by()).await;
    }
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
    responses((status = 204, description = "Changed."), Refusal<401>, Refusal<409>, Refusal<429>, TakingJson)
)]
pub(super) async fn change_password(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    session: Session,
    headers: HeaderMap,
    Sent(change): Sent<PasswordChange>,
) -> Result<StatusCode, Problem> {
    renew(&accounts, &viewer, &session, &headers, (change.current_password, change.password)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the password of whoever asks, from the present one to the next, and begins his session anew.
pub(super) async fn renew(
    accounts: &Accounts,
    viewer: &Viewer,
    session: &Session,
    headers: &HeaderMap,
    passwords: (String, String),
) -> Result<(), ApiError> {
    let Actor::User { user_id, .. } = &viewer.actor else {
        return Err(ApiError::conflict("A token has no password."));
    };
    let user = accounts.change_password(&viewer.by(), *user_id, &viewer.address, passwords).await?;
    begin(session, &user, &viewer.address, headers).await
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
    responses((status = 204, description = "Ended."), Refusal<401>, Refusal<404>, Changing)
)]
pub(super) async fn end_session(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    Id(session_id): Id<SessionId>,
) -> Result<StatusCode, Problem> {
    let is_admin = viewer.actor.role() == Some(app::domain::Role::Admin);
    accounts.end_session(&viewer.by(), session_id, is_admin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all one's other sessions.
///
/// The one that asks stays. The live streams of the others end within a heartbeat.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/sessions",
    operation_id = "endOtherSessions",
    tag = "accounts",
    responses((status = 204, description = "Ended."), Refusal<401>, Refusal<409>, Changing)
)]
pub(super) async fn end_other_sessions(
    State(accounts): State<Accounts>,
    viewer: Viewer,
) -> Result<StatusCode, Problem> {
    accounts.end_other_sessions(&viewer.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
