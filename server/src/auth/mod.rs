//! Who may do what: people and programs, how they prove themselves, and what ends that.
//!
//! A person signs in with e-mail and password and is known by the cookie of a session from then on; a program sends a token. Both are judged
//! by the database at each request, so what is ended there is ended everywhere. What a role may do is declared in `http/access/rules.rs`.
//!
//! Deliberately absent: sign-in by others (OpenID Connect), and second factors.

/// Adding people, and ending sessions.
pub mod accounts;
/// Who asks.
pub mod actor;
/// The sessions of browsers.
pub mod browser_sessions;
/// Who does something, and why.
pub mod by;
/// Browsers in which somebody has signed in before.
mod devices;
/// Ending one's own sessions.
mod own_sessions;
/// Passwords.
pub mod password;
/// What is kept of what was refused.
mod record;
/// Texts that prove something.
pub mod secret;
/// How the first admin comes in.
mod set_up;
/// From e-mail and password to a session.
pub mod sign_in;
/// What slows guessing down.
pub mod throttle;
/// Tokens of programs.
mod tokens;
/// Ends the streams of who is signed out.
pub mod watch;

pub use accounts::Accounts;
pub use actor::Actor;
pub use browser_sessions::BrowserSessions;
pub use by::By;
pub use secret::Secret;
