//! The seam between pages and server: what pages may ask, as a trait that the server fulfils.
//!
//! With it `app` knows neither a database nor a backplane, and a page can be tested over a made-up backend.

use async_trait::async_trait;

use super::ApiError;
use crate::domain::{
    ApiToken, AuditPage, AuditQuery, CustomerPage, CustomerQuery, EventPage, EventQuery, ImportId, ImportRowError,
    ImportSummary, Listing, SessionId, Snapshot, StreamStats, UserDetail, UserId, UserOverview,
};
use crate::live::FilmReel;

/// All that a page may ask the server.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Imports, newest first; `before` is the `next` of the page before.
    async fn imports(&self, before: Option<String>) -> Result<Snapshot<Listing<ImportSummary>>, ApiError>;

    /// One import.
    async fn import(&self, import_id: ImportId) -> Result<Snapshot<ImportSummary>, ApiError>;

    /// The error list of an import, in the order of the file; `after` is the `next` of the page before.
    async fn import_errors(
        &self,
        import_id: ImportId,
        after: Option<String>,
    ) -> Result<Listing<ImportRowError>, ApiError>;

    /// Customers.
    async fn customers(&self, query: CustomerQuery) -> Result<Snapshot<CustomerPage>, ApiError>;

    /// The streams of the node that answers: a hundred of them at most, those that are furthest behind.
    async fn streams(&self) -> Result<Snapshot<StreamStats>, ApiError>;

    /// Events of the log, and what to listen to for more.
    async fn events(&self, query: EventQuery) -> Result<Snapshot<EventPage>, ApiError>;

    /// What was told of queues and workers lately.
    async fn film(&self) -> Result<Snapshot<FilmReel>, ApiError>;

    /// All users, by their e-mails.
    async fn users(&self) -> Result<Snapshot<Vec<UserOverview>>, ApiError>;

    /// One user with his sessions; `current` is the one that asks, which may be another user's.
    async fn user(&self, user_id: UserId, current: Option<SessionId>) -> Result<Snapshot<UserDetail>, ApiError>;

    /// All tokens, the youngest first.
    async fn tokens(&self) -> Result<Snapshot<Vec<ApiToken>>, ApiError>;

    /// Entries of the audit log, the youngest first; `before` is the `next` of the page before.
    async fn audit(&self, query: AuditQuery, before: Option<String>) -> Result<Snapshot<AuditPage>, ApiError>;
}

#[cfg(feature = "ssr")]
pub use on_server::{backend, me, needs, session};

/// Who asks is found out at the server's door.
///
/// # Errors
/// Always [`ApiError::SignInRequired`].
#[cfg(not(feature = "ssr"))]
pub const fn me() -> Result<crate::domain::Me, ApiError> {
    Err(ApiError::SignInRequired)
}

#[cfg(feature = "ssr")]
mod on_server {
    use std::sync::Arc;

    use leptos::prelude::use_context;

    use super::{ApiError, Backend};
    use crate::domain::{Me, Role, SessionId};

    /// Who asks, as it was found out at the door.
    ///
    /// # Errors
    /// [`ApiError::SignInRequired`] for whom we don't know.
    pub fn me() -> Result<Me, ApiError> {
        use_context::<Me>().ok_or(ApiError::SignInRequired)
    }

    /// Refuses whoever has less than a role. The door asks by the address of a request; a page may be drawn at one that it knows by no route.
    ///
    /// # Errors
    /// [`ApiError::SignInRequired`], [`ApiError::Forbidden`].
    pub fn needs(needed: Role) -> Result<(), ApiError> {
        if me()?.role < needed { Err(ApiError::Forbidden { needed }) } else { Ok(()) }
    }

    /// The session by which he is known; `None` where it is not by one.
    pub fn session() -> Option<SessionId> {
        use_context()
    }

    /// The backend that the server put into the context of this request.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when there is none: the server was wired wrongly.
    pub fn backend() -> Result<Arc<dyn Backend>, ApiError> {
        use_context::<Arc<dyn Backend>>().ok_or(ApiError::Internal)
    }
}
