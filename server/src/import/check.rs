//! The pass over the whole file before any row is written: whether it can be read, how, and how many rows it has.
//!
//! It goes through the same records as the reading after it, so that whatever could stop that in the middle is found
//! here. One pass is enough for nearly every file. Only where the first character beyond ASCII shows that the guess of
//! UTF-8 was wrong, a second one reads the file as Windows-1252.

use std::io::{self, Read};

use super::{
    decoded::read_full,
    detect::{Certainty, SAMPLE_BYTES, detect},
    encoding::TextEncoding,
    file_error::{FileError, ReadError, TextSoFar},
    format::{Dialect, FileFormat},
    header::Header,
    records::{Position, Records},
};

/// A file that can be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How it is to be read.
    pub format: FileFormat,
    /// Its rows, good and bad, without the header and blank lines.
    pub rows: u64,
}

/// Checks a file. `open` opens it from its beginning, and is called up to three times.
///
/// # Errors
///
/// The refusal, if the file can't be imported as it is, or the failure of `open` or of what it opened.
pub fn check<R: Read>(mut open: impl FnMut() -> io::Result<R>) -> Result<Checked, ReadError> {
    let mut sample = vec![0; SAMPLE_BYTES];
    let len = read_full(&mut open().map_err(ReadError::Io)?, &mut sample).map_err(ReadError::Io)?;
    let (dialect, certainty) = detect(&sample[..len])?;
    drop(sample);

    let checked = check_as(open().map_err(ReadError::Io)?, dialect);
    match checked {
        Err(ReadError::File(FileError::BadEncoding { before: TextSoFar::OnlyAscii, .. }))
            if certainty == Certainty::UntilBeyondAscii =>
        {
            let dialect = Dialect { encoding: TextEncoding::Windows1252, ..dialect };
            check_as(open().map_err(ReadError::Io)?, dialect)
        }
        checked => checked,
    }
}

fn check_as(input: impl Read, dialect: Dialect) -> Result<Checked, ReadError> {
    let mut records = Records::open(input, dialect, Position::default())?;
    if !records.advance()? {
        return Err(FileError::EmptyFile.into());
    }
    let header = Header::from_first_record(records.record())?;
    let mut rows = u64::from(!header.is_line);
    while records.advance()? {
        rows += 1;
    }
    Ok(Checked { format: FileFormat::new(dialect, header), rows })
}
