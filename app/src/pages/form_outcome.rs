//! What came of a form that the browser sent by itself: it stands in the address, by a code, and never what was typed.

use leptos_router::params::ParamsMap;

use super::address::parameter;
use crate::components::{Standing, spans};

/// What came of it. `done` has the codes of what can be done, with words.
pub(super) fn outcome(query: &ParamsMap, refused: &str, done: &[(&str, &str)]) -> Standing {
    if let Some(code) = parameter(query, "done") {
        let words = done.iter().find(|(known, _)| *known == code).map(|(_, words)| (*words).to_owned());
        return words.map_or(Standing::Idle, Standing::Done);
    }
    let Some(code) = parameter(query, "problem") else { return Standing::Idle };
    let seconds = parameter(query, "seconds").and_then(|seconds| seconds.parse().ok());
    let field = parameter(query, "field");
    let detail = detail(&code, field.as_deref(), seconds);
    Standing::Refused { title: refused.to_owned(), detail, field }
}

/// Why it was refused, and what to do.
fn detail(code: &str, field: Option<&str>, seconds: Option<u64>) -> String {
    let words = match (code, field) {
        ("invalid", Some("currentPassword")) => "This is not your present password.",
        ("invalid", Some("password")) => {
            "Use 12 to 256 characters, and a password that is not among the first guessed; a few words do well."
        }
        ("invalid", Some("email")) => "This is no e-mail address. Write it as in ada@example.com.",
        ("conflict", _) => "There is a user with this e-mail already.",
        ("too_many_attempts", _) => {
            return match seconds.filter(|seconds| *seconds > 0) {
                Some(seconds) => format!("Too many attempts. Try again in {}.", spans::lasting(seconds)),
                None => "Too many attempts. Wait a little, then try again.".to_owned(),
            };
        }
        ("unavailable" | "storage_full" | "storage_read_only", _) => {
            "Signalbox can't write to its storage right now. Try again in a moment."
        }
        _ => "Try again; if it happens again, the server's log tells what.",
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(pairs: &[(&'static str, &str)]) -> Standing {
        let query = pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<ParamsMap>();
        outcome(&query, "Nothing was changed", &[("password", "It is changed.")])
    }

    #[test]
    fn what_was_done_is_said_once_it_is_known() {
        assert_eq!(came(&[("done", "password")]), Standing::Done("It is changed.".to_owned()));
        assert_eq!(came(&[("done", "<script>")]), Standing::Idle);
        assert_eq!(came(&[]), Standing::Idle);
    }

    #[test]
    fn what_is_wrong_is_said_of_its_field_and_how_long_to_wait() {
        let Standing::Refused { detail, field, .. } = came(&[("problem", "invalid"), ("field", "currentPassword")])
        else {
            panic!("refused");
        };
        assert_eq!(
            (detail.as_str(), field.as_deref()),
            ("This is not your present password.", Some("currentPassword"))
        );

        let Standing::Refused { detail, .. } = came(&[("problem", "too_many_attempts"), ("seconds", "75")]) else {
            panic!("refused");
        };
        assert_eq!(detail, "Too many attempts. Try again in 1 min 15 s.");
    }
}
