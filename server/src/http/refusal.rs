//! How refusals stand in the API's document: each status once, with its words and an example.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::{
    IntoResponses,
    openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, response::Response},
};

/// Statuses of a refusal, with what they mean and an example.
struct Words {
    status: u16,
    title: &'static str,
    code: &'static str,
    means: &'static str,
    detail: &'static str,
    field: Option<&'static str>,
}

const WORDS: [Words; 11] = [
    Words {
        status: 400,
        title: "Bad Request",
        code: "bad_request",
        means: "The request can't be understood: its query, or its body, which is no JSON.",
        detail: "'before' is not a place in this list; pass the 'next' of the page before, as it was.",
        field: None,
    },
    Words {
        status: 401,
        title: "Unauthorized",
        code: "sign_in_required",
        means: "Nobody whom we know: there is no session and no token, or it does not count any more; at sign-in, e-mail or password is \
            wrong (`invalid_credentials`).",
        detail: "Sign in, or send a token: Authorization: Bearer …",
        field: None,
    },
    Words {
        status: 403,
        title: "Forbidden",
        code: "forbidden",
        means: "Whoever asks is known, and may not do this (`forbidden`); or a page of another site sent the request (`cross_site`).",
        detail: "This needs the role operator. Ask an admin for it.",
        field: None,
    },
    Words {
        status: 404,
        title: "Not Found",
        code: "not_found",
        means: "There is no such thing.",
        detail: "There is no job with this id.",
        field: None,
    },
    Words {
        status: 409,
        title: "Conflict",
        code: "conflict",
        means: "The thing is not in a state in which this can be done to it.",
        detail: "A worker has this job. Cancel it first.",
        field: None,
    },
    Words {
        status: 413,
        title: "Payload Too Large",
        code: "too_large",
        means: "The body is larger than this address takes.",
        detail: "The body is larger than this address takes. Send it in several requests.",
        field: None,
    },
    Words {
        status: 415,
        title: "Unsupported Media Type",
        code: "unsupported_media_type",
        means: "The body is of a type that this address doesn't take.",
        detail: "Send JSON, with the header Content-Type: application/json.",
        field: None,
    },
    Words {
        status: 422,
        title: "Unprocessable Entity",
        code: "invalid",
        means: "Understood, but one field or parameter is wrong; `field` names it.",
        detail: "Use 0 to 9; larger comes first.",
        field: Some("opts.priority"),
    },
    Words {
        status: 429,
        title: "Too Many Requests",
        code: "too_many_requests",
        means: "Whoever asks sends more requests than he may (`too_many_requests`), more files at the same time (`too_many_uploads`), or has \
            as many live streams open (`too_many_streams`); or somebody has failed to sign in too often (`too_many_attempts`). \
            `Retry-After` says when to try again.",
        detail: "You send more requests than you may. Try again in 1 s, and more slowly.",
        field: None,
    },
    Words {
        status: 500,
        title: "Internal Server Error",
        code: "internal",
        means: "A defect of the server; its log tells which.",
        detail: "Something broke inside Signalbox. The server's log tells what.",
        field: None,
    },
    Words {
        status: 503,
        title: "Service Unavailable",
        code: "unavailable",
        means: "Database or Redis can't be reached (`unavailable`), is full (`storage_full`) or takes no changes \
            (`storage_read_only`): nothing was changed. Or a stream's client does not read what it is sent, so that its topics \
            change when it reads on (`connection_busy`). `Retry-After` says when to try again.",
        detail: "Signalbox can't reach its storage right now. Try again in a moment.",
        field: None,
    },
];

type Responses = BTreeMap<String, RefOr<Response>>;

fn responses(statuses: &[u16]) -> Responses {
    let asked = WORDS.iter().filter(|words| statuses.contains(&words.status));
    asked.map(|words| (words.status.to_string(), RefOr::T(response(words)))).collect()
}

fn response(words: &Words) -> Response {
    let Words { status, title, code, detail, .. } = words;
    let mut example =
        json!({ "type": "about:blank", "title": title, "status": status, "detail": detail, "code": code });
    if let Some(field) = words.field {
        example["field"] = field.into();
    }
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).example(Some(example)).build();
    ResponseBuilder::new().description(words.means).content("application/problem+json", content).build()
}

/// A refusal with this status.
pub(super) struct Refusal<const STATUS: u16>;

impl<const STATUS: u16> IntoResponses for Refusal<STATUS> {
    fn responses() -> Responses {
        responses(&[STATUS])
    }
}

/// Refusals of whatever reads the store. Whoever asks has to be known, to be allowed to, and not to ask too fast.
pub(super) struct Reading;

impl IntoResponses for Reading {
    fn responses() -> Responses {
        responses(&[401, 403, 429, 500, 503])
    }
}

/// Refusals of whatever changes something.
pub(super) struct Changing;

impl IntoResponses for Changing {
    fn responses() -> Responses {
        responses(&[401, 403, 429, 500, 503])
    }
}

/// Refusals of whatever takes JSON, and changes something by it.
pub(super) struct TakingJson;

impl IntoResponses for TakingJson {
    fn responses() -> Responses {
        responses(&[400, 401, 403, 413, 415, 422, 429, 500, 503])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_that_a_group_names_has_its_words() {
        assert_eq!(Reading::responses().len() + Changing::responses().len() + TakingJson::responses().len(), 5 + 5 + 9);
        assert_eq!(Refusal::<404>::responses().len() + Refusal::<409>::responses().len(), 2);
    }
}
