//! Live connections, as operators see them; and their topics, one at a time.

use std::sync::Arc;

use app::{
    api::ApiError,
    domain::{Role, StreamStats},
    events::Topic,
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    access::Note,
    error::{Id, Problem, SentIfAny},
    reason::Because,
    refusal::{Changing, Reading, Refusal, TakingJson},
    sse::{Topics, put_in_force},
    viewer::Viewer,
};
use crate::hub::{Hub, Sight};

/// Shows who listens.
///
/// Of the node that answers: how many connections there are, what they listen to and how far each is. Viewers see their own.
#[utoipa::path(
    get,
    path = "/api/v1/sse/stats",
    operation_id = "showStreams",
    tag = "stream",
    responses((status = 200, description = "The streams of this node.", body = StreamStats), Reading)
)]
pub(super) async fn stats(State(hub): State<Arc<Hub>>, viewer: Viewer) -> Json<StreamStats> {
    let sees_all = viewer.actor.role() >= Some(Role::Operator);
    Json(hub.stats(&viewer.user, if sees_all { Sight::All } else { Sight::Own }))
}

/// What was done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kicked {
    /// The connection that ends.
    connection_id: String,
}

/// Ends a connection.
///
/// Its last frame is `bye`, with the reason `kicked`. A client that comes back is let in again.
#[utoipa::path(
    post,
    path = "/api/v1/sse/{connectionId}/kick",
    operation_id = "kick",
    tag = "stream",
    params(("connectionId" = String, Path, description = "The `connectionId` of the stream's first frame.")),
    request_body = Option<Because>,
    responses((status = 200, description = "It is asked to end.", body = Kicked), Refusal<404>, TakingJson)
)]
pub(super) async fn kick(
    State(hub): State<Arc<Hub>>,
    note: Note,
    Id(connection_id): Id<String>,
    SentIfAny(Because { reason }): SentIfAny<Because>,
) -> Result<Json<Kicked>, Problem> {
    note.because(reason.as_ref());
    hub.kick(&connection_id).ok_or_else(|| ApiError::not_found("connection"))?;
    note.was("open");
    note.is_now("ending");
    Ok(Json(Kicked { connection_id }))
}

/// Listens to a job as well.
///
/// What comes from now on is told; to have what came before, use `topics` with `from`.
#[utoipa::path(
    post,
    path = "/api/v1/sse/{connectionId}/subscribe/job/{jobId}",
    operation_id = "subscribeToJob",
    tag = "stream",
    params(
        ("connectionId" = String, Path, description = "The `connectionId` of the stream's first frame."),
        ("jobId" = String, Path, description = "The job.")
    ),
    responses((status = 200, description = "All topics of the connection.", body = Topics), Refusal<404>, Refusal<422>, Changing)
)]
pub(super) async fn subscribe_to_job(
    State(hub): State<Arc<Hub>>,
    viewer: Viewer,
    Id((connection_id, job_id)): Id<(String, String)>,
) -> Result<Json<Topics>, Problem> {
    let topic = proper("jobId", Topic::Job((&*job_id).into()))?;
    put_in_force(&hub, &viewer, &connection_id, (vec![topic], Vec::new()), None).await
}

/// Listens to a queue and its jobs as well.
///
/// What comes from now on is told; to have what came before, use `topics` with `from`.
#[utoipa::path(
    post,
    path = "/api/v1/sse/{connectionId}/subscribe/queue/{queueName}",
    operation_id = "subscribeToQueue",
    tag = "stream",
    params(
        ("connectionId" = String, Path, description = "The `connectionId` of the stream's first frame."),
        ("queueName" = String, Path, description = "The queue.")
    ),
    responses((status = 200, description = "All topics of the connection.", body = Topics), Refusal<404>, Refusal<422>, Changing)
)]
pub(super) async fn subscribe_to_queue(
    State(hub): State<Arc<Hub>>,
    viewer: Viewer,
    Id((connection_id, queue_name)): Id<(String, String)>,
) -> Result<Json<Topics>, Problem> {
    let topic = proper("queueName", Topic::Queue((&*queue_name).into()))?;
    put_in_force(&hub, &viewer, &connection_id, (vec![topic], Vec::new()), None).await
}

/// Leaves a job.
///
/// A job that is not listened to is left as well.
#[utoipa::path(
    post,
    path = "/api/v1/sse/{connectionId}/unsubscribe/job/{jobId}",
    operation_id = "unsubscribeFromJob",
    tag = "stream",
    params(
        ("connectionId" = String, Path, description = "The `connectionId` of the stream's first frame."),
        ("jobId" = String, Path, description = "The job.")
    ),
    responses((status = 200, description = "All topics of the connection.", body = Topics), Refusal<404>, Refusal<422>, Changing)
)]
pub(super) async fn unsubscribe_from_job(
    State(hub): State<Arc<Hub>>,
    viewer: Viewer,
    Id((connection_id, job_id)): Id<(String, String)>,
) -> Result<Json<Topics>, Problem> {
    let topic = proper("jobId", Topic::Job((&*job_id).into()))?;
    put_in_force(&hub, &viewer, &connection_id, (Vec::new(), vec![topic]), None).await
}

/// Leaves a queue.
///
/// A queue that is not listened to is left as well.
#[utoipa::path(
    post,
    path = "/api/v1/sse/{connectionId}/unsubscribe/queue/{queueName}",
    operation_id = "unsubscribeFromQueue",
    tag = "stream",
    params(
        ("connectionId" = String, Path, description = "The `connectionId` of the stream's first frame."),
        ("queueName" = String, Path, description = "The queue.")
    ),
    responses((status = 200, description = "All topics of the connection.", body = Topics), Refusal<404>, Refusal<422>, Changing)
)]
pub(super) async fn unsubscribe_from_queue(
    State(hub): State<Arc<Hub>>,
    viewer: Viewer,
    Id((connection_id, queue_name)): Id<(String, String)>,
) -> Result<Json<Topics>, Problem> {
    let topic = proper("queueName", Topic::Queue((&*queue_name).into()))?;
    put_in_force(&hub, &viewer, &connection_id, (Vec::new(), vec![topic]), None).await
}

/// A topic that can be written and read again.
fn proper(parameter: &str, topic: Topic) -> Result<Topic, ApiError> {
    let written = topic.to_string().parse();
    written.map_err(|_| ApiError::invalid(parameter, "Use a name of at most 200 characters, without commas."))
}
