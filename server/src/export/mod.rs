//! CSV that leaves: one writer for all of it, a page of rows at a time.
//!
//! What leaves can be imported again, and is then what it was before. See `import/apostrophe.rs` for the cells that a spreadsheet would
//! run. A file is never whole in memory, and no connection to the database is held while its reader takes his time. If a page can't be
//! read the file breaks off, so that nobody takes the part for the whole.

/// Who did what.
mod audit;
/// All customers.
mod customers;
/// The rows that an import refused.
mod refused_rows;
/// What is written is read.
#[cfg(test)]
mod round_trip;
/// Rows as text.
mod table;

pub use audit::audit;
pub use customers::customers;
pub use refused_rows::refused_rows;
