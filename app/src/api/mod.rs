//! All that a page may ask the server, and how a refusal looks.
//!
//! A page calls a function of this module. On the server it runs in place; in the browser it is a request to the
//! same function. Either way it is one line into `Backend`.

/// Oneself.
pub mod account;
/// The seam between pages and server.
pub mod backend;
/// Customers.
pub mod customers;
/// The event log.
pub mod events;
/// Imports.
pub mod imports;
/// Live streams.
pub mod streams;

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::{Bytes, Decodes, codec::JsonEncoding},
};
use serde::{Deserialize, Serialize};

use crate::domain::Role;

/// Why a request was refused: a variant is an HTTP status and a stable `code`.
///
/// It never holds the text of a database or another inner error: those are logged where they are met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ApiError {
    /// 404: there is no such thing.
    #[error("There is no {what} with this id.")]
    NotFound {
        /// What was asked for, such as `import`.
        what: String,
    },
    /// 400: the request can't be understood.
    #[error("{message}")]
    BadRequest {
        /// What to change.
        message: String,
    },
    /// 401: nobody whom we know.
    #[error("Sign in, or send a token: Authorization: Bearer …")]
    SignInRequired,
    /// 401: e-mail and password are not those of anybody who may sign in.
    #[error("E-mail or password is wrong.")]
    InvalidCredentials,
    /// 403: known, but not allowed to do this.
    #[error("This needs the role {needed}. Ask an admin for it.")]
    Forbidden {
        /// The least role that may.
        needed: Role,
    },
    /// 403: a page of another site sent the request.
    #[error("This request was sent by a page of another site, and was refused.")]
    CrossSite,
    /// 405: there is such an address, but it can't be asked in this way.
    #[error("This address can't be asked by this method. Use one of {allowed}.")]
    MethodNotAllowed {
        /// How it can be asked, such as `GET, POST`.
        allowed: String,
    },
    /// 409: the thing is not in a state in which this can be done to it.
    #[error("{message}")]
    Conflict {
        /// What it is, and what to do instead.
        message: String,
    },
    /// 413: the JSON is larger than allowed.
    #[error("The body is larger than this address takes. Send it in several requests.")]
    BodyTooLarge,
    /// 413: the file is larger than allowed.
    #[error("The file is larger than {limit_bytes} bytes. Split it into smaller ones.")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// 415: the body is not said to be JSON.
    #[error("Send JSON, with the header Content-Type: application/json.")]
    NotJson,
    /// 415: the body is of a type that an upload doesn't take.
    #[error("Send the file as multipart/form-data in a field named 'file', or as text/csv.")]
    UnsupportedMediaType,
    /// 422: understood, but one field is wrong.
    #[error("{message}")]
    Invalid {
        /// The field's name.
        field: String,
        /// What to change.
        message: String,
    },
    /// 422: an `Idempotency-Key` came back with another file, or another mode.
    #[error("This Idempotency-Key was used for another file, or for another mode. Use a new key for a new import.")]
    IdempotencyKeyReused,
    /// 429: too many attempts to sign in.
    #[error("Too many attempts. Try again in {seconds} seconds.")]
    TooManyAttempts {
        /// How long to wait.
        seconds: u64,
    },
    /// 429: more requests than one may send.
    #[error("You send more requests than you may. Try again in {seconds} s, and more slowly.")]
    TooManyRequests {
        /// How long to wait.
        seconds: u64,
    },
    /// 429: the user sends as many files at the same time as he may.
    #[error("You are sending {limit} files already. Wait until one of them is there, and try again.")]
    TooManyUploads {
        /// How many there may be.
        limit: u32,
    },
    /// 429: the user has as many streams open as he may.
    #[error("You have {limit} live streams open already. Close one, and try again.")]
    TooManyStreams {
        /// How many there may be.
        limit: u32,
    },
    /// 503: something that is needed can't be reached; trying again later helps.
    #[error("Signalbox can't reach its storage right now. Try again in a moment.")]
    Unavailable,
    /// 503: there is no room for more. What was kept before is kept still.
    #[error("Signalbox' storage is full. Nothing of this request was kept; make room, and try again.")]
    StorageFull,
    /// 503: what is needed takes no changes: a disk or a database that is read-only.
    #[error("Signalbox' storage is read-only right now. Nothing was changed; `signalbox doctor` tells more.")]
    StorageReadOnly,
    /// 503: the connection whose topics were to be changed does not read what it is sent, and takes no change in.
    #[error("This connection did not take the change in time. Read what it sends, or open a new one with all topics.")]
    ConnectionBusy,
    /// 500: a defect here; the log of the server tells which.
    #[error("Something broke inside Signalbox. The server's log tells what.")]
    Internal,
    /// Only in the browser: the server can't be reached or answered what is no answer.
    #[error("The server did not answer. The page tries again when the connection is back.")]
    Unreachable,
}

impl ApiError {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::BadRequest { .. } => 400,
            Self::SignInRequired | Self::InvalidCredentials => 401,
            Self::CrossSite | Self::Forbidden { .. } => 403,
            Self::NotFound { .. } => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::Conflict { .. } => 409,
            Self::TooLarge { .. } | Self::BodyTooLarge => 413,
            Self::UnsupportedMediaType | Self::NotJson => 415,
            Self::Invalid { .. } | Self::IdempotencyKeyReused => 422,
            Self::TooManyAttempts { .. }
            | Self::TooManyRequests { .. }
            | Self::TooManyUploads { .. }
            | Self::TooManyStreams { .. } => 429,
            Self::Internal => 500,
            Self::Unavailable
            | Self::StorageFull
            | Self::StorageReadOnly
            | Self::ConnectionBusy
            | Self::Unreachable => 503,
        }
    }

    /// The stable name that programs may rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadRequest { .. } => "bad_request",
            Self::SignInRequired => "sign_in_required",
            Self::InvalidCredentials => "invalid_credentials",
            Self::Forbidden { .. } => "forbidden",
            Self::CrossSite => "cross_site",
            Self::NotFound { .. } => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::Conflict { .. } => "conflict",
            Self::TooLarge { .. } | Self::BodyTooLarge => "too_large",
            Self::UnsupportedMediaType | Self::NotJson => "unsupported_media_type",
            Self::Invalid { .. } => "invalid",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::TooManyUploads { .. } => "too_many_uploads",
            Self::TooManyStreams { .. } => "too_many_streams",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
            Self::StorageFull => "storage_full",
            Self::StorageReadOnly => "storage_read_only",
            Self::ConnectionBusy => "connection_busy",
            Self::Unreachable => "unreachable",
        }
    }

    /// There is no such thing.
    pub fn not_found(what: &str) -> Self {
        Self::NotFound { what: what.to_owned() }
    }

    /// A place in a list that the server never gave.
    pub fn no_place(parameter: &str) -> Self {
        let told = "is not a place in this list; pass the 'next' of the page before, as it was.";
        Self::BadRequest { message: format!("'{parameter}' {told}") }
    }

    /// The thing is not in a state in which this can be done to it.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict { message: message.into() }
    }

    /// One field is wrong.
    pub fn invalid(field: &str, message: impl ToString) -> Self {
        Self::Invalid { field: field.to_owned(), message: message.to_string() }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                Self::BadRequest { message: "The request could not be read.".to_owned() }
            }
            // The last one is an answer that is not the server's, such as the page of a proxy whose server is gone.
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::Unreachable
            }
            _ => Self::Internal,
        }
    }

    fn de(body: Bytes) -> Self {
        // The door answers before any function of a page is reached, as it answers programs.
        let of_the_door = || serde_json::from_slice::<Refused>(&body).ok().and_then(Refused::meant);
        JsonEncoding::decode(body.clone()).ok().or_else(of_the_door).unwrap_or(Self::Unreachable)
    }
}

/// A refusal as programs get it (RFC 9457), as far as pages understand it.
#[derive(Deserialize)]
struct Refused {
    code: String,
}

impl Refused {
    fn meant(self) -> Option<ApiError> {
        [ApiError::SignInRequired, ApiError::Unavailable].into_iter().find(|error| error.code() == self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_proxy_whose_server_is_gone_is_no_answer() {
        let error = ApiError::de("<html>Bad Gateway</html>".into());

        assert_eq!(error, ApiError::Unreachable);
    }

    #[test]
    fn what_the_door_says_is_understood_and_so_is_what_a_function_says() {
        let body =
            r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"…","code":"sign_in_required"}"#;
        assert_eq!(ApiError::de(body.into()), ApiError::SignInRequired);

        let error = ApiError::Conflict { message: "tea".to_owned() };
        assert_eq!(ApiError::de(error.ser()), error);
    }
}
