//! E-mail addresses as customers have them: a bare mailbox at a domain with a dot.
//!
//! `Anna <anna@example.com>`, `anna@localhost` and `anna@[127.0.0.1]` are addresses by the letter of RFC 5322, but in
//! a list of customers they are mistakes.

use std::sync::LazyLock;

use email_address::{EmailAddress, Options};

/// The longest address that can be written to (RFC 3696, erratum 1690).
pub(super) const MAX_EMAIL_CHARS: usize = 254;

static CUSTOMERS_ADDRESS: LazyLock<Options> =
    LazyLock::new(|| Options::default().with_required_tld().without_domain_literal().without_display_text());

/// The address that `text` is, as written; `None` if it is none.
pub(super) fn address(text: &str) -> Option<String> {
    EmailAddress::parse_with_options(text, *CUSTOMERS_ADDRESS).ok().map(String::from)
}

/// The first of several addresses in one cell, which Google Contacts writes with `:::` between them.
pub(super) fn first_of_several(text: &str) -> &str {
    // Looking for one character first is many times faster, and nearly every cell has but one address.
    if !text.contains(':') {
        return text;
    }
    text.split_once(" ::: ").map_or(text, |(first, _)| first.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_at_a_domain_are_addresses() {
        for text in
            ["a@b.de", "Anna.Lind+news@Example.COM", "o'hara@example.ie", "jörg@müller.de", "\"a b\"@example.com"]
        {
            assert_eq!(address(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_no_mail_reaches_is_no_address() {
        let mistakes = [
            "",
            "anna",
            "anna@",
            "@example.com",
            "anna@localhost",
            "anna@@example.com",
            "anna@example..com",
            "anna@example.com.",
            ".anna@example.com",
            "anna lind@example.com",
            "anna@exam ple.com",
            "anna@example.com, bo@example.com",
            "Anna <anna@example.com>",
            "anna@[127.0.0.1]",
            "anna@-example.com",
        ];
        for text in mistakes {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn of_several_addresses_the_first_counts() {
        assert_eq!(first_of_several("a@example.com ::: b@example.com"), "a@example.com");
        assert_eq!(first_of_several("a@example.com"), "a@example.com");
    }
}
