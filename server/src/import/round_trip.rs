//! What is written is read: random tables in each encoding, with each delimiter and line end, read in chunks from stored
//! places.

use csv::{QuoteStyle, Terminator};
use proptest::prelude::*;

use super::{
    check::{Checked, check},
    encoding::TextEncoding,
    format::FileFormat,
    reader::{Chunk, RowReader},
    records::Position,
};

fn checked(file: &[u8]) -> Checked {
    check(|| Ok(file)).unwrap()
}

/// A table and the way it is written down.
#[derive(Clone, Debug)]
struct Written {
    rows: Vec<[String; 4]>,
    delimiter: u8,
    encoding: TextEncoding,
    has_mark: bool,
    line_end: &'static str,
    quotes: QuoteStyle,
}

impl Written {
    fn file(&self) -> Vec<u8> {
        let terminator =
            if self.line_end == "\r\n" { Terminator::CRLF } else { Terminator::Any(self.line_end.as_bytes()[0]) };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .terminator(terminator)
            .quote_style(self.quotes)
            .from_writer(Vec::new());
        writer.write_record(["City", "Email", "Note", "Company"]).unwrap();
        self.rows.iter().for_each(|row| writer.write_record(row).unwrap());
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let mark = if self.has_mark { self.encoding.byte_order_mark() } else { b"" };
        [mark, &bytes_of(&text, self.encoding)].concat()
    }

    /// Line, e-mail and city of each row that is no blank line, as the reader should see them.
    fn expected(&self) -> Vec<(u64, String, Option<String>)> {
        let mut line = 2;
        let mut expected = Vec::new();
        for row in &self.rows {
            if row.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                let city = row[0].replace(if self.line_end == "\r" { '\r' } else { '\n' }, "\n");
                let city = city.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}').to_owned();
                expected.push((line, row[1].clone(), Some(city).filter(|city| !city.is_empty())));
            }
            let newline = self.line_end.trim_start_matches('\r');
            let newline = if newline.is_empty() { "\r" } else { newline };
            line += 1 + row.iter().map(|cell| cell.matches(newline).count() as u64).sum::<u64>();
        }
        expected
    }
}

fn bytes_of(text: &str, encoding: TextEncoding) -> Vec<u8> {
    match encoding {
        TextEncoding::Utf8 => text.as_bytes().to_vec(),
        TextEncoding::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        TextEncoding::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        TextEncoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
    }
}

fn written() -> impl Strategy<Value = Written> {
    let encoding = prop_oneof![
        Just((TextEncoding::Utf8, false)),
        Just((TextEncoding::Utf8, true)),
        Just((TextEncoding::Utf16Le, true)),
        Just((TextEncoding::Utf16Be, true)),
        Just((TextEncoding::Windows1252, false)),
    ];
    let line_end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    (encoding, line_end).prop_flat_map(|((encoding, has_mark), line_end)| {
        let mut characters: Vec<char> = "aZ0 \"',;\t|äéß".chars().collect();
        characters.extend(if line_end == "\r" { "\r\r".chars() } else { "\r\n".chars() });
        if encoding != TextEncoding::Windows1252 {
            characters.extend("€山😀\u{FEFF}".chars());
        }
        let cell = prop::collection::vec(prop::sample::select(characters), 0..6);
        let cell = cell.prop_map(String::from_iter).boxed();
        let email = prop_oneof!["[a-zA-Z]{1,6}@example\\.com", Just(String::new()), Just("nobody".to_owned())];
        let row = (cell.clone(), email, cell.clone(), cell)
            .prop_map(|(city, email, note, company)| [city, email, note, company]);
        let delimiter = prop::sample::select(b",;\t|".to_vec());
        let quotes = prop::sample::select(vec![QuoteStyle::Necessary, QuoteStyle::Always]);
        (prop::collection::vec(row, 0..12), delimiter, quotes).prop_map(move |(rows, delimiter, quotes)| Written {
            rows,
            delimiter,
            encoding,
            has_mark,
            line_end,
            quotes,
        })
    })
}

fn read_reopening(file: &[u8], format: &FileFormat, limits: &[usize]) -> Chunk {
    let mut all = Chunk::default();
    for limit in limits.iter().cycle() {
        let chunk = RowReader::open(file, format, all.end).unwrap().read_chunk(*limit).unwrap();
        all.rows.extend(chunk.rows);
        all.problems.extend(chunk.problems);
        all.read += chunk.read;
        all.failed += chunk.failed;
        all.end = chunk.end;
        all.is_last = chunk.is_last;
        if all.is_last {
            break;
        }
    }
    all
}

proptest! {
    #[test]
    fn reading_in_chunks_from_stored_places_gives_what_was_written(
        written in written(),
        limits in prop::collection::vec(1..5_usize, 1..4),
    ) {
        let file = written.file();
        let expected = written.expected();
        let Checked { format, rows } = checked(&file);

        let whole = RowReader::open(file.as_slice(), &format, Position::default()).unwrap().read_chunk(100).unwrap();
        let chunks = read_reopening(&file, &format, &limits);

        prop_assert_eq!(rows, expected.len() as u64);
        prop_assert_eq!(&chunks, &whole);
        let good: Vec<_> = expected.into_iter().filter(|(_, email, _)| email.contains('@')).collect();
        prop_assert_eq!(chunks.failed, chunks.read - good.len() as u64);
        let read: Vec<_> = chunks.rows.into_iter().map(|row| (row.line, row.email, row.city)).collect();
        prop_assert_eq!(read, good);
    }
}

#[test]
fn a_file_of_many_pieces_reads_the_same_in_every_encoding() {
    let row = |number: usize| {
        [format!("Köln {number}\nSüd"), format!("a{number}@example.com"), "é".repeat(number % 90), String::new()]
    };
    let rows: Vec<_> = (0..3_000).map(row).collect();
    for encoding in [TextEncoding::Utf8, TextEncoding::Utf16Le, TextEncoding::Utf16Be, TextEncoding::Windows1252] {
        let written = Written {
            rows: rows.clone(),
            delimiter: b';',
            encoding,
            has_mark: true,
            line_end: "\r\n",
            quotes: QuoteStyle::Necessary,
        };
        let file = written.file();
        let Checked { format, rows } = checked(&file);

        let chunks = read_reopening(&file, &format, &[1_000, 7]);

        assert_eq!((rows, chunks.failed, chunks.end.source_byte), (3_000, 0, file.len() as u64));
        let read: Vec<_> = chunks.rows.into_iter().map(|row| (row.line, row.email, row.city)).collect();
        assert!(read == written.expected());
    }
}
