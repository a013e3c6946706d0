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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::import::mapping::Field;

    fn outcome(file: &[u8]) -> Result<Checked, FileError> {
        match check(|| Ok(Cursor::new(file))) {
            Ok(checked) => Ok(checked),
            Err(ReadError::File(refusal)) => Err(refusal),
            Err(ReadError::Io(error)) => panic!("{error}"),
        }
    }

    fn refusal(file: &[u8]) -> FileError {
        outcome(file).unwrap_err()
    }

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn each_export_is_read_in_its_own_shape() {
        let shape = |file: &[u8]| {
            let Checked { format, rows } = outcome(file).unwrap();
            (format.encoding, format.delimiter, format.mapping.column(Field::Email), rows)
        };
        let shopify = b"Customer ID,First Name,Last Name,Email,Phone\r\n'1,Ann,Lee,ann@example.com,'+1\r\n";
        let hubspot = "\u{FEFF}\"Record ID\",\"First Name\",\"Email\"\n\"1\",\"Zoë\",\"zoe@example.com\"\n";
        let google = b"First Name,Notes,E-mail 1 - Value\nAnn,\"tall\n\nkind\",ann@example.com\nBo,,\n";
        let mailchimp = utf16le("\u{FEFF}Email Address\tFirst Name\r\nann@example.com\tAnn\r\nbo@example.com\tBo\r\n");
        let excel = b"sep=;\r\nE-Mail;Ort\r\nann@example.com;K\xF6ln\r\n";

        assert_eq!(shape(shopify), (TextEncoding::Utf8, b',', Some(3), 1));
        assert_eq!(shape(hubspot.as_bytes()), (TextEncoding::Utf8, b',', Some(2), 1));
        assert_eq!(shape(google), (TextEncoding::Utf8, b',', Some(2), 2));
        assert_eq!(shape(&mailchimp), (TextEncoding::Utf16Le, b'\t', Some(0), 2));
        assert_eq!(shape(&mailchimp[2..]), (TextEncoding::Utf16Le, b'\t', Some(0), 2));
        assert_eq!(shape(excel), (TextEncoding::Windows1252, b';', Some(0), 1));
    }

    #[test]
    fn the_first_character_beyond_ascii_decides_wherever_it_is() {
        let long = format!("Email,City\n{}", "a@example.com,Bonn\n".repeat(30_000));
        let ended_by = |end: &[u8]| [long.as_bytes(), end].concat();

        let in_1252 = outcome(&ended_by(b"a@example.com,K\xF6ln\n")).unwrap();
        let in_utf8 = outcome(&ended_by("a@example.com,Köln\n".as_bytes())).unwrap();

        assert_eq!((in_1252.format.encoding, in_1252.rows), (TextEncoding::Windows1252, 30_001));
        assert_eq!((in_utf8.format.encoding, in_utf8.rows), (TextEncoding::Utf8, 30_001));
    }

    #[test]
    fn a_file_that_changes_its_encoding_half_way_is_refused() {
        let after = |beginning: &str| refusal(&[beginning.as_bytes(), b"b@example.com,K\xF6ln\n"].concat());

        let by_its_characters = after("Email,City\na@example.com,M\u{fc}nchen\n");
        let by_its_mark = after("\u{FEFF}Email,City\na@example.com,Bonn\n");

        assert_eq!(by_its_characters.code(), "bad_encoding");
        assert!(by_its_characters.to_string().starts_with("Line 3 is not UTF-8 like the lines before it."));
        assert_eq!(by_its_mark.code(), "bad_encoding");
        assert_eq!(refusal(&utf16le("\u{FEFF}Email\na@example.com\n")[..37]).code(), "bad_encoding");
        assert_eq!(refusal(b"Email,City\na@example.com,M\x81nchen\n").code(), "bad_encoding");
    }

    #[test]
    fn a_file_that_could_not_be_read_to_its_end_is_refused() {
        let rows = "a@example.com,x\n".repeat(50_000);
        let file = |end: &str| format!("Email,City\n{rows}{end}");

        assert_eq!(refusal(file("b@example.com,\"Bonn\n").as_bytes()), FileError::UnclosedQuote { line: 50_002 });
        assert_eq!(refusal(file("b\0@example.com,y\n").as_bytes()), FileError::NulCharacter { line: 50_002 });
        assert_eq!(refusal(file(&",".repeat(2_000)).as_bytes()), FileError::TooManyColumns { line: 50_002 });
        assert_eq!(refusal(file(&"x".repeat(2 << 20)).as_bytes()), FileError::LineTooLong { line: 50_002 });
    }

    #[test]
    fn a_single_line_of_10_mb_is_refused() {
        let line = "Email,Name,".repeat(1_000_000);

        let refusal = refusal(line.as_bytes());

        assert_eq!(refusal.code(), "line_too_long");
        assert_eq!(refusal.to_string(), "Line 1 is longer than 1 MiB. Is the delimiter or a closing quote missing?");
    }

    #[test]
    fn files_without_customers_to_be_found_are_refused() {
        assert_eq!(refusal(b"").code(), "empty_file");
        assert_eq!(refusal(b" \r\n,,,\r\n").code(), "empty_file");
        assert_eq!(refusal(b"Name;Telephone\nAnn;1\n").code(), "no_email_column");
        assert_eq!(refusal(b"PK\x03\x04\x14\0\x06\0[Content_Types].xml").code(), "binary_file");
    }

    #[test]
    fn a_header_alone_is_a_file_of_no_rows() {
        assert_eq!(outcome(b"Email,Name\n").unwrap().rows, 0);
    }

    #[test]
    fn a_failing_storage_is_told_from_a_refusal() {
        let failing = check(|| -> io::Result<io::Empty> { Err(io::Error::other("gone")) });

        assert!(matches!(failing, Err(ReadError::Io(_))));
    }
}
