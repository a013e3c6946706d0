//! What a client may learn of a failure of ours: that it happened, and whether trying again helps.
//!
//! It stands below all who answer somebody, over HTTP or not. How the refusal looks there is a matter of `http/error.rs`.

use app::api::ApiError;

use crate::{
    backplane::{BackplaneError, RedisFailure},
    store::StoreError,
};

/// A failure of ours that a client may learn nothing of but that it happened; what it was stands in the log.
pub(crate) fn refusal(error: impl Into<BackplaneError>) -> ApiError {
    let error = error.into();
    tracing::error!(%error, "a request could not be answered");
    match error {
        BackplaneError::Store(StoreError::BrokenRow { .. }) | BackplaneError::Redis(RedisFailure::Broken { .. }) => {
            ApiError::Internal
        }
        BackplaneError::Store(error) if error.is_full() => ApiError::StorageFull,
        BackplaneError::Redis(failure) if failure.is_full() => ApiError::StorageFull,
        BackplaneError::Store(error) if error.is_read_only() => ApiError::StorageReadOnly,
        BackplaneError::Store(_) | BackplaneError::Redis(_) | BackplaneError::Presence { .. } => ApiError::Unavailable,
    }
}
