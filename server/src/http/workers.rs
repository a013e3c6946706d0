//! Workers: listed.

use app::domain::{Listing, Worker};
use axum::{Json, extract::State};

use super::{
    error::{Problem, refusal},
    refusal::Reading,
};
use crate::jobs::context::Parts;

/// Lists workers.
///
/// All processes that take jobs, by their ids. One that ended otherwise than by stopping stays in the list for an hour as `gone`.
#[utoipa::path(
    get,
    path = "/api/v1/workers",
    operation_id = "listWorkers",
    tag = "workers",
    responses((status = 200, description = "The workers, all on one page.", body = Listing<Worker>), Reading)
)]
pub(super) async fn list(State(parts): State<Parts>) -> Result<Json<Listing<Worker>>, Problem> {
    let items = parts.backplane.workers().await.map_err(refusal)?;
    Ok(Json(Listing { items, next: None }))
}
