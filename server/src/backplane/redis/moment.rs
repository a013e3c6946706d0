//! Moments as Redis holds them: milliseconds since 1970, by its own clock.

use std::fmt::Display;

use jiff::Timestamp;

use super::RedisFailure;

/// The moment that a key holds.
pub(super) fn moment(key: &str, ms: i64) -> Result<Timestamp, RedisFailure> {
    Timestamp::from_millisecond(ms).map_err(|problem| broken(key, &problem))
}

/// What a key holds can't be read.
pub(super) fn broken(key: &str, problem: &dyn Display) -> RedisFailure {
    RedisFailure::Broken { key: key.to_owned(), problem: problem.to_string() }
}
