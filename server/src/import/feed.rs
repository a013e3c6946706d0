//! What the parser of records is fed: the text, and around it what keeps the parser's habits from doing harm.
//!
//! - Behind the text stands an *end mark*, a record that no text contains. If a quote is still open there, the mark
//!   ends up inside the last record. The parser itself takes the end of its input for the closing quote.
//! - Before the text stands one newline. A parser that is started in the middle of a file would take the bytes of a
//!   byte order mark there for one, and drop them.
//! - When a record does not end, the feed does. The parser would gather it to the end of the file.

use std::io::{self, Read};

use csv::StringRecord;

use super::{decoded::Decoded, file_error::FileError};

/// The longest record, in bytes of UTF-8.
pub(super) const MAX_RECORD_BYTES: u64 = 1024 * 1024;

/// What the parser takes at a time.
pub(super) const BUFFER_BYTES: usize = 64 * 1024;

/// Ends a last line that has no end, and then is a record of its own. A text with a NUL is refused before it gets here.
const END_MARK: &str = "\n\0\n";

/// A newline, the text, and the end mark.
pub(super) struct Feed<R> {
    text: Decoded<R>,
    /// Bytes fed so far.
    fed: u64,
    /// Bytes fed before the record that is being read, blank lines included.
    before_record: u64,
    /// The line behind the record before.
    line: u64,
    /// Bytes fed up to the last one that is no newline, and thus belongs to a record.
    last_cell: u64,
    is_over: bool,
}

impl<R: Read> Feed<R> {
    pub(super) fn new(text: Decoded<R>) -> Self {
        Self { text, fed: 0, before_record: 0, line: 1, last_cell: 0, is_over: false }
    }

    pub(super) fn text(&self) -> &Decoded<R> {
        &self.text
    }

    /// Tells that the parser has used `fed` bytes, and goes on with a new record, on `line` or behind blank lines.
    pub(super) fn begin_record(&mut self, fed: u64, line: u64) {
        self.before_record = fed;
        self.line = line;
    }

    /// Whether `record` is the end mark, so that every record of the text has been read.
    pub(super) fn is_end_mark(&self, record: &StringRecord) -> bool {
        self.is_over && record.len() == 1 && record.as_slice() == "\0"
    }

    /// Whether the quote that opens the last cell of `record` is open at the end of the text.
    pub(super) fn has_end_mark_inside(&self, record: &StringRecord) -> bool {
        self.is_over && record.as_slice().ends_with(END_MARK)
    }

    /// Whether all that was fed, and more than a record may have, did not end the record.
    ///
    /// The parser has used up what it was fed whenever it asks for more. The two buffers make room for blank lines
    /// before the record: whether it is too long by a little is told from its own end, which does not depend on where
    /// the buffers began.
    fn is_record_endless(&mut self) -> bool {
        if self.last_cell <= self.before_record {
            // Nothing but newlines since the record before: this one has not begun.
            self.before_record = self.fed;
        }
        self.fed - self.before_record > MAX_RECORD_BYTES + 2 * BUFFER_BYTES as u64
    }
}

impl<R: Read> Read for Feed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.is_record_endless() {
            return Err(FileError::LineTooLong { line: self.line }.into());
        }
        let len = if self.fed == 0 {
            b"\n".as_slice().read(out)?
        } else if self.is_over {
            0
        } else {
            match self.text.read(out)? {
                0 => {
                    self.is_over = true;
                    END_MARK.as_bytes().read(out)?
                }
                len => len,
            }
        };
        if let Some(at) = out[..len].iter().rposition(|&byte| byte != b'\n') {
            self.last_cell = self.fed + at as u64 + 1;
        }
        self.fed += len as u64;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::encoding::{LineEnding, TextEncoding};

    #[test]
    fn the_text_stands_between_a_newline_and_the_end_mark() {
        let text = Decoded::new(b"a,b".as_slice(), TextEncoding::Utf8, LineEnding::Newline);

        let mut fed = String::new();
        Feed::new(text).read_to_string(&mut fed).unwrap();

        assert_eq!(fed, "\na,b\n\0\n");
    }
}
