//! What each route needs: one table, walked through by a test, route by route and role by role.

use app::domain::Role;

/// What a route needs, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Nothing: it tells nobody anything that is not for all.
    Nothing,
    /// A role, or one above it.
    Role(Role),
}

/// Whether the audit log tells of each use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It does, under this name, which stays as it is; of a use that was refused, too.
    Kept(&'static str),
    /// It does, by method and path: nobody has given it a name.
    Unnamed,
    /// It does not: nothing changes, or the step writes its own entry, or programs do it all day. What the door refuses is kept by method
    /// and path.
    None,
}

/// A route, what it needs, and what is kept of its use.
pub type Rule = (&'static str, &'static str, Need, Trace);

const OPEN: Need = Need::Nothing;
const VIEWER: Need = Need::Role(Role::Viewer);
const OPERATOR: Need = Need::Role(Role::Operator);
const ADMIN: Need = Need::Role(Role::Admin);

/// Routes that are answered however often somebody asks: for whoever restarts or balances the server, and files that cost nothing.
pub const UNCOUNTED: &[&str] = &["/health/live", "/health/ready", "/api/queue/health", "/pkg/{file}"];

/// Routes that are streams of Server-Sent Events. A browser that is put off has to be told so in one, or it never comes back.
pub const STREAMS: &[&str] = &["/api/v1/sse/connect", "/dashboard/stream"];

/// Every route: its method, its path, and what it needs.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    // For whoever restarts or balances the server, and for who is about to sign in.
    ("GET", "/health/live", OPEN, Trace::None),
    ("GET", "/health/ready", OPEN, Trace::None),
    ("GET", "/api/queue/health", OPEN, Trace::None),
    ("GET", "/pkg/{file}", OPEN, Trace::None),
    ("GET", "/login", OPEN, Trace::None),
    ("POST", "/login", OPEN, Trace::None),
    ("GET", "/setup", OPEN, Trace::None),
    ("POST", "/setup", OPEN, Trace::None),
    ("POST", "/api/v1/auth/login", OPEN, Trace::None),

    // Oneself.
    ("POST", "/logout", VIEWER, Trace::None),
    ("POST", "/api/v1/auth/logout", VIEWER, Trace::None),
    ("GET", "/api/v1/auth/me", VIEWER, Trace::None),
    ("POST", "/api/v1/auth/password", VIEWER, Trace::None),
    ("GET", "/api/v1/auth/sessions", VIEWER, Trace::None),
    ("DELETE", "/api/v1/auth/sessions/{sessionId}", VIEWER, Trace::None),

    // Pages, and what they ask.
    ("GET", "/", VIEWER, Trace::None),
    ("GET", "/customers", VIEWER, Trace::None),
    ("GET", "/customers/import", VIEWER, Trace::None),
    ("POST", "/customers/import", OPERATOR, Trace::Kept("import.uploaded")),
    ("GET", "/events", VIEWER, Trace::None),
    ("GET", "/imports", VIEWER, Trace::None),
    ("GET", "/imports/{id}", VIEWER, Trace::None),
    ("GET", "/debug/streams", OPERATOR, Trace::None),
    ("POST", "/api/page/customers", VIEWER, Trace::None),
    ("POST", "/api/page/events", VIEWER, Trace::None),
    ("POST", "/api/page/film", VIEWER, Trace::None),
    ("POST", "/api/page/import", VIEWER, Trace::None),
    ("POST", "/api/page/import-errors", VIEWER, Trace::None),
    ("POST", "/api/page/imports", VIEWER, Trace::None),
    ("POST", "/api/page/me", VIEWER, Trace::None),
    ("POST", "/api/page/streams", OPERATOR, Trace::None),
    ("GET", "/openapi.json", VIEWER, Trace::None),
    ("GET", "/docs", VIEWER, Trace::None),
    ("GET", "/docs/{file}", VIEWER, Trace::None),

    // Seeing.
    ("GET", "/api/v1/jobs", VIEWER, Trace::None),
    ("GET", "/api/v1/jobs/{jobId}", VIEWER, Trace::None),
    ("GET", "/api/v1/queues", VIEWER, Trace::None),
    ("GET", "/api/v1/queues/{queueName}", VIEWER, Trace::None),
    ("GET", "/api/v1/workers", VIEWER, Trace::None),
    ("GET", "/api/v1/schedules", VIEWER, Trace::None),
    ("GET", "/api/v1/schedules/{name}", VIEWER, Trace::None),
    ("GET", "/api/v1/events", VIEWER, Trace::None),
    ("GET", "/api/v1/events/{cursor}", VIEWER, Trace::None),
    ("GET", "/api/v1/imports", VIEWER, Trace::None),
    ("GET", "/api/v1/imports/{importId}", VIEWER, Trace::None),
    ("GET", "/api/v1/imports/{importId}/errors", VIEWER, Trace::None),
    ("GET", "/api/v1/imports/{importId}/errors.csv", VIEWER, Trace::None),
    ("GET", "/api/v1/customers", VIEWER, Trace::None),
    ("GET", "/api/v1/customers/export.csv", VIEWER, Trace::Kept("customers.exported")),
    ("GET", "/api/v1/customers/{customerId}", VIEWER, Trace::None),

    // Listening, and what one listens to.
    ("GET", "/api/v1/sse/connect", VIEWER, Trace::None),
    ("GET", "/api/v1/sse/stats", VIEWER, Trace::None),
    ("POST", "/api/v1/sse/{connectionId}/topics", VIEWER, Trace::None),
    ("POST", "/api/v1/sse/{connectionId}/subscribe/job/{jobId}", VIEWER, Trace::None),
    ("POST", "/api/v1/sse/{connectionId}/subscribe/queue/{queueName}", VIEWER, Trace::None),
    ("POST", "/api/v1/sse/{connectionId}/unsubscribe/job/{jobId}", VIEWER, Trace::None),
    ("POST", "/api/v1/sse/{connectionId}/unsubscribe/queue/{queueName}", VIEWER, Trace::None),
    ("GET", "/api/v1/ws", VIEWER, Trace::None),

    // Acting.
    ("POST", "/api/v1/queue/add", OPERATOR, Trace::None),
    ("POST", "/api/v1/queue/add-bulk", OPERATOR, Trace::None),
    ("POST", "/api/v1/events", OPERATOR, Trace::None),
    ("POST", "/api/v1/jobs/{jobId}/cancel", OPERATOR, Trace::Kept("job.cancelled")),
    ("POST", "/api/v1/jobs/{jobId}/retry", OPERATOR, Trace::Kept("job.retried")),
    ("DELETE", "/api/v1/jobs/{jobId}", OPERATOR, Trace::Kept("job.removed")),
    ("PATCH", "/api/v1/queues/{queueName}", OPERATOR, Trace::Kept("queue.limited")),
    ("POST", "/api/v1/queues/{queueName}/pause", OPERATOR, Trace::Kept("queue.paused")),
    ("POST", "/api/v1/queues/{queueName}/resume", OPERATOR, Trace::Kept("queue.resumed")),
    ("POST", "/api/v1/queues/{queueName}/failed/replay", OPERATOR, Trace::Kept("dead_letters.replayed")),
    ("POST", "/api/v1/queues/{queueName}/failed/discard", OPERATOR, Trace::Kept("dead_letters.discarded")),
    ("POST", "/api/v1/schedules", OPERATOR, Trace::Kept("schedule.added")),
    ("PATCH", "/api/v1/schedules/{name}", OPERATOR, Trace::Kept("schedule.changed")),
    ("DELETE", "/api/v1/schedules/{name}", OPERATOR, Trace::Kept("schedule.removed")),
    ("POST", "/api/v1/schedules/{name}/run", OPERATOR, Trace::Kept("schedule.run")),
    ("POST", "/api/v1/sse/{connectionId}/kick", OPERATOR, Trace::Kept("stream.kicked")),
    ("POST", "/api/v1/customers/import", OPERATOR, Trace::Kept("import.uploaded")),

    // Other paths of the same.
    ("GET", "/dashboard/stream", VIEWER, Trace::None),
    ("GET", "/dashboard/debug", VIEWER, Trace::None),
    ("GET", "/dashboard/trigger-test-pubsub", OPERATOR, Trace::Kept("test_event.ordered")),
    ("POST", "/dashboard/trigger-test-pubsub", OPERATOR, Trace::Kept("test_event.ordered")),
    ("GET", "/ws", VIEWER, Trace::None),
    ("GET", "/api/tasks/{jobId}", VIEWER, Trace::None),
    ("POST", "/api/tasks", OPERATOR, Trace::None),
    ("GET", "/api/queue/stats", VIEWER, Trace::None),
    ("GET", "/api/queue/system-status", VIEWER, Trace::None),
    ("GET", "/api/queue/{queueName}/details", VIEWER, Trace::None),
    ("POST", "/api/queue/test/job", OPERATOR, Trace::None),
    ("POST", "/api/queue/test/event", OPERATOR, Trace::None),
    ("POST", "/api/customer/upload", OPERATOR, Trace::Kept("import.uploaded")),

    // People, programs, and what they did.
    ("GET", "/api/v1/users", ADMIN, Trace::None),
    ("POST", "/api/v1/users", ADMIN, Trace::None),
    ("PATCH", "/api/v1/users/{userId}", ADMIN, Trace::None),
    ("GET", "/api/v1/users/{userId}/sessions", ADMIN, Trace::None),
    ("GET", "/api/v1/tokens", ADMIN, Trace::None),
    ("POST", "/api/v1/tokens", ADMIN, Trace::None),
    ("DELETE", "/api/v1/tokens/{tokenId}", ADMIN, Trace::None),
    ("GET", "/api/v1/audit", ADMIN, Trace::None),
    ("GET", "/api/v1/audit/export.csv", ADMIN, Trace::Kept("audit.exported")),
];
