//! Imports: taken in, listed, shown, and their error lists.

use std::sync::Arc;

use app::{
    api::{ApiError, backend::Backend},
    domain::{ImportId, ImportMode, ImportRowError, ImportStatus, ImportSummary, JobId, Listing},
};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    error::{Asked, Id, Problem, refusal},
    intake,
    refusal::{Reading, Refusal, TakingJson},
};
use crate::{
    AppState,
    import::FileFormat,
    jobs::context::Parts,
    store::{
        StoreError,
        import_errors::{self, RefusedRow},
    },
};

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
    Asked(wishes): Asked<Wishes>,
    request: Request,
) -> Result<Response, Problem> {
    let accepted = intake::take_in(&state, request, wishes.mode()?).await?;
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
pub(super) async fn upload_form(State(state): State<AppState>, request: Request) -> Redirect {
    match intake::take_in(&state, request, ImportMode::default()).await {
        Ok(accepted) => Redirect::to(&format!("/imports/{}", accepted.import_id)),
        Err(refused) => {
            let reason = match &refused {
                ApiError::Invalid { field, .. } if field == "file" => "no_file",
                refused => refused.code(),
            };
            Redirect::to(&format!("/customers/import?refused={reason}"))
        }
    }
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

/// Refused rows that are read at once.
const REFUSED_ROWS: u32 = 50;
/// What stands behind the columns of the file.
const ERROR_COLUMNS: [&str; 4] = ["_error_row", "_error_line", "_error_column", "_error"];

/// Gives the refused rows as a file.
///
/// As they stood in the file that was uploaded, and what is wrong with them. To be mended and imported again: columns whose names are not
/// known are left alone by an import.
#[utoipa::path(
    get,
    path = "/api/v1/imports/{importId}/errors.csv",
    operation_id = "downloadImportErrors",
    tag = "imports",
    params(("importId" = ImportId, Path, description = "The import's id.")),
    responses(
        (status = 200, description = "The refused rows.", body = String, content_type = "text/csv",
            example = "name,email,_error_row,_error_line,_error_column,_error\nNo,,1,2,email,Every customer needs an e-mail.\n"),
        Refusal<404>,
        Reading
    )
)]
pub(super) async fn errors_csv(
    State(backend): State<Arc<dyn Backend>>,
    State(parts): State<Parts>,
    Id(import_id): Id<ImportId>,
) -> Result<Response, Problem> {
    backend.import(import_id).await?;
    let format = import_errors::format_of(&parts.database, import_id).await.map_err(refusal)?;
    let format: Option<FileFormat> = format.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let name = format!("attachment; filename=\"import-{import_id}-errors.csv\"");
    Ok((headers, [(header::CONTENT_DISPOSITION, name)], Body::from_stream(refused_rows(parts, import_id, format)))
        .into_response())
}

/// The file, a page of rows at a time.
fn refused_rows(
    parts: Parts,
    import_id: ImportId,
    format: Option<FileFormat>,
) -> impl futures::Stream<Item = Result<Bytes, StoreError>> + Send + 'static {
    let header = format.as_ref().map(|format| format.header.clone()).unwrap_or_default();
    let delimiter = format.map_or(b',', |format| format.delimiter);
    async_stream::try_stream! {
        let titles = header.iter().map(String::as_str).chain(ERROR_COLUMNS).map(ToOwned::to_owned);
        yield written(delimiter, [titles.collect()]);
        let mut after = 0;
        loop {
            let rows = import_errors::refused_rows(&parts.database, import_id, after, REFUSED_ROWS).await?;
            let Some(last) = rows.last().and_then(|row| row.errors.first()) else { break };
            after = last.row;
            yield written(delimiter, rows.iter().map(|row| line(row, header.len())));
        }
    }
}

/// A refused row, padded to the width of the file so that the error columns stand below their titles. Fields that were too many
/// follow behind them: nothing that the file had is lost.
fn line(row: &RefusedRow, width: usize) -> Vec<String> {
    let (kept, surplus) = row.fields.split_at(row.fields.len().min(width));
    let joined = |part: fn(&ImportRowError) -> Option<&str>| {
        let parts: Vec<&str> = row.errors.iter().filter_map(part).collect();
        parts.join("; ")
    };
    let first = row.errors.first();
    let mut line = kept.to_vec();
    line.resize(width, String::new());
    line.push(first.map(|error| error.row.to_string()).unwrap_or_default());
    line.push(first.map(|error| error.line.to_string()).unwrap_or_default());
    line.push(joined(|error| error.column.as_deref()));
    line.push(joined(|error| Some(&error.message)));
    line.extend_from_slice(surplus);
    line
}

fn written(delimiter: u8, lines: impl IntoIterator<Item = Vec<String>>) -> Bytes {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
    for line in lines {
        // Writing to memory can't fail.
        let _ = writer.write_record(&line);
    }
    writer.into_inner().map(Bytes::from).unwrap_or_default()
}
