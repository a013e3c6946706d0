//! Who did what: for admins.

use app::{
    api::ApiError,
    domain::{AuditEntry, AuditQuery, Listing},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    error::{Asked, Problem, refusal},
    refusal::{Reading, Refusal},
};
use crate::{auth::Accounts, store::audit};

/// Entries of a page, if nobody says otherwise, and at most.
const USUAL: u32 = 100;
const MOST: u32 = 1_000;

/// What is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wishes {
    /// Only those of an actor: a user's e-mail, or a token's name.
    actor: Option<String>,
    /// Only this action, or all that begin with it: `user` means `user.added` too.
    action: Option<String>,
    /// The `next` of the page before.
    before: Option<String>,
    /// Entries of the page.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

/// Entries.
#[derive(Serialize, ToSchema)]
pub(super) struct Entries {
    /// The youngest first.
    items: Vec<AuditEntry>,
    /// What to pass on as `before` for the page behind this one.
    next: Option<String>,
}

/// Lists what was done.
///
/// The youngest first: sign-ins, refusals, and whatever somebody changed.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    operation_id = "listAudit",
    tag = "accounts",
    params(Wishes),
    responses((status = 200, description = "Entries.", body = Entries), Refusal<400>, Refusal<401>, Refusal<403>, Refusal<422>, Reading)
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    Asked(wishes): Asked<Wishes>,
) -> Result<Json<Entries>, Problem> {
    let Listing { items, next } = page(&accounts, &wishes).await?;
    Ok(Json(Entries { items, next }))
}

async fn page(accounts: &Accounts, wishes: &Wishes) -> Result<Listing<AuditEntry>, ApiError> {
    let before = wishes.before.as_deref().map(str::parse).transpose().map_err(|_| ApiError::no_place("before"))?;
    let limit = wishes.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("Use 1 to {MOST}.")));
    }
    let query = AuditQuery { actor: wishes.actor.clone(), action: wishes.action.clone() };
    audit::list(&accounts.database, &query, before, limit).await.map_err(refusal)
}
