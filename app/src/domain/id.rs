//! Identifiers, each its own type, so that an import's id can never be passed for a customer's.
//!
//! They are made on the server only; the browser passes them on as it got them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Declares an id that is a `UUIDv7`: sortable by the time of its making.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

/// Declares an id that is a text chosen by whoever made the thing.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as it is written everywhere.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

uuid_id! {
    /// A customer.
    CustomerId
}
uuid_id! {
    /// One uploaded file and its way into the customers.
    ImportId
}
uuid_id! {
    /// A person who may sign in.
    UserId
}
uuid_id! {
    /// A browser in which somebody is signed in.
    SessionId
}
uuid_id! {
    /// A token of a program.
    TokenId
}
text_id! {
    /// A job: a `UUIDv7` unless its caller named it.
    JobId
}
text_id! {
    /// A queue, such as `customer.jobs`.
    QueueName
}
text_id! {
    /// A worker process: its name and a UUID of this boot, so that a restart under the same name works at once.
    WorkerId
}
