//! What the audit log says, in words.

/// What is done to accounts, by its name in the log. Requests stand there as they came: `POST /api/v1/queues/test/pause`.
pub const ACTIONS: [(&str, &str); 12] = [
    ("signed_in", "Signed in"),
    ("signed_out", "Signed out"),
    ("user", "Everything about users"),
    ("user.added", "Added a user"),
    ("user.role_changed", "Changed a role"),
    ("user.disabled", "Disabled a user"),
    ("user.enabled", "Enabled a user"),
    ("user.password_changed", "Changed a password"),
    ("session.ended", "Ended a session"),
    ("session.others_ended", "Ended other sessions"),
    ("token.created", "Made a token"),
    ("token.revoked", "Revoked a token"),
];

/// An action in words; `None` for one that speaks for itself.
pub fn action(name: &str) -> Option<&'static str> {
    ACTIONS.into_iter().find(|(known, _)| *known == name).map(|(_, words)| words)
}

/// Who did it, where it was nobody with a name.
pub fn nameless(kind: &str) -> &'static str {
    match kind {
        "console" => "A command on the machine",
        _ => "Somebody unknown",
    }
}

/// Why it was refused, by the refusal's code or status.
pub fn refusal(outcome: &str) -> String {
    match outcome {
        "invalid_credentials" => "wrong password".to_owned(),
        "too_many_attempts" => "too many attempts".to_owned(),
        "forbidden" => "not allowed".to_owned(),
        other => other.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_words_speaks_for_itself() {
        assert_eq!(action("user.added"), Some("Added a user"));
        assert_eq!(action("POST /api/v1/queues/test/pause"), None);
    }

    #[test]
    fn a_refusal_is_said_by_its_code_or_its_status() {
        assert_eq!(refusal("invalid_credentials"), "wrong password");
        assert_eq!(refusal("sign_in_required"), "sign in required");
        assert_eq!(refusal("409"), "409");
    }
}
