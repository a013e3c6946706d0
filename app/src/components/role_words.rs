//! Roles as words.

use crate::domain::Role;

/// What a role is for, to stand behind its name.
pub const fn explanation(role: Role) -> &'static str {
    match role {
        Role::Viewer => "sees everything but accounts",
        Role::Operator => "acts on jobs, queues, schedules, streams and imports, too",
        Role::Admin => "has users, tokens and the audit log, too",
    }
}

/// One who has the role: `an operator`.
pub const fn one(role: Role) -> &'static str {
    match role {
        Role::Viewer => "a viewer",
        Role::Operator => "an operator",
        Role::Admin => "an admin",
    }
}
