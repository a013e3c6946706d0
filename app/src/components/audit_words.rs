//! What the audit log says, in words.

/// What is done, by its name in the log. What has no name of its own stands there as it came: `POST /api/v1/…`.
pub const ACTIONS: [(&str, &str); 34] = [
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
    ("token", "Everything about tokens"),
    ("token.created", "Made a token"),
    ("token.revoked", "Revoked a token"),
    ("setup_link.made", "Made the link to set up"),
    ("queue", "Everything about queues"),
    ("queue.paused", "Paused a queue"),
    ("queue.resumed", "Resumed a queue"),
    ("queue.limited", "Limited a queue"),
    ("job", "Everything about jobs"),
    ("job.cancelled", "Cancelled a job"),
    ("job.retried", "Retried a job"),
    ("job.removed", "Removed a job"),
    ("dead_letters.replayed", "Replayed dead letters"),
    ("dead_letters.discarded", "Discarded dead letters"),
    ("schedule", "Everything about schedules"),
    ("schedule.added", "Added a schedule"),
    ("schedule.changed", "Changed a schedule"),
    ("schedule.removed", "Removed a schedule"),
    ("schedule.run", "Ran a schedule"),
    ("import.uploaded", "Uploaded a file"),
    ("customers.exported", "Exported customers"),
    ("audit.exported", "Exported this log"),
    ("stream.kicked", "Ended a stream"),
    ("test_event.ordered", "Ordered a test event"),
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
