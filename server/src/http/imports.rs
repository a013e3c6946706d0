//! Imports: taken in, listed, shown, and their error lists.

use std::sync::Arc;

use app::{
    api::{ApiError, backend::Backend},
    domain::{ImportId, ImportMode, ImportRowError, ImportStatus, ImportSummary, JobId, Listing},
};
use axum::{
    Extension, Json,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    access::Note,
    attachment,
    error::{Asked, Code, Id, Problem, refusal},
    intake,
    refusal::{Reading, Refusal, TakingJson},
};
use crate::{AppState, export, jobs::context::Parts};

/// How an import shall be done.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wishes {
    /// What to do with rows whose e-mail is known, or is not. A form may say it in a field of this name, before the file.
    #[param(value_type = Option<ImportMode>)]
    mode: Option<String>,
    /// Which of several rows with the same e-mail counts. `last` is the only choice so far.
    #[param(default = "last")]
    duplicates: Option<String>,
}

impl Wishes {
    fn mode(&self) -> Result<ImportMode, ApiError> {
        if self.duplicates.as_deref().is_some_and(|duplicates| duplicates != "last") {
            return Err(ApiError::invalid(
                "duplicates",
                "Of rows with the same e-mail the last one wins; 'last' is the only choice so far.",
            ));
        }
        let mode = self.mode.as_deref().map(str::parse).transpose();
        Ok(mode.map_err(|problem| ApiError::invalid("mode", problem))?.unwrap_or_default())
    }
}

/// Imports a file of customers.
///
/// Answered as soon as the file is kept; a worker does the rest. Send it as `text/csv`, or as a form in a field named `file`. An
/// `Idempotency-Key` makes a repeated request safe: the same key gives the same import.
#[utoipa::path(
    post,
    path = "/api/v1/customers/import",
    operation_id = "importCustomers",
    tag = "imports",
    params(Wishes, ("Idempotency-Key" = Option<String>, Header, description = "Up to 200 characters that name this upload.")),
    request_body(
        description = "The file, at most 1 GiB.",
        content(
            (String = "text/csv", example = "name,email\nAnn,ann@example.org\n"),
            (FileForm = "multipart/form-data")
        )
    ),
    responses(
        (status = 202, description = "The file is kept, and its import is under way.", body = Accepted,
            headers(("Location" = String, description = "Where the import is."))),
        TakingJson,
    )
)]
pub(super) async fn upload(
    State(state): State<AppState>,
    note: Note,
    Asked(wishes): Asked<Wishes>,
    request: Request,
) -> Result<Response, Problem> {
    let accepted = intake::take_in(&state, request, wishes.mode()?).await?;
    noted(&note, &accepted);
    let location = format!("/api/v1/imports/{}", accepted.import_id);
    let body = Accepted { import_id: accepted.import_id, job_id: accepted.job_id, status: ImportStatus::Queued };
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(body)).into_response())
}

/// An import that was taken in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AcceptedImport)]
pub(super) struct Accepted {
    /// The import.
    import_id: ImportId,
    /// The job that does it.
    job_id: JobId,
    /// Where it stands.
    status: ImportStatus,
}

/// The form of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the fields of a form that is never held in memory")]
struct FileForm {
    /// See the parameter of this name; before the file.
    mode: Option<ImportMode>,
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// `POST /customers/import`: the same for a form of a page that has no script yet.
pub(super) async fn upload_form(State(state): State<AppState>, note: Note, request: Request) -> Response {
    match intake::take_in(&state, request, ImportMode::default()).await {
        Ok(accepted) => {
            noted(&note, &accepted);
            Redirect::to(&format!("/imports/{}", accepted.import_id)).into_response()
        }
        Err(refused) => {
            let reason = match &refused {
                ApiError::Invalid { field, .. } if field == "file" => "no_file",
                refused => refused.code(),
            };
            let back = Redirect::to(&format!("/customers/import?refused={reason}"));
            // To a browser it is a page like any other.
            (Extension(Code(refused.code())), back).into_response()
        }
    }
}

/// A request that was repeated names the import that it made the first time.
fn noted(note: &Note, accepted: &intake::Accepted) {
    note.of(accepted.import_id);
    note.is_now(format!("job {}", accepted.job_id));
}

/// Which page of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// The `next` of the page before.
    before: Option<String>,
}

/// Which page of an error list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ErrorPage {
    /// The `next` of the page before.
    after: Option<String>,
}

/// Lists imports.
///
/// The newest first, 50 on a page.
#[utoipa::path(
    get,
    path = "/api/v1/imports",
    operation_id = "listImports",
    tag = "imports",
    params(Page),
    responses((status = 200, description = "A page of imports.", body = Listing<ImportSummary>), Refusal<400>, Reading)
)]
pub(super) async fn list(
    State(backend): State<Arc<dyn Backend>>,
    Asked(page): Asked<Page>,
) -> Result<Json<Listing<ImportSummary>>, Problem> {
    Ok(Json(backend.imports(page.before).await?.data))
}

/// Shows an import.
#[utoipa::path(
    get,
    path = "/api/v1/imports/{importId}",
    operation_id = "showImport",
    tag = "imports",
    params(("importId" = ImportId, Path, description = "The import's id.")),
    responses((status = 200, description = "The import.", body = ImportSummary), Refusal<404>, Reading)
)]
pub(super) async fn show(
    State(backend): State<Arc<dyn Backend>>,
    Id(import_id): Id<ImportId>,
) -> Result<Json<ImportSummary>, Problem> {
    Ok(Json(backend.import(import_id).await?.data))
}

/// Lists what is wrong with the rows of a file.
///
/// In the order of the file, 50 on a page.
#[utoipa::path(
    get,
    path = "/api/v1/imports/{importId}/errors",
    operation_id = "listImportErrors",
    tag = "imports",
    params(("importId" = ImportId, Path, description = "The import's id."), ErrorPage),
    responses(
        (status = 200, description = "A page of errors.", body = Listing<ImportRowError>),
        Refusal<400>,
        Refusal<404>,
        Reading
    )
)]
pub(super) async fn errors(
    State(backend): State<Arc<dyn Backend>>,
    Id(import_id): Id<ImportId>,
    Asked(page): Asked<ErrorPage>,
) -> Result<Json<Listing<ImportRowError>>, Problem> {
    backend.import(import_id).await?;
    Ok(Json(backend.import_errors(import_id, page.after).await?))
}

/// Gives the refused rows as a file.
///
/// As they stood in the file that was uploaded, and what is wrong with them. To be mended and imported again: columns whose names are not
/// known are left alone by an import. A cell that a spreadsheet would run as a formula has an apostrophe before it; the column `_escaped` tells
/// an import to take it off.
#[utoipa::path(
    get,
    path = "/api/v1/imports/{importId}/errors.csv",
    operation_id = "downloadImportErrors",
    tag = "imports",
    params(("importId" = ImportId, Path, description = "The import's id.")),
    responses(
        (status = 200, description = "The refused rows.", body = String, content_type = "text/csv",
            example = "name,email,_error_row,_error_line,_error_column,_error,_escaped\nNo,,1,2,email,Every customer needs an e-mail.,\n"),
        Refusal<404>,
        Reading
    )
)]
pub(super) async fn errors_csv(
    State(backend): State<Arc<dyn Backend>>,
    State(parts): State<Parts>,
    Id(import_id): Id<ImportId>,
) -> Result<Response, Problem> {
    let import = backend.import(import_id).await?.data;
    let rows = export::refused_rows(parts.database, import_id).await.map_err(refusal)?;
    let name = import.file_name.as_deref().map_or_else(|| format!("import-{import_id}"), stem);
    Ok(attachment::csv(&format!("{name}-errors"), Body::from_stream(rows)))
}

/// The name of a file without its ending, short enough for something to stand behind it.
fn stem(file_name: &str) -> String {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    stem.chars().take(100).collect()
}
