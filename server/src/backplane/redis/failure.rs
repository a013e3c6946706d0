//! What Redis could not do, in words that hold no secret.

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Redis refused, or can't be reached.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RedisFailure {
    /// The address can't be used; it is not repeated, for it may hold a password.
    #[error("the address of Redis can't be used: {0}")]
    Address(String),
    /// Redis can't be reached, did not answer in time, or is not ready; another try may help.
    #[error("Redis can't be reached: {0}")]
    Unreachable(String),
    /// It takes no writes, for another one is the primary now; another try, on a new connection, may help.
    #[error("Redis takes no writes now: {0}")]
    ReadOnly(String),
    /// Redis answered, and refused.
    #[error("Redis refused: {0}")]
    Refused(String),
    /// The server lacks what is needed.
    #[error("Redis {found} is too old: 6.2 or later is needed")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// What a key holds was not written by this program.
    #[error("Redis holds something unexpected in {key}: {problem}")]
    Broken {
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl RedisFailure {
    /// Whether the same call may succeed a little later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::ReadOnly(_))
    }

    /// Whether it takes no writes: the connection leads to a server that is not the primary any more.
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::ReadOnly(_))
    }

    /// Whether its memory is full, by the word that Redis begins such refusals with.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Refused(words) if words.contains("OOM"))
    }
}

impl From<RedisError> for RedisFailure {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::InvalidClientConfig => Self::Address(without_arguments(&error)),
            ErrorKind::Io
            | ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::MasterDown
                | ServerErrorKind::TryAgain
                | ServerErrorKind::ClusterDown,
            ) => Self::Unreachable(without_arguments(&error)),
            ErrorKind::Server(ServerErrorKind::ReadOnly) => Self::ReadOnly(without_arguments(&error)),
            // Older servers wrap what a script ran into; and who waits is told so when the server becomes a replica.
            _ if ["READONLY", "UNBLOCKED"].iter().any(|word| error.to_string().contains(word)) => {
                Self::ReadOnly(without_arguments(&error))
            }
            _ => Self::Refused(without_arguments(&error)),
        }
    }
}

/// The words of an error. A server that does not know a command repeats its arguments, and those of `HELLO` hold the password.
fn without_arguments(error: &RedisError) -> String {
    let words = error.to_string();
    words.split(", with args").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_repeats_of_a_command_is_not_passed_on() {
        let detail = "unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `secret`".to_owned();
        let error = RedisError::from((ErrorKind::Client, "it said", detail));

        assert!(!RedisFailure::from(error).to_string().contains("secret"));
    }

    #[test]
    fn a_server_that_takes_no_writes_is_known_by_its_words_as_well() {
        for detail in [
            "Error running script: @user_script:1: -READONLY You can't write against a read only replica.",
            "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
        ] {
            let kind = ErrorKind::Server(ServerErrorKind::ResponseError);
            let failure = RedisFailure::from(RedisError::from((kind, "it said", detail.to_owned())));

            assert!(failure.is_read_only() && failure.is_passing(), "{failure:?}");
        }
    }
}
