//! Tokens of programs: for admins.

use app::domain::{ApiToken, Reason, Role, TokenId};
use axum::{Json, extract::State, http::StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    error::{Id, Problem, Sent, SentIfAny, refusal},
    reason::Because,
    refusal::{Reading, Refusal, TakingJson},
    viewer::Viewer,
};
use crate::{
    auth::Accounts,
    store::api_tokens::{self, TokenName},
};

/// Tokens.
#[derive(Serialize, ToSchema)]
pub(super) struct Tokens {
    /// The youngest first; those that are not taken any more, too.
    items: Vec<ApiToken>,
    /// Always `null`: all of them are here.
    next: Option<String>,
}

/// Lists tokens.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    operation_id = "listTokens",
    tag = "accounts",
    responses((status = 200, description = "All tokens, without their texts.", body = Tokens), Refusal<401>, Refusal<403>, Reading)
)]
pub(super) async fn list(State(accounts): State<Accounts>) -> Result<Json<Tokens>, Problem> {
    Ok(Json(Tokens { items: api_tokens::list(&accounts.database).await.map_err(refusal)?, next: None }))
}

/// A token to make.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"name": "billing", "role": "operator"}))]
pub(super) struct NewToken {
    /// What it is for: 1 to 100 characters.
    name: String,
    /// What its bearer may do.
    role: Role,
    /// When it ends by itself. It does not, if this is left out.
    expires_at: Option<Timestamp>,
    /// Why: kept in the audit log.
    reason: Option<Reason>,
}

/// A token that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeToken {
    /// Its text, shown here and never again.
    token: String,
    /// What is known of it.
    #[serde(flatten)]
    known: ApiToken,
}

/// Makes a token.
///
/// Its text is in this answer and nowhere else. Send it with each request: `Authorization: Bearer …`.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    operation_id = "makeToken",
    tag = "accounts",
    request_body = NewToken,
    responses((status = 201, description = "Made.", body = MadeToken), Refusal<401>, Refusal<409>, TakingJson)
)]
pub(super) async fn add(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    Sent(new): Sent<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let by = viewer.by().because(new.reason.as_ref());
    let (known, text) = accounts.make_token(&by, &new.name, new.role, new.expires_at).await?;
    Ok((StatusCode::CREATED, Json(MadeToken { token: text.reveal().to_owned(), known })))
}

/// Revokes a token.
///
/// It is not taken any more, and its live streams end within a heartbeat.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{tokenId}",
    operation_id = "revokeToken",
    tag = "accounts",
    params(("tokenId" = TokenId, Path, description = "The token.")),
    request_body = Option<Because>,
    responses((status = 200, description = "Revoked.", body = ApiToken), Refusal<401>, Refusal<404>, TakingJson)
)]
pub(super) async fn revoke(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    Id(token_id): Id<TokenId>,
    SentIfAny(Because { reason }): SentIfAny<Because>,
) -> Result<Json<ApiToken>, Problem> {
    let by = viewer.by().because(reason.as_ref());
    Ok(Json(accounts.revoke_token(&by, &TokenName::Id(token_id)).await?))
}
