//! What the beginning of a file tells of it: whether it is text, its encoding, its line ends, its delimiter.
//!
//! Nothing here reads or writes; a sample goes in. One question the sample can't answer: a file of plain ASCII may
//! have its first umlaut at the very end. UTF-8 or Windows-1252 is therefore left open, and the check decides it by
//! the first character beyond ASCII, wherever that is.

use super::{
    binary::{BinaryKind, has_many_controls, kind_by_beginning},
    delimiter,
    encoding::{LineEnding, TextEncoding},
    file_error::FileError,
    format::Dialect,
};

/// The sample's size. Whatever is shorter is the whole file.
pub(super) const SAMPLE_BYTES: usize = 256 * 1024;

/// What is known of a file's encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    /// A byte order mark, or the pattern of UTF-16, says so.
    Certain,
    /// It is UTF-8 unless the first character beyond ASCII is none: then it is Windows-1252.
    UntilBeyondAscii,
}

/// How the file that begins with `sample` is to be read.
pub(super) fn detect(sample: &[u8]) -> Result<(Dialect, Certainty), FileError> {
    if let Some(kind) = kind_by_beginning(sample) {
        return Err(FileError::BinaryFile(kind));
    }
    let (encoding, certainty) = encoding_of(sample)?;
    let mut text = text_of(sample, encoding);
    if text.trim_ascii().is_empty() && sample.len() < SAMPLE_BYTES {
        return Err(FileError::EmptyFile);
    }
    if has_many_controls(text.as_bytes()) {
        return Err(FileError::BinaryFile(BinaryKind::Unknown));
    }
    let line_ending = if text.contains('\r') && !text.contains('\n') {
        text = text.replace('\r', "\n");
        LineEnding::CarriageReturn
    } else {
        LineEnding::Newline
    };
    if sample.len() == SAMPLE_BYTES {
        // The last line is cut off, which would look like a record with too few cells.
        let end = text.rfind('\n').unwrap_or(text.len());
        text.truncate(end);
    }
    let named = delimiter::named_by_separator_line(&text);
    let delimiter = named.unwrap_or_else(|| delimiter::most_consistent(&text));
    Ok((Dialect { encoding, line_ending, delimiter, has_separator_line: named.is_some() }, certainty))
}

fn encoding_of(sample: &[u8]) -> Result<(TextEncoding, Certainty), FileError> {
    let marked = [TextEncoding::Utf8, TextEncoding::Utf16Le, TextEncoding::Utf16Be];
    if let Some(encoding) = marked.into_iter().find(|encoding| sample.starts_with(encoding.byte_order_mark())) {
        return Ok((encoding, Certainty::Certain));
    }
    let nuls_at = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, units) = (nuls_at(0), nuls_at(1), sample.len() / 2);
    // Delimiters, line ends and addresses are ASCII, half of whose bytes are NUL, whatever script the names are in.
    // The other half has a NUL now and then: 一, one of the commonest Chinese characters, is U+4E00.
    let is_high = |nuls: usize, others: usize| nuls * 4 >= units && nuls >= others * 4;
    match (even, odd) {
        (0, 0) => Ok((TextEncoding::Utf8, Certainty::UntilBeyondAscii)),
        (even, odd) if is_high(odd, even) => Ok((TextEncoding::Utf16Le, Certainty::Certain)),
        (even, odd) if is_high(even, odd) => Ok((TextEncoding::Utf16Be, Certainty::Certain)),
        _ => Err(FileError::BinaryFile(BinaryKind::Unknown)),
    }
}

/// The sample as text, roughly: what is malformed here is told with its line when the whole file is read.
fn text_of(sample: &[u8], encoding: TextEncoding) -> String {
    let sample = sample.strip_prefix(encoding.byte_order_mark()).unwrap_or(sample);
    match encoding.decoder() {
        None => String::from_utf8_lossy(sample).into_owned(),
        Some(mut decoder) => {
            let room = decoder.max_utf8_buffer_length(sample.len()).unwrap_or(0);
            let mut text = String::with_capacity(room);
            // What the decoder says of the sample's end is of no interest: a cut character is no mistake.
            let _ = decoder.decode_to_string(sample, &mut text, false);
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(sample: &[u8]) -> &'static str {
        detect(sample).unwrap_err().code()
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn a_byte_order_mark_decides() {
        let encoding =
            |sample: &[u8]| detect(sample).map(|(dialect, certainty)| (dialect.encoding, certainty)).unwrap();

        assert_eq!(encoding(b"\xEF\xBB\xBFEmail\n"), (TextEncoding::Utf8, Certainty::Certain));
        assert_eq!(encoding(b"\xFF\xFEE\0m\0"), (TextEncoding::Utf16Le, Certainty::Certain));
        assert_eq!(encoding(b"\xFE\xFF\0E\0m"), (TextEncoding::Utf16Be, Certainty::Certain));
    }

    #[test]
    fn utf_16_without_a_mark_is_told_by_its_nuls() {
        let text = "Email\tName\na@example.com\t山田太一\n";
        let encoding = |sample: &[u8]| detect(sample).unwrap().0.encoding;

        assert_eq!(encoding(&utf16(text, u16::to_le_bytes)), TextEncoding::Utf16Le);
        assert_eq!(encoding(&utf16(text, u16::to_be_bytes)), TextEncoding::Utf16Be);
        assert_eq!(detect(&utf16(text, u16::to_le_bytes)).unwrap().0.delimiter, b'\t');
    }

    #[test]
    fn without_a_mark_utf_8_is_a_guess() {
        assert_eq!(detect(b"Email\n").unwrap().1, Certainty::UntilBeyondAscii);
    }

    #[test]
    fn carriage_returns_alone_end_lines() {
        let (dialect, _) = detect(b"Name;Email\rAnn;a@example.com\r").unwrap();

        assert_eq!((dialect.line_ending, dialect.delimiter), (LineEnding::CarriageReturn, b';'));
        assert_eq!(detect(b"Email\r\n").unwrap().0.line_ending, LineEnding::Newline);
    }

    #[test]
    fn a_separator_line_decides_the_delimiter() {
        let (dialect, _) = detect(b"sep=|\r\nEmail,Name|City\r\n").unwrap();

        assert_eq!((dialect.delimiter, dialect.has_separator_line), (b'|', true));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(refusal(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"), "binary_file");
        assert_eq!(refusal(b"%PDF-1.7\n"), "binary_file");
        assert_eq!(refusal(b"\x7FELF\x02\x01\x01\0\0\0\0\0"), "binary_file");
        assert_eq!(refusal(&[0; 64]), "binary_file");
        assert_eq!(refusal(&[5; 64]), "binary_file");
    }

    #[test]
    fn a_file_of_white_space_is_empty() {
        assert_eq!(refusal(b""), "empty_file");
        assert_eq!(refusal(b"\xEF\xBB\xBF\r\n \r\n"), "empty_file");
    }
}
