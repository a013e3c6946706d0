//! A file's bytes as UTF-8, or an error, never a replacement character.
//!
//! `Decoded` goes through the file in pieces of 64 KiB, so that its memory does not depend on the file. It checks
//! more than the letter of an encoding: a byte that Windows-1252 leaves open means that the file was written in
//! something else, and a NUL, which no text has, could not be stored by every database.
//!
//! Where the text came from is counted too, so that progress is shown in bytes of the file as it was uploaded.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult};

use super::{
    encoding::{LineEnding, TextEncoding},
    file_error::{FileError, TextSoFar},
};

/// Bytes read from the source at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// A file's text as UTF-8, without its byte order mark.
///
/// A malformed byte fails the read with an [`io::Error`] that carries the [`FileError`]; what came before it in the
/// same piece is not handed out, since the whole file is refused anyway.
pub(super) struct Decoded<R> {
    input: R,
    encoding: TextEncoding,
    line_ending: LineEnding,
    decoder: Option<Decoder>,
    /// Bytes of the source; the first `kept` of them are a character that the piece before cut in two.
    piece: Box<[u8]>,
    kept: usize,
    text: Vec<u8>,
    /// How much of `text` was handed out.
    taken: usize,
    is_first: bool,
    is_last: bool,
    mark_bytes: u64,
    source_bytes: u64,
    text_bytes: u64,
    lines: u64,
    so_far: TextSoFar,
}

impl<R: Read> Decoded<R> {
    /// The text of `input`, which is at the file's beginning.
    pub(super) fn new(input: R, encoding: TextEncoding, line_ending: LineEnding) -> Self {
        Self {
            input,
            encoding,
            line_ending,
            decoder: encoding.decoder(),
            piece: vec![0; PIECE_BYTES].into_boxed_slice(),
            kept: 0,
            text: Vec::new(),
            taken: 0,
            is_first: true,
            is_last: false,
            mark_bytes: 0,
            source_bytes: 0,
            text_bytes: 0,
            lines: 0,
            so_far: TextSoFar::OnlyAscii,
        }
    }

    /// Passes over the first `text_bytes` bytes of the text. Only for a text of which nothing was read yet.
    pub(super) fn skip(&mut self, text_bytes: u64) -> io::Result<()> {
        while self.text_bytes < text_bytes {
            if self.is_last {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.fill()?;
        }
        let ahead = usize::try_from(self.text_bytes - text_bytes).unwrap_or(usize::MAX);
        self.taken = self.text.len().saturating_sub(ahead);
        Ok(())
    }

    /// Bytes of the text that were decoded so far, handed out or not.
    pub(super) fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// Bytes of the source that hold the first `text_bytes` bytes of the text, the mark included.
    ///
    /// Exact for UTF-8, and at the end. Else up to a piece too many, which is near enough to show progress.
    pub(super) fn source_bytes_at(&self, text_bytes: u64) -> u64 {
        match self.encoding {
            TextEncoding::Utf8 => self.mark_bytes + text_bytes,
            _ => self.source_bytes,
        }
    }

    /// Decodes the next piece into `text`, all of which must have been handed out.
    fn fill(&mut self) -> io::Result<()> {
        let len = self.kept + read_full(&mut self.input, &mut self.piece[self.kept..])?;
        self.is_last = len < self.piece.len();
        let from = self.pass_mark(len);
        self.text.clear();
        self.taken = 0;
        let used = match self.decoder.take() {
            None => self.fill_utf8(from, len)?,
            Some(mut decoder) => {
                let filled = self.fill_other(&mut decoder, from, len);
                self.decoder = Some(decoder);
                filled.map(|()| len)?
            }
        };
        self.piece.copy_within(used..len, 0);
        self.kept = len - used;
        self.source_bytes += used as u64;
        self.look_at_text()
    }

    /// The length of the byte order mark, if this is the first piece and has one.
    fn pass_mark(&mut self, len: usize) -> usize {
        let mark = self.encoding.byte_order_mark();
        if std::mem::replace(&mut self.is_first, false) && self.piece[..len].starts_with(mark) {
            self.mark_bytes = mark.len() as u64;
            mark.len()
        } else {
            0
        }
    }

    /// Takes what is whole of a piece of UTF-8, and tells where that ends.
    fn fill_utf8(&mut self, from: usize, len: usize) -> io::Result<usize> {
        let piece = &self.piece[from..len];
        let whole = match std::str::from_utf8(piece) {
            Ok(_) => piece,
            Err(error) if error.error_len().is_none() && !self.is_last => &piece[..error.valid_up_to()],
            Err(error) => {
                let before = &piece[..error.valid_up_to()];
                return Err(self.malformed(before));
            }
        };
        self.text.extend_from_slice(whole);
        Ok(from + whole.len())
    }

    /// Decodes a piece of anything but UTF-8. The decoder itself keeps a character that is cut in two.
    fn fill_other(&mut self, decoder: &mut Decoder, from: usize, len: usize) -> io::Result<()> {
        let piece = &self.piece[from..len];
        if self.encoding == TextEncoding::Windows1252
            && let Some(at) = piece.iter().position(|byte| matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D))
        {
            return Err(self.malformed(&piece[..at]));
        }
        let room = decoder.max_utf8_buffer_length_without_replacement(piece.len()).ok_or(io::ErrorKind::OutOfMemory)?;
        self.text.resize(room, 0);
        let (result, _, written) = decoder.decode_to_utf8_without_replacement(piece, &mut self.text, self.is_last);
        self.text.truncate(written);
        match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::Malformed(..) | DecoderResult::OutputFull => Err(self.malformed(&self.text)),
        }
    }

    /// The refusal for a byte that follows `before` in this piece.
    fn malformed(&self, before: &[u8]) -> io::Error {
        let error = FileError::BadEncoding {
            line: self.lines + self.line_ending.count_in(before) + 1,
            encoding: self.encoding,
            before: if before.is_ascii() { self.so_far } else { TextSoFar::BeyondAscii },
        };
        error.into()
    }

    /// Line ends, lines, what proves the encoding, and what no text has.
    fn look_at_text(&mut self) -> io::Result<()> {
        if self.text.contains(&0) {
            let before = self.text.split(|&byte| byte == 0).next().unwrap_or_default();
            let line = self.lines + self.line_ending.count_in(before) + 1;
            return Err(FileError::NulCharacter { line }.into());
        }
        self.lines += self.line_ending.count_in(&self.text);
        self.text_bytes += self.text.len() as u64;
        if self.line_ending == LineEnding::CarriageReturn {
            for byte in self.text.iter_mut().filter(|byte| **byte == b'\r') {
                *byte = b'\n';
            }
        }
        if !self.text.is_ascii() {
            self.so_far = TextSoFar::BeyondAscii;
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.text.len() {
            if self.is_last {
                return Ok(0);
            }
            self.fill()?;
        }
        let len = out.len().min(self.text.len() - self.taken);
        out[..len].copy_from_slice(&self.text[self.taken..self.taken + len]);
        self.taken += len;
        Ok(len)
    }
}

/// Reads until `buffer` is full or the source ends, so that pieces do not depend on how the source hands them out.
pub(super) fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < buffer.len() {
        match input.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::ReadError;

    fn text_of(bytes: &[u8], encoding: TextEncoding) -> Result<String, FileError> {
        let mut text = String::new();
        match Decoded::new(bytes, encoding, LineEnding::Newline).read_to_string(&mut text).map_err(ReadError::from) {
            Ok(_) => Ok(text),
            Err(ReadError::File(refusal)) => Err(refusal),
            Err(ReadError::Io(error)) => panic!("{error}"),
        }
    }

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(text_of(b"\xEF\xBB\xBFEmail", TextEncoding::Utf8).unwrap(), "Email");
        assert_eq!(text_of(b"\xFF\xFEE\0", TextEncoding::Utf16Le).unwrap(), "E");
        assert_eq!(text_of(b"\xFE\xFF\0E", TextEncoding::Utf16Be).unwrap(), "E");
    }

    #[test]
    fn characters_that_lie_across_two_pieces_stay_whole() {
        for shift in 0..4 {
            let text = format!("{}{}", "x".repeat(shift), "ä€😀".repeat(PIECE_BYTES / 4));

            assert_eq!(text_of(text.as_bytes(), TextEncoding::Utf8).unwrap(), text);
            assert_eq!(text_of(&utf16le(&text), TextEncoding::Utf16Le).unwrap(), text);
        }
    }

    #[test]
    fn windows_1252_has_its_euro_and_its_umlauts() {
        assert_eq!(text_of(b"M\xFCller \x80", TextEncoding::Windows1252).unwrap(), "Müller €");
    }

    #[test]
    fn a_malformed_byte_is_told_by_its_line_and_what_came_before() {
        let malformed: [(&[u8], _, _, _); 4] = [
            (b"a\nb\xFC\n", TextEncoding::Utf8, 2, TextSoFar::OnlyAscii),
            (b"\xC3\xA4\n\nb\xFC", TextEncoding::Utf8, 3, TextSoFar::BeyondAscii),
            (b"a\n\x81", TextEncoding::Windows1252, 2, TextSoFar::OnlyAscii),
            (b"a\0\n\0b", TextEncoding::Utf16Le, 2, TextSoFar::OnlyAscii),
        ];

        for (bytes, encoding, line, before) in malformed {
            assert_eq!(text_of(bytes, encoding), Err(FileError::BadEncoding { line, encoding, before }));
        }
    }

    #[test]
    fn a_nul_is_told_by_its_line() {
        assert_eq!(text_of(b"a\nb\0", TextEncoding::Utf8), Err(FileError::NulCharacter { line: 2 }));
    }

    #[test]
    fn skipping_leaves_the_rest() {
        let mut text = Decoded::new("\u{FEFF}äbc".as_bytes(), TextEncoding::Utf8, LineEnding::Newline);
        text.skip(3).unwrap();

        let mut rest = String::new();
        text.read_to_string(&mut rest).unwrap();

        assert_eq!(rest, "c");
        assert_eq!(text.source_bytes_at(text.text_bytes()), 7);
    }

    #[test]
    fn skipping_more_than_there_is_fails() {
        let mut text = Decoded::new(b"abc".as_slice(), TextEncoding::Utf8, LineEnding::Newline);

        assert_eq!(text.skip(4).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
