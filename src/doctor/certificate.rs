//! Whether the certificate and the key that are named can be used, for whom, and for how long.

use jiff::{SignedDuration, Timestamp};
use server::http::listener::pair::{CertificateFacts, Pair, PairFiles};

use crate::tls_pair;

/// What is renewed by itself is renewed long before: who has so little left has forgotten it, or his renewal is broken.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
const REMEDY: &str = "Put a new one there with its key; a server that runs takes it over within a minute";

/// How it stands with a pair, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It counts.
    Good(String),
    /// It counts, and not for long.
    EndsSoon(String),
    /// It can't be used, or no browser takes it; with the remedy.
    Wrong(String),
}

/// Looks at the pair.
pub(super) async fn standing(files: &PairFiles) -> Standing {
    match tls_pair::blamed(Pair::read(files).await) {
        Ok(pair) => judged(pair.facts(), Timestamp::now()),
        Err(error) => Standing::Wrong(format!("{error:#}")),
    }
}

fn judged(facts: &CertificateFacts, now: Timestamp) -> Standing {
    let CertificateFacts { names, begins_at, expires_at } = facts;
    let left = expires_at.duration_since(now);
    if names.is_empty() {
        return Standing::Wrong("it is for no host. Have one made with the host's name as subjectAltName".to_owned());
    }
    let names = names.join(", ");
    if left <= SignedDuration::ZERO {
        Standing::Wrong(format!("for {names}; expired at {expires_at}. {REMEDY}"))
    } else if *begins_at > now {
        Standing::Wrong(format!("for {names}; counts from {begins_at} on. Set this machine's clock, or use another"))
    } else if left < SOON {
        Standing::EndsSoon(format!("for {names}; expires at {expires_at}, in {} days. {REMEDY}", left.as_hours() / 24))
    } else {
        Standing::Good(format!("for {names}; expires at {expires_at}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged_with(names: &[&str], days_left: i64) -> Standing {
        let now: Timestamp = "2026-11-28T12:00:00Z".parse().expect("a moment");
        let facts = CertificateFacts {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            begins_at: now - SignedDuration::from_hours(24),
            expires_at: now + SignedDuration::from_hours(24 * days_left),
        };
        judged(&facts, now)
    }

    #[test]
    fn a_certificate_counts_until_it_expires_and_two_weeks_before_that_is_told() {
        assert!(
            matches!(judged_with(&["a.example", "::1"], 14), Standing::Good(words) if words.contains("a.example, ::1"))
        );
        assert!(matches!(judged_with(&["a.example"], 13), Standing::EndsSoon(words) if words.contains("in 13 days")));
        assert!(matches!(judged_with(&["a.example"], 0), Standing::Wrong(words) if words.contains("expired")));
        assert!(matches!(judged_with(&[], 90), Standing::Wrong(words) if words.contains("subjectAltName")));
    }

    #[test]
    fn a_certificate_that_does_not_count_yet_is_wrong() {
        let now: Timestamp = "2026-11-28T12:00:00Z".parse().expect("a moment");
        let hours = |count| now + SignedDuration::from_hours(count);
        let facts =
            CertificateFacts { names: vec!["a.example".to_owned()], begins_at: hours(1), expires_at: hours(2_000) };

        assert!(matches!(judged(&facts, now), Standing::Wrong(words) if words.contains("clock")));
    }
}
