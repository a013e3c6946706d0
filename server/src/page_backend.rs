//! What pages may ask, answered from the store, the log and the hub.

use std::sync::Arc;

use app::{
    api::{ApiError, backend::Backend},
    domain::{
        CustomerPage, CustomerQuery, EventPage, EventQuery, ImportId, ImportRowError, ImportSummary, Listing, Snapshot,
        StreamStats,
    },
    live::FilmReel,
};
use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    event_pages,
    failure::refusal,
    hub::Hub,
    jobs::context::Parts,
    store::{
        customers,
        customers::CustomerPlace,
        import_errors::{self, ErrorPlace},
        imports,
    },
};

/// Imports on a page.
const IMPORTS: u32 = 50;
/// Row errors on a page.
const ROW_ERRORS: u32 = 50;
/// Streams on a page.
const STREAMS: usize = 100;

/// The backend of the pages.
pub struct PageBackend {
    parts: Parts,
    hub: Arc<Hub>,
}

impl PageBackend {
    /// Over these parts.
    pub const fn new(parts: Parts, hub: Arc<Hub>) -> Self {
        Self { parts, hub }
    }

    /// Data with the place in the log from before it was read.
    async fn snapshot<T>(
        &self,
        data: impl Future<Output = Result<T, ApiError>> + Send,
    ) -> Result<Snapshot<T>, ApiError> {
        let cursor = self.parts.backplane.head().await.map_err(refusal)?;
        Ok(Snapshot { cursor, data: data.await?, taken_at: Timestamp::now() })
    }
}

#[async_trait]
impl Backend for PageBackend {
    async fn imports(&self, before: Option<String>) -> Result<Snapshot<Listing<ImportSummary>>, ApiError> {
        let before: Option<ImportId> = parsed("before", before.as_deref())?;
        self.snapshot(async { imports::list(&self.parts.database, before, IMPORTS).await.map_err(refusal) }).await
    }

    async fn import(&self, import_id: ImportId) -> Result<Snapshot<ImportSummary>, ApiError> {
        self.snapshot(async {
            let found = imports::find(&self.parts.database, import_id).await.map_err(refusal)?;
            found.ok_or_else(|| ApiError::not_found("import"))
        })
        .await
    }

    async fn import_errors(
        &self,
        import_id: ImportId,
        after: Option<String>,
    ) -> Result<Listing<ImportRowError>, ApiError> {
        let after: Option<ErrorPlace> = parsed("after", after.as_deref())?;
        let before_all = ErrorPlace { row: 0, place: -1 };
        import_errors::list(&self.parts.database, import_id, after.unwrap_or(before_all), ROW_ERRORS)
            .await
            .map_err(refusal)
    }

    async fn customers(&self, query: CustomerQuery) -> Result<Snapshot<CustomerPage>, ApiError> {
        let after = match &query.before {
            None => None,
            Some(text) => Some(CustomerPlace::decode(text).ok_or_else(|| ApiError::no_place("before"))?),
        };
        self.snapshot(async { customers::list(&self.parts.database, &query, after.as_ref()).await.map_err(refusal) })
            .await
    }

    async fn streams(&self) -> Result<Snapshot<StreamStats>, ApiError> {
        // Not the log's own end: who looks here may do so because the log can't be read.
        let cursor = self.hub.end();
        Ok(Snapshot { cursor, data: self.hub.overview().with_at_most(STREAMS), taken_at: Timestamp::now() })
    }

    async fn events(&self, query: EventQuery) -> Result<Snapshot<EventPage>, ApiError> {
        self.snapshot(event_pages::page(&*self.parts.backplane, &query)).await
    }

    async fn film(&self) -> Result<Snapshot<FilmReel>, ApiError> {
        self.snapshot(event_pages::film(&*self.parts.backplane)).await
    }
}

/// A place that was given with a page before; anything else is the client's mistake.
fn parsed<T: std::str::FromStr>(field: &str, text: Option<&str>) -> Result<Option<T>, ApiError> {
    text.map(|text| text.parse().map_err(|_| ApiError::no_place(field))).transpose()
}
