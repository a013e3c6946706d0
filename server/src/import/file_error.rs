//! Why a file is refused as a whole, in the words that its owner reads.
//!
//! A refusal is found by the check of the whole file, before any row is written, so that a refused file changes no
//! customer. Each sentence says what to change: whoever reads it has the file at hand, and not this code. What is
//! wrong with single rows is no refusal; it goes to the error list while the other rows go on.

use std::io;

use super::{binary::BinaryKind, encoding::TextEncoding};

/// A file that can't be imported as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is no text in it.
    #[error("The file is empty. Choose a file with a header line and one line for each customer.")]
    EmptyFile,
    /// It is not text.
    #[error("{0}")]
    BinaryFile(BinaryKind),
    /// A character that no text contains, somewhere in what looked like text.
    #[error(
        "Line {line} contains a NUL character, which no text has: the file is damaged. Export it again from the program it came from."
    )]
    NulCharacter {
        /// The line, counted from 1.
        line: u64,
    },
    /// There is a header, but no column for the e-mail.
    #[error("The file has no e-mail column. Name one column 'Email'; found: {found}.")]
    NoEmailColumn {
        /// The columns that there are, shortened.
        found: String,
    },
    /// The first line holds data, and what its columns mean can't be told.
    #[error(
        "The file has no header line. Add a first line that names the columns, one of them 'Email'; the first line is now: {found}."
    )]
    NoHeader {
        /// The cells of the first line, shortened.
        found: String,
    },
    /// A record so long that it can't be one.
    #[error("Line {line} is longer than 1 MiB. Is the delimiter or a closing quote missing?")]
    LineTooLong {
        /// The line where the record begins, counted from 1.
        line: u64,
    },
    /// Bytes that are no text in the encoding that the rest of the file has.
    #[error(
        "Line {line} is not {encoding} like the lines before it. Save the whole file as 'CSV UTF-8' and import that file."
    )]
    BadEncoding {
        /// The line of the first such byte, counted from 1.
        line: u64,
        /// What the file was read as.
        encoding: TextEncoding,
        /// What was read before that byte.
        before: TextSoFar,
    },
    /// A quote that is open when the file ends.
    #[error("The quote that opens on line {line} is never closed. Put a second quote at the end of that value.")]
    UnclosedQuote {
        /// The line where the quoted value begins, counted from 1.
        line: u64,
    },
    /// More columns than any table of customers has.
    #[error("Line {line} has more than 1,000 columns. Remove those that are not needed.")]
    TooManyColumns {
        /// The line, counted from 1.
        line: u64,
    },
}

/// Whether the text before a malformed byte proves its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextSoFar {
    /// Nothing but ASCII, which looks the same in UTF-8 and in Windows-1252.
    OnlyAscii,
    /// Characters that are written differently in each encoding.
    BeyondAscii,
}

impl FileError {
    /// A stable name for programs, such as `no_email_column`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EmptyFile => "empty_file",
            Self::BinaryFile(_) | Self::NulCharacter { .. } => "binary_file",
            Self::NoEmailColumn { .. } | Self::NoHeader { .. } => "no_email_column",
            Self::LineTooLong { .. } => "line_too_long",
            Self::BadEncoding { .. } => "bad_encoding",
            Self::UnclosedQuote { .. } => "unclosed_quote",
            Self::TooManyColumns { .. } => "too_many_columns",
        }
    }
}

/// Reading stopped: because of what the file holds, or because it could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is refused. Trying again would give the same.
    #[error(transparent)]
    File(#[from] FileError),
    /// The storage failed. Trying again may help.
    #[error("the file could not be read: {0}")]
    Io(io::Error),
}

impl From<io::Error> for ReadError {
    /// Unpacks a refusal that came through a [`std::io::Read`], which knows no errors but its own.
    fn from(error: io::Error) -> Self {
        match error.downcast::<FileError>() {
            Ok(refusal) => Self::File(refusal),
            Err(error) => Self::Io(error),
        }
    }
}

impl From<FileError> for io::Error {
    fn from(refusal: FileError) -> Self {
        Self::new(io::ErrorKind::InvalidData, refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_survives_the_way_through_an_io_error() {
        let refusal = FileError::LineTooLong { line: 7 };

        let read_error = ReadError::from(io::Error::from(refusal.clone()));

        assert!(matches!(read_error, ReadError::File(found) if found == refusal));
    }

    #[test]
    fn a_failing_storage_is_no_refusal() {
        let read_error = ReadError::from(io::Error::other("the disk is gone"));

        assert_eq!(read_error.to_string(), "the file could not be read: the disk is gone");
    }
}
