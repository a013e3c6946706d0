//! Publishes a test event: for seeing the whole way, from a request over queue, worker and log to whoever listens to the dashboard.

use std::collections::BTreeSet;

use app::{
    domain::Sieve,
    events::{Cursor, Custom, Event, Topic},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Job, JobContext, JobError};
use crate::backplane::{
    LogEntry,
    history::{self, HistoryPage, Side},
};

/// Events of the dashboard that are looked at together.
const PAGE: u32 = 500;

/// Its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishTestEvent {
    /// Where the log ended when the job was ordered: what an earlier attempt published is behind it. Left out, each attempt publishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// What it gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The event's cursor.
    pub cursor: Cursor,
}

#[async_trait]
impl Job for PublishTestEvent {
    const KIND: &'static str = "publish-test-event";
    const QUEUE: &'static str = "test";

    type Output = Published;

    async fn run(self, context: &JobContext) -> Result<Published, JobError> {
        if let Some(cursor) = self.published_before(context).await? {
            return Ok(Published { cursor });
        }
        let backplane = &context.parts.backplane;
        let data = json!({
            "message": "A test event, published by a background job.",
            "jobId": context.lease.job_id,
            "attempt": context.attempt,
            "backend": backplane.name(),
        });
        let event = Event::Custom(Custom { topic: Topic::dashboard(), data });
        Ok(Published { cursor: backplane.append(vec![event]).await? })
    }
}

impl PublishTestEvent {
    /// The event of an attempt before this one, whose worker may have died before it could say that the job is done. Where the log can't
    /// tell any more there is none: a second test event is better than no one.
    async fn published_before(&self, context: &JobContext) -> Result<Option<Cursor>, JobError> {
        let dashboard = Sieve::for_topics(BTreeSet::from([Topic::dashboard()]));
        let mut after = self.after.clone();
        while let Some(place) = after {
            context.check()?;
            let page = history::page(&*context.parts.backplane, &dashboard, Side::After(place), PAGE).await?;
            let HistoryPage::Events { entries, next } = page else { return Ok(None) };
            if let Some(entry) = entries.into_iter().find(|entry| is_of(entry, context)) {
                return Ok(Some(entry.envelope.cursor));
            }
            after = next;
        }
        Ok(None)
    }
}

fn is_of(entry: &LogEntry, context: &JobContext) -> bool {
    let Event::Custom(custom) = &entry.envelope.stamped.event else { return false };
    custom.data["jobId"] == context.lease.job_id.as_str()
}
