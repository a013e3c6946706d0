//! What is the same of errors that differ in details only: so that all jobs that failed for one reason can be taken up again together.
//!
//! A fingerprint is made of the error's words: numbers, ids and whatever is quoted count as details. It is no secret and no proof, only
//! short enough for an address.

use sha2::{Digest, Sha256};

/// The fingerprint of an error: 16 hexadecimal digits.
pub fn of(error: &str) -> String {
    let digest = Sha256::digest(without_details(error));
    hex::encode(&digest[..8])
}

/// The words of an error. What has a digit in it is a detail as a whole, so that ids count as one whatever letters they have.
fn without_details(error: &str) -> String {
    let mut words = String::with_capacity(error.len());
    for (place, part) in error.split(['"', '\'', '`', '“', '”', '‘', '’']).enumerate() {
        // Every second part stands between quotes; an apostrophe is taken for one, which is the same for all errors of a kind.
        if place % 2 == 1 {
            words.push('?');
            continue;
        }
        for word in part.split_inclusive(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | ':' | '/')) {
            if word.chars().any(|c| c.is_ascii_digit()) {
                words.push('#');
                words.extend(word.chars().last().filter(|c| c.is_whitespace()));
            } else {
                words.push_str(word);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_make_no_difference() {
        assert_eq!(of("customer 17 not found"), of("customer 4711 not found"));
        assert_eq!(of("no file \"a.csv\" here"), of("no file \"b c.csv\" here"));
        assert_eq!(
            of("job 0190d6c8-7c4b-7000-8000-000000000001 timed out after 3.5s"),
            of("job 0190d6c8-7c4b-7000-8000-0000000000ff timed out after 12s")
        );
    }

    #[test]
    fn other_words_are_another_error() {
        assert_ne!(of("timed out"), of("refused"));
        assert_ne!(of("customer 17 not found"), of("order 17 not found"));
        assert_eq!(of("").len(), 16);
    }
}
