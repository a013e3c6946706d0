//! What pages are built of. A component draws what it is given: it asks nothing and listens to nothing, the frame
//! around the pages aside.

/// One clock for all that ages on a page.
pub mod clock;
/// Figures as text.
pub mod figures;
/// Spans of time as text.
pub mod spans;

/// Every icon.
pub mod icon;
/// The semaphore.
pub mod signal;

/// What the page can prove of its connection.
pub mod connection_details;
/// What the live stream is up to.
pub mod connection_indicator;
/// The frame around the pages behind the door.
pub mod frame;
/// The frame of pages outside of it.
pub mod gate;
/// What stands around a page.
pub mod layout;
/// Who is signed in, and the way out.
pub mod person;
/// The places, at the left.
pub mod rail;
/// What keys do.
pub mod shortcuts;
/// Light, dark, or as the system.
pub mod theme_switch;
/// Where one is, at the top.
pub mod top_line;

/// What is shown to those only who may use it.
pub mod allowed;
/// A page that is not for its reader.
pub mod needs_role;
/// Who looks at the page.
pub mod reader;

/// E-mail and password.
pub mod credentials;
/// What stands in a form that is sent.
pub mod form_values;
/// A role is chosen.
pub mod role_select;
/// Roles as words.
pub mod role_words;
/// A field of a form.
pub mod text_field;
/// What went wrong with a form.
pub mod trouble;

/// A button that asks first.
pub mod confirm_button;
/// A text to be copied.
pub mod copy_field;
/// What to do when there is nothing yet.
pub mod empty_state;
/// Something that a page has done.
pub mod errand;
/// What went wrong, and what to do.
pub mod error_note;
/// The four states of what a page loads.
pub mod loaded;
/// News that waits until it is wanted.
pub mod news_button;
/// The heading of a page and what can be done there.
pub mod page_head;
/// To the next page of a list and back to its start.
pub mod pager;
/// A table's place while its rows are loading.
pub mod skeleton;

/// What a screen reader is told.
pub mod announcer;
/// Figures side by side.
pub mod counts;
/// The state of an import.
pub mod import_pill;
/// A figure that is read in a column.
pub mod number;
/// How far something is.
pub mod progress_bar;
/// A moment, as its distance from now.
pub mod relative_time;
/// A state, as semaphore and word.
pub mod status_pill;

/// The table of customers.
pub mod customers_table;
/// The search field of a list.
pub mod search_box;

/// An event, opened.
pub mod event_detail;
/// An event as names and values.
pub mod event_facts;
/// What is shown of the log.
pub mod event_filters;
/// The list of events.
pub mod event_list;
/// An event as programs see it.
pub mod event_source;
/// An event in one line of words.
pub mod event_words;
/// Queues and workers at a moment.
pub mod panorama_tables;
/// A moment is chosen.
pub mod time_slider;

/// The columns that an import understands.
pub mod column_guide;
/// Where a file is dropped or chosen.
pub mod drop_zone;
/// What became of an import's rows.
pub mod import_counts;
/// What an import is.
pub mod import_facts;
/// How far an import is.
pub mod import_progress;
/// An import, as a row of a table.
pub mod import_row;
/// What to do with known and unknown customers.
pub mod mode_choice;
/// The rows that an import could not take.
pub mod row_errors;
/// How far an upload is.
pub mod upload_progress;

/// A live stream, as a row of a table.
pub mod stream_row;
/// The streams of a server as figures.
pub mod stream_totals;

/// The form that adds somebody.
pub mod add_user;
/// A browser by what it says of itself.
pub mod browser_names;
/// The form that changes one's own password.
pub mod change_password;
/// In which browsers somebody is signed in.
pub mod sessions_table;
/// What can be done to a user.
pub mod user_levers;
/// Whether somebody may sign in.
pub mod user_pill;
/// The table of users.
pub mod users_table;

/// The form that makes a token.
pub mod make_token;
/// A token that was just made.
pub mod token_once;
/// The table of tokens.
pub mod tokens_table;

/// What is shown of the audit log.
pub mod audit_filters;
/// The table of who did what.
pub mod audit_table;
/// What the audit log says, in words.
pub mod audit_words;

pub use add_user::AddUser;
pub use allowed::Allowed;
pub use announcer::Announcer;
pub use audit_filters::AuditFilters;
pub use audit_table::AuditTable;
pub use change_password::ChangePassword;
pub use clock::Clock;
pub use column_guide::ColumnGuide;
pub use confirm_button::{ConfirmButton, Question};
pub use connection_details::ConnectionDetails;
pub use connection_indicator::ConnectionIndicator;
pub use copy_field::CopyField;
pub use credentials::{Credentials, PasswordKind};
pub use customers_table::CustomersTable;
pub use drop_zone::DropZone;
pub use empty_state::EmptyState;
pub use errand::{Errand, ErrandNote, Standing};
pub use error_note::ErrorNote;
pub use event_detail::EventDetail;
pub use event_filters::EventFilters;
pub use event_list::EventList;
pub use frame::Frame;
pub use gate::Gate;
pub use icon::{Glyph, Icon};
pub use import_counts::ImportCounts;
pub use import_facts::ImportFacts;
pub use import_pill::ImportPill;
pub use import_progress::ImportProgress;
pub use import_row::ImportRow;
pub use layout::Layout;
pub use loaded::Loaded;
pub use make_token::MakeToken;
pub use mode_choice::ModeChoice;
pub use needs_role::NeedsRole;
pub use news_button::NewsButton;
pub use number::Number;
pub use page_head::PageHead;
pub use pager::Pager;
pub use panorama_tables::PanoramaTables;
pub use person::Person;
pub use progress_bar::ProgressBar;
pub use rail::Rail;
pub use reader::Reader;
pub use relative_time::RelativeTime;
pub use role_select::RoleSelect;
pub use row_errors::RowErrors;
pub use search_box::SearchBox;
pub use sessions_table::SessionsTable;
pub use shortcuts::Shortcuts;
pub use signal::{Aspect, Lamp, Signal, SignalSize};
pub use skeleton::TableSkeleton;
pub use status_pill::StatusPill;
pub use stream_row::StreamRow;
pub use stream_totals::StreamTotals;
pub use text_field::{FieldKind, TextField};
pub use theme_switch::ThemeSwitch;
pub use time_slider::TimeSlider;
pub use token_once::TokenOnce;
pub use tokens_table::TokensTable;
pub use top_line::TopLine;
pub use trouble::Trouble;
pub use upload_progress::UploadProgress;
pub use user_levers::UserLevers;
pub use user_pill::UserPill;
pub use users_table::UsersTable;
