//! Imports: taken in, listed, shown, and their error lists.

use std::sync::Arc;

use app::{
    api::{ApiError, backend::Backend},
    domain::{ImportId, ImportMode, ImportRowError, ImportSummary, Listing},
};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{
    error::{Asked, Id, Problem, refusal},
    intake,
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
#[derive(Deserialize)]
pub(super) struct Wishes {
    mode: Option<String>,
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

/// `POST /api/v1/customers/import`: 202 as soon as the file is kept and its row committed.
pub(super) async fn upload(
    State(state): State<AppState>,
    Asked(wishes): Asked<Wishes>,
    request: Request,
) -> Result<Response, Problem> {
    let accepted = intake::take_in(&state, request, wishes.mode()?).await?;
    let location = format!("/api/v1/imports/{}", accepted.import_id);
    let body = json!({ "importId": accepted.import_id, "jobId": accepted.job_id, "status": "queued" });
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(body)).into_response())
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

/// Which page of a list.
#[derive(Deserialize)]
pub(super) struct Page {
    before: Option<String>,
    after: Option<String>,
}

/// `GET /api/v1/imports?before=`
pub(super) async fn list(
    State(backend): State<Arc<dyn Backend>>,
    Asked(page): Asked<Page>,
) -> Result<Json<Listing<ImportSummary>>, Problem> {
    Ok(Json(backend.imports(page.before).await?.data))
}

/// `GET /api/v1/imports/{id}`
pub(super) async fn show(
    State(backend): State<Arc<dyn Backend>>,
    Id(import_id): Id<ImportId>,
) -> Result<Json<ImportSummary>, Problem> {
    Ok(Json(backend.import(import_id).await?.data))
}

/// `GET /api/v1/imports/{id}/errors?after=`
pub(super) async fn errors(
    State(backend): State<Arc<dyn Backend>>,
    Id(import_id): Id<ImportId>,
    Asked(page): Asked<Page>,
) -> Result<Json<Listing<ImportRowError>>, Problem> {
    backend.import(import_id).await?;
    Ok(Json(backend.import_errors(import_id, page.after).await?))
}

/// Refused rows that are read at once.
const REFUSED_ROWS: u32 = 50;
/// What stands behind the columns of the file.
const ERROR_COLUMNS: [&str; 4] = ["_error_row", "_error_line", "_error_column", "_error"];

/// `GET /api/v1/imports/{id}/errors.csv`: the refused rows as they stood in the file, and what is wrong with them. To be mended and
/// imported again: columns whose names are not known are left alone by an import.
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
