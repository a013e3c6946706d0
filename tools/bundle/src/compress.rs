//! The two encodings in which every browser of today takes files, each at its tightest.

use std::io::Write;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};

/// Encodes as Brotli (RFC 7932) at quality 11, of 11.
///
/// # Errors
/// When memory for the encoder cannot be had.
pub(crate) fn brotli(mut content: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: content.len(), ..Default::default() };
    let mut encoded = Vec::new();
    brotli::BrotliCompress(&mut content, &mut encoded, &parameters).context("Brotli failed")?;
    Ok(encoded)
}

/// Encodes as gzip (RFC 1952) at level 9, without a time: the same content gives the same bytes.
///
/// # Errors
/// When memory for the encoder cannot be had.
pub(crate) fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(content).context("gzip failed")?;
    encoder.finish().context("gzip failed")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn sample() -> Vec<u8> {
        b"clear, caution, danger; ".repeat(500)
    }

    #[test]
    fn brotli_gives_back_what_it_was_given_and_is_smaller() {
        let encoded = brotli(&sample()).unwrap();

        let mut decoded = Vec::new();
        brotli::BrotliDecompress(&mut encoded.as_slice(), &mut decoded).unwrap();
        assert_eq!(decoded, sample());
        assert!(encoded.len() < sample().len() / 20);
    }

    #[test]
    fn gzip_gives_back_what_it_was_given_and_is_smaller() {
        let encoded = gzip(&sample()).unwrap();

        let mut decoded = Vec::new();
        flate2::read::GzDecoder::new(encoded.as_slice()).read_to_end(&mut decoded).unwrap();
        assert_eq!(decoded, sample());
        assert!(encoded.len() < sample().len() / 20);
    }

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        assert_eq!(gzip(&sample()).unwrap(), gzip(&sample()).unwrap());
        assert_eq!(brotli(&sample()).unwrap(), brotli(&sample()).unwrap());
    }

    #[test]
    fn an_empty_file_stays_an_empty_file() {
        let mut decoded = Vec::new();
        brotli::BrotliDecompress(&mut brotli(b"").unwrap().as_slice(), &mut decoded).unwrap();
        assert!(decoded.is_empty());
    }
}
