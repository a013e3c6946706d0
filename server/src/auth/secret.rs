//! Texts that prove something: tokens, links, the contents of cookies. They are random, and kept as hashes only.
//!
//! A plain SHA-256 is enough for them. Slow hashes protect what people can remember; nobody guesses 256 random bits.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// By which a token is known for one, wherever it turns up.
pub const TOKEN_MARK: &str = "sbx_";

/// A text that must not be seen: it has no way to be printed but on purpose.
pub struct Secret(String);

impl Secret {
    /// A new one, of 256 random bits.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn random(mark: &str) -> Result<Self, getrandom::Error> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits)?;
        Ok(Self(format!("{mark}{}", URL_SAFE_NO_PAD.encode(bits))))
    }

    /// The text itself, for the one who is to have it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> String {
        hash(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is kept of a secret text: its SHA-256, in hexadecimal.
pub fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_alike_and_none_is_printed() {
        let (first, second) = (Secret::random("x_").expect("random"), Secret::random("x_").expect("random"));

        assert_ne!(first.reveal(), second.reveal());
        assert_eq!(first.reveal().len(), 2 + 43);
        assert!(!format!("{first:?}").contains(first.reveal()));
        assert_eq!(first.hash(), hash(first.reveal()));
    }
}
