//! Names that say what is in the file.

use sha2::{Digest, Sha256};

/// The name under which the browser asks for `content`: `signalbox.<16 hexadecimal digits>.<extension>`.
/// Another content has another name, so that a file once loaded never needs to be asked about again.
pub(crate) fn hashed_name(extension: &str, content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    format!("signalbox.{}.{extension}", hex::encode(&digest[..8]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_has_sixteen_digits_of_the_hash() {
        // SHA-256 of nothing begins with e3b0c44298fc1c14 (FIPS 180-4).
        assert_eq!(hashed_name("js", b""), "signalbox.e3b0c44298fc1c14.js");
    }

    #[test]
    fn another_content_has_another_name() {
        assert_ne!(hashed_name("css", b"a{}"), hashed_name("css", b"b{}"));
    }
}
