//! One page a file. A page loads what it shows, follows its topics, and leaves the drawing to components.

/// Oneself.
pub mod account;
/// Addresses with a query.
mod address;
/// Who did what.
pub mod audit;
/// Customers: the list.
pub mod customers;
/// The events before the reader.
mod event_desk;
/// One step back in the log.
pub mod event_steps;
/// The event log.
pub mod events;
/// What came of a form that was sent without the script.
mod form_outcome;
/// One import.
pub mod import;
/// A file to be imported.
pub mod import_file;
/// Imports: the list.
pub mod imports;
/// Where one signs in.
pub mod login;
/// Queues and workers as they were.
pub mod look_back;
/// There is no such page.
pub mod not_found;
/// Where the first admin is made.
pub mod set_up;
/// Live streams.
pub mod streams;
/// Tokens of programs.
pub mod tokens;
/// One user.
pub mod user;
/// People who may sign in.
pub mod users;

pub use account::AccountPage;
pub use audit::AuditPage;
pub use customers::CustomersPage;
pub use events::EventsPage;
pub use import::ImportPage;
pub use import_file::ImportFilePage;
pub use imports::ImportsPage;
pub use login::LoginPage;
pub use not_found::{NotFoundPage, SetStatus};
pub use set_up::SetUpPage;
pub use streams::StreamsPage;
pub use tokens::TokensPage;
pub use user::UserPage;
pub use users::UsersPage;
