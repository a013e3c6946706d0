//! Why somebody does something: the field `reason` of a JSON body, on every route that changes something.
//!
//! In the body and not in the address, for addresses stand in the logs of proxies. A route that needs no other body takes one that has
//! nothing else in it, `DELETE` too, or none.

use app::domain::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

/// The body of whatever needs no other; all of it may be left out.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The supplier's server is down."}))]
pub(super) struct Because {
    /// Why: kept in the audit log.
    pub(super) reason: Option<Reason>,
}
