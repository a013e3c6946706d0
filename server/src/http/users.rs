//! People who may sign in: for admins.

use app::{
    api::ApiError,
    domain::{Reason, Role, User, UserId},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    account::Sessions,
    error::{Id, Problem, Sent, refusal},
    refusal::{Reading, Refusal, TakingJson},
    viewer::Viewer,
};
use crate::{
    auth::Accounts,
    store::{sessions, users},
};

/// Users.
#[derive(Serialize, ToSchema)]
pub(super) struct Users {
    /// By their e-mails.
    items: Vec<User>,
    /// Always `null`: all of them are here.
    next: Option<String>,
}

/// Lists users.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    operation_id = "listUsers",
    tag = "accounts",
    responses((status = 200, description = "All users.", body = Users), Refusal<401>, Refusal<403>, Reading)
)]
pub(super) async fn list(State(accounts): State<Accounts>) -> Result<Json<Users>, Problem> {
    Ok(Json(Users { items: users::list(&accounts.database).await.map_err(refusal)?, next: None }))
}

/// A user to add.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"email": "ada@example.com", "role": "viewer", "password": "correct horse battery staple"}))]
pub(super) struct NewUser {
    /// By which he signs in.
    email: String,
    /// What he may do.
    role: Role,
    /// 12 to 256 characters, and not among the first that are guessed. He can change it.
    password: String,
    /// Why: kept in the audit log.
    reason: Option<Reason>,
}

/// Adds a user.
#[utoipa::path(
    post,
    path = "/api/v1/users",
    operation_id = "addUser",
    tag = "accounts",
    request_body = NewUser,
    responses((status = 201, description = "Added.", body = User), Refusal<401>, Refusal<409>, TakingJson)
)]
pub(super) async fn add(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    Sent(user): Sent<NewUser>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<User>), Problem> {
    let by = viewer.by().because(user.reason.as_ref());
    let user = accounts.add_user(&by, &user.email, user.role, user.password).await?;
    let place = format!("/api/v1/users/{}", user.user_id);
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(user)))
}

/// What is to be changed.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"role": "operator"}))]
pub(super) struct UserChange {
    /// Another role.
    role: Option<Role>,
    /// `true` takes sign-in from him, `false` gives it back.
    disabled: Option<bool>,
    /// Why: kept in the audit log.
    reason: Option<Reason>,
}

/// Changes what a user may do.
///
/// His sessions end, and with them his live streams within a heartbeat. The last admin stays one.
#[utoipa::path(
    patch,
    path = "/api/v1/users/{userId}",
    operation_id = "changeUser",
    tag = "accounts",
    params(("userId" = UserId, Path, description = "The user.")),
    request_body = UserChange,
    responses((status = 200, description = "As he is now.", body = User), Refusal<401>, Refusal<404>, Refusal<409>, TakingJson)
)]
pub(super) async fn change(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    Id(user_id): Id<UserId>,
    Sent(change): Sent<UserChange>,
) -> Result<Json<User>, Problem> {
    let by = viewer.by().because(change.reason.as_ref());
    let user = match (change.role, change.disabled) {
        (Some(role), None) => accounts.set_role(&by, user_id, role).await?,
        (None, Some(is_disabled)) => accounts.set_disabled(&by, user_id, is_disabled).await?,
        // Two steps could end between the two.
        _ => return Err(ApiError::invalid("", "Send either 'role' or 'disabled'.").into()),
    };
    Ok(Json(user))
}

/// Lists a user's sessions.
#[utoipa::path(
    get,
    path = "/api/v1/users/{userId}/sessions",
    operation_id = "listSessions",
    tag = "accounts",
    params(("userId" = UserId, Path, description = "The user.")),
    responses((status = 200, description = "His sessions.", body = Sessions), Refusal<401>, Refusal<403>, Refusal<404>, Reading)
)]
pub(super) async fn list_sessions(
    State(accounts): State<Accounts>,
    Id(user_id): Id<UserId>,
) -> Result<Json<Sessions>, Problem> {
    let found = users::find(&accounts.database, user_id).await.map_err(refusal)?;
    found.ok_or_else(|| ApiError::not_found("user"))?;
    let items = sessions::list(&accounts.database, user_id, None, Timestamp::now()).await.map_err(refusal)?;
    Ok(Json(Sessions { items, next: None }))
}
