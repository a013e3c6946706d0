//! How a file comes in: kept as it streams, its row committed, its job enqueued. Only then it is answered.

use app::{
    api::ApiError,
    domain::{ImportId, ImportMode, JobId},
};
use axum::{
    body::Body,
    extract::{
        FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, header},
};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use jiff::Timestamp;

use super::{beside::Beside, error::refusal};
use crate::{
    AppState,
    auth::Actor,
    files::{FileError, KeptFile},
    jobs::{JobError, reconciler},
    store::{
        Transaction,
        imports::{self, Kept, NewImport},
    },
};

/// The longest `Idempotency-Key` that is taken.
const LONGEST_KEY: usize = 200;
/// The longest file name that is kept, in characters.
const LONGEST_FILE_NAME: usize = 200;
/// An import that was taken in, now or by an earlier request with the same key.
pub(super) struct Accepted {
    pub(super) import_id: ImportId,
    pub(super) job_id: JobId,
}

/// Takes the file of a request in.
pub(super) async fn take_in(state: &AppState, request: Request, mode: ImportMode) -> Result<Accepted, ApiError> {
    let idempotency_key = idempotency_key(request.headers())?;
    let who = request.extensions().get::<Actor>().unwrap_or(&Actor::Anonymous).user_key();
    // Held until the answer is there, or whoever sends has left.
    let _place = state.uploads.begin(who)?;
    let import_id = ImportId(uuid::Uuid::now_v7());
    let upload = receive(state, request, import_id, mode).await?;
    let import = NewImport {
        import_id,
        job_id: JobId(uuid::Uuid::now_v7().to_string()),
        idempotency_key,
        file_name: upload.file_name,
        storage_path: upload.file.path,
        size_bytes: upload.file.size_bytes,
        sha256: upload.file.sha256,
        mode: upload.mode,
    };
    match record(state, &import).await? {
        None => Ok(Accepted { import_id, job_id: enqueue(state, import_id, &import.job_id).await? }),
        Some(kept) => repeated(state, &import, kept).await,
    }
}

/// The answer to a request that was answered before: the same import.
async fn repeated(state: &AppState, import: &NewImport, kept: Kept) -> Result<Accepted, ApiError> {
    discard(state, &import.storage_path).await;
    if kept.sha256 != import.sha256 || kept.mode != import.mode {
        return Err(ApiError::IdempotencyKeyReused);
    }
    Ok(Accepted { import_id: kept.import_id, job_id: kept.job_id })
}

/// Commits the import's row, or finds the import that has its key already.
async fn record(state: &AppState, import: &NewImport) -> Result<Option<Kept>, ApiError> {
    let (transaction, kept) = match write(state, import).await {
        Ok(written) => written,
        Err(refused) => {
            discard(state, &import.storage_path).await;
            return Err(refused);
        }
    };
    // From here on the row may be there even if this fails, so the file stays. Should there be none, the sweeper finds out.
    transaction.commit().await.map_err(refusal)?;
    Ok(kept)
}

/// Writes the row, without committing it.
async fn write(state: &AppState, import: &NewImport) -> Result<(Transaction, Option<Kept>), ApiError> {
    let mut transaction = state.parts.database.begin().await.map_err(refusal)?;
    imports::hold_files(&mut transaction).await.map_err(refusal)?;
    // Asked while files are held in their places, as the sweeper removes: after a pause of hours the file may be gone.
    if !state.parts.files.has(&import.storage_path).await.map_err(no_storage)? {
        tracing::error!(path = import.storage_path, "a file was gone before its import was recorded");
        return Err(ApiError::Unavailable);
    }
    let kept = imports::insert(&mut transaction, import, Timestamp::now()).await.map_err(refusal)?;
    if kept.is_none() {
        crate::import::tell(&mut transaction, import.import_id, Timestamp::now()).await.map_err(refusal)?;
    }
    Ok((transaction, kept))
}

/// From here on the import is kept: should this fail, the reconciler enqueues it, and a repeated request finds it.
async fn enqueue(state: &AppState, import_id: ImportId, job_id: &JobId) -> Result<JobId, ApiError> {
    reconciler::enqueue(&state.parts, import_id, job_id).await.map_err(|error: JobError| {
        tracing::error!(%import_id, %error, "an import could not be enqueued; it will be later");
        ApiError::Unavailable
    })
}

struct Upload {
    file: KeptFile,
    file_name: Option<String>,
    mode: ImportMode,
}

/// Keeps the body, or the part of it that is the file.
async fn receive(
    state: &AppState,
    request: Request,
    import_id: ImportId,
    mode: ImportMode,
) -> Result<Upload, ApiError> {
    match essence(request.headers()).as_str() {
        "text/csv" => {
            let body = Body::into_data_stream(request.into_body());
            Ok(Upload { file: keep(state, import_id, body).await?, file_name: None, mode })
        }
        "multipart/form-data" => {
            let beside = Beside::default();
            let form = Multipart::from_request(beside.count(request), &())
                .await
                .map_err(|problem| ApiError::BadRequest { message: problem.body_text() })?;
            receive_form(state, form, import_id, (mode, beside)).await
        }
        _ => Err(ApiError::UnsupportedMediaType),
    }
}

async fn receive_form(
    state: &AppState,
    mut form: Multipart,
    import_id: ImportId,
    (mode, beside): (ImportMode, Beside),
) -> Result<Upload, ApiError> {
    let mut fields = Fields { mode, beside, received: None };
    let is_read = fields.read(state, &mut form, import_id).await;
    match (is_read, fields.received) {
        (Ok(()), Some((file, file_name))) if file_name.is_some() || file.size_bytes > 0 => {
            Ok(Upload { file, file_name, mode: fields.mode })
        }
        (refused, Some((file, _))) => {
            discard(state, &file.path).await;
            Err(refused.err().unwrap_or_else(no_file))
        }
        (refused, None) => Err(refused.err().unwrap_or_else(no_file)),
    }
}

/// The fields of a form, in whichever order they come.
struct Fields {
    mode: ImportMode,
    beside: Beside,
    /// A browser sends a file without a name and without a byte when none was chosen.
    received: Option<(KeptFile, Option<String>)>,
}

impl Fields {
    async fn read(&mut self, state: &AppState, form: &mut Multipart, import_id: ImportId) -> Result<(), ApiError> {
        let beside = self.beside.clone();
        let broken = |problem: MultipartError| beside.blame(ApiError::BadRequest { message: problem.body_text() });
        while let Some(field) = form.next_field().await.map_err(broken)? {
            match field.name() {
                Some("mode") => {
                    let name = field.text().await.map_err(broken)?;
                    self.mode = name.parse().map_err(|problem| ApiError::invalid("mode", problem))?;
                }
                Some("file") if self.received.is_none() => {
                    let file_name = file_name(&field);
                    let kept = keep(state, import_id, field.inspect(|piece| beside.pass(piece))).await;
                    self.received = Some((kept.map_err(|error| beside.blame(error))?, file_name));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn no_file() -> ApiError {
    ApiError::invalid("file", "Choose a CSV file: the form has none in its field 'file'.")
}

async fn keep<S, E>(state: &AppState, import_id: ImportId, body: S) -> Result<KeptFile, ApiError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let kept = state.parts.files.keep(import_id, body, state.limits.upload_bytes).await;
    kept.map_err(|error| match error {
        FileError::TooLarge { limit_bytes } => ApiError::TooLarge { limit_bytes },
        FileError::Upload(problem) => ApiError::BadRequest { message: format!("The upload broke off: {problem}") },
        error => no_storage(error),
    })
}

fn no_storage(error: FileError) -> ApiError {
    tracing::error!(%error, "a file could not be kept");
    if error.is_full() { ApiError::StorageFull } else { ApiError::Unavailable }
}

/// Removes a file that no import will have.
async fn discard(state: &AppState, path: &str) {
    if let Err(error) = state.parts.files.remove(path).await {
        tracing::warn!(path, %error, "a refused upload could not be removed; it will be later");
    }
}

/// The file's own name, without the folders that some browsers send with it.
fn file_name(field: &Field<'_>) -> Option<String> {
    let name = field.file_name()?.rsplit(['/', '\\']).next()?;
    let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_FILE_NAME).collect();
    (!name.is_empty()).then_some(name)
}

/// The media type without its parameters.
fn essence(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=LONGEST_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(ApiError::invalid("Idempotency-Key", format!("Send 1 to {LONGEST_KEY} visible ASCII characters."))),
    }
}
