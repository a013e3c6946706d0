//! Who did what: for admins.

use app::{
    api::ApiError,
    domain::{AuditPage, AuditQuery},
};
use axum::{Json, body::Body, extract::State, response::Response};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    attachment,
    error::{Asked, Problem},
    refusal::{Reading, Refusal},
};
use crate::{auth::Accounts, export, failure::unlisted, store::audit::search};

/// Entries of a page, if nobody says otherwise, and at most.
const USUAL: u32 = 100;
const MOST: u32 = 1_000;

/// Which entries: those that meet all that is said.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wishes {
    /// Only those of an actor: a user's e-mail, or a token's name.
    actor: Option<String>,
    /// Only this action, or all of a subject: `user` means `user.added` too.
    action: Option<String>,
    /// Only those that ended so: `done`, `refused` for all that were not, or the code of a refusal.
    #[param(example = "refused")]
    outcome: Option<String>,
    /// Only those of this moment and later ones, in RFC 3339.
    #[param(value_type = Option<Timestamp>)]
    since: Option<String>,
    /// Only those before this moment, in RFC 3339.
    #[param(value_type = Option<Timestamp>)]
    until: Option<String>,
    /// Only those in whose target or reason this text stands, without case.
    q: Option<String>,
}

impl Wishes {
    fn query(self) -> Result<AuditQuery, ApiError> {
        let Self { actor, action, outcome, since, until, q } = self;
        let (since, until) = (moment("since", since.as_deref())?, moment("until", until.as_deref())?);
        Ok(AuditQuery { actor, action, outcome, since, until, text: q })
    }
}

fn moment(parameter: &str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    let message = "Use a moment in RFC 3339, such as 2026-11-28T05:30:00Z.";
    text.map(str::parse).transpose().map_err(|_| ApiError::invalid(parameter, message))
}

/// Which page of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Turn {
    /// The `next` of the page before.
    before: Option<String>,
    /// Entries of the page.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

/// Lists what was done.
///
/// The youngest first: sign-ins, refusals, and whatever somebody changed. One call looks at no more than 10,000 entries: a search may answer a
/// page that is not full, or empty, with `complete: false`; ask on with its `next`.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    operation_id = "listAudit",
    tag = "accounts",
    params(Wishes, Turn),
    responses((status = 200, description = "Entries.", body = AuditPage), Refusal<400>, Refusal<422>, Reading)
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    Asked(wishes): Asked<Wishes>,
    Asked(turn): Asked<Turn>,
) -> Result<Json<AuditPage>, Problem> {
    let limit = turn.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("Use 1 to {MOST}.")).into());
    }
    let query = wishes.query()?;
    Ok(Json(search::page(&accounts.database, &query, turn.before.as_deref(), limit).await.map_err(unlisted)?))
}

/// Gives what was done as a file.
///
/// The youngest first, with the same choice as the list, and none of what is done from now on. A cell that a spreadsheet would run as a formula
/// has an apostrophe before it; the column `_escaped` says so to whoever reads on by program. That somebody took the file is an entry itself.
#[utoipa::path(
    get,
    path = "/api/v1/audit/export.csv",
    operation_id = "exportAudit",
    tag = "accounts",
    params(Wishes),
    responses(
        (status = 200, description = "Entries. A body that breaks off is not the whole.", body = String, content_type = "text/csv",
            example = "entryId,at,actorKind,actor,action,target,stateBefore,stateAfter,reason,outcome,address,_escaped\n\
                7,2026-11-28T05:30:00Z,user,ada@example.com,queue.paused,test,running,paused,'=1+1,done,203.0.113.7,\n"),
        Refusal<400>,
        Refusal<422>,
        Reading
    )
)]
pub(super) async fn export(
    State(accounts): State<Accounts>,
    Asked(wishes): Asked<Wishes>,
) -> Result<Response, Problem> {
    let rows = export::audit(accounts.database, wishes.query()?).await.map_err(unlisted)?;
    let name = Timestamp::now().strftime("audit-%Y-%m-%d").to_string();
    Ok(attachment::csv(&name, Body::from_stream(rows)))
}
