//! What the bytes of a file mean: its encoding, and what ends its lines.

use std::fmt;

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};

/// An encoding that files of customers come in.
///
/// Windows-1252 stands for all encodings of one byte a character: the others can't be told from it by looking, and
/// programs that still write them do it in Western Europe and America, by this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextEncoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, low byte first: "Unicode text" of Excel.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Windows-1252: "CSV" of Excel in Western Europe and America.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl TextEncoding {
    /// The encoding's name, as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// The byte order mark that a file in this encoding may begin with.
    pub(super) const fn byte_order_mark(self) -> &'static [u8] {
        match self {
            Self::Utf8 => b"\xEF\xBB\xBF",
            Self::Utf16Le => b"\xFF\xFE",
            Self::Utf16Be => b"\xFE\xFF",
            Self::Windows1252 => b"",
        }
    }

    /// What decodes it; `None` for UTF-8, which only needs a look.
    pub(super) fn decoder(self) -> Option<Decoder> {
        let encoding = match self {
            Self::Utf8 => return None,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Windows1252 => WINDOWS_1252,
        };
        Some(encoding.new_decoder_without_bom_handling())
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
            Self::Windows1252 => "Windows-1252",
        })
    }
}

/// What ends a line. A carriage return before a newline counts as white space and needs no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnding {
    /// `\n`, or `\r\n`.
    Newline,
    /// `\r` alone: "CSV (Macintosh)" of Excel. It is read as `\n`, byte for byte.
    CarriageReturn,
}

impl LineEnding {
    /// How many lines end in `text`.
    pub(super) fn count_in(self, text: &[u8]) -> u64 {
        let also = match self {
            Self::Newline => b'\n',
            Self::CarriageReturn => b'\r',
        };
        text.iter().map(|&byte| u64::from(byte == b'\n' || byte == also)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_stored_under_its_name() {
        for encoding in [TextEncoding::Utf8, TextEncoding::Utf16Le, TextEncoding::Utf16Be, TextEncoding::Windows1252] {
            let json = serde_json::to_string(&encoding).unwrap();

            assert_eq!(json, format!("\"{}\"", encoding.as_str()));
        }
    }
}
