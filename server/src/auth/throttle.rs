//! Slows down who guesses passwords.
//!
//! Failures are counted by address and by account, and each further one costs a longer wait. An account under attack from everywhere lets
//! strangers try once in a while only; whoever comes from an address from which its owner has signed in before is judged by that address
//! alone, and whoever shows a browser in which he has, by that browser alone. So nobody can lock the owner out. An attempt counts as a failure until it has succeeded: many at the same time are as many.
//!
//! Counted in the memory of each node: a restart forgives, and two nodes allow twice as much.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::secret::hash;

/// Failures that cost nothing.
const FREE: u32 = 5;
/// The longest wait, for an address and for an account.
const LONGEST_OF_ADDRESS: Duration = Duration::from_mins(15);
const LONGEST_OF_ACCOUNT: Duration = Duration::from_secs(30);
/// After so long without a failure all is forgiven.
const FORGIVEN: Duration = Duration::from_hours(1);
/// Addresses and accounts that are remembered; who was quiet for longest is forgotten first.
const REMEMBERED: usize = 10_000;

/// Who has failed how often.
#[derive(Default)]
pub struct Throttle {
    counted: Mutex<HashMap<Who, Failures>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    /// Whoever comes from there.
    Address(String),
    /// Whoever tries an account from anywhere.
    Account(String),
    /// Whoever tries an account from where its owner has signed in before.
    AccountAt(String, String),
    /// Whoever tries with a browser in which the account's owner has signed in before.
    Device(String),
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    fn wait(&self, longest: Duration, now: Instant) -> Duration {
        let Some(beyond) = self.count.checked_sub(FREE) else { return Duration::ZERO };
        let wait = Duration::from_secs(1 << beyond.min(20)).min(longest);
        (self.last + wait).saturating_duration_since(now)
    }
}

/// What is known of whoever tries, besides the account and the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Nothing.
    Stranger,
    /// The account's owner has signed in from that address before.
    KnownAddress,
    /// The account's owner has signed in with that browser before; the hash of what it shows.
    KnownDevice(&'a str),
}

/// An attempt that was let in.
#[derive(Debug)]
pub struct Attempt(Vec<Who>);

impl Throttle {
    /// Lets an attempt in, or says how long to wait.
    ///
    /// # Errors
    /// How long to wait.
    pub fn admit(&self, account: &str, address: &str, standing: Standing<'_>) -> Result<Attempt, Duration> {
        let now = Instant::now();
        let network = network(address);
        // Of the account a hash is remembered: what is typed may be as long as a request.
        let account = hash(account);
        let of_address = (Who::Address(network.clone()), LONGEST_OF_ADDRESS);
        let keys = match standing {
            Standing::Stranger => vec![of_address, (Who::Account(account), LONGEST_OF_ACCOUNT)],
            Standing::KnownAddress => vec![of_address, (Who::AccountAt(account, network), LONGEST_OF_ADDRESS)],
            // Not by its address either: behind a proxy that nobody named that is everybody's.
            Standing::KnownDevice(hash) => vec![(Who::Device(hash.to_owned()), LONGEST_OF_ADDRESS)],
        };
        let mut counted = self.counted();
        for (who, _) in &keys {
            if counted.get(who).is_some_and(|failures| now.saturating_duration_since(failures.last) >= FORGIVEN) {
                counted.remove(who);
            }
        }
        let wait = |(who, longest): &(Who, Duration)| counted.get(who).map(|failures| failures.wait(*longest, now));
        let wait = keys.iter().filter_map(wait).max().unwrap_or_default();
        if !wait.is_zero() {
            return Err(wait);
        }
        make_room(&mut counted, now);
        for (who, _) in &keys {
            let failures = counted.entry(who.clone()).or_insert(Failures { count: 0, last: now });
            failures.count = failures.count.saturating_add(1);
            failures.last = now;
        }
        Ok(Attempt(keys.into_iter().map(|(who, _)| who).collect()))
    }

    /// Whether an address lets an attempt in, whosever account it is for. Nothing is counted by asking.
    ///
    /// # Errors
    /// How long to wait.
    pub fn admits_from(&self, address: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let counted = self.counted();
        let failures = counted.get(&Who::Address(network(address)));
        let failures = failures.filter(|failures| now.saturating_duration_since(failures.last) < FORGIVEN);
        let wait = failures.map_or(Duration::ZERO, |failures| failures.wait(LONGEST_OF_ADDRESS, now));
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    /// An attempt was no failure: it is not counted.
    pub fn take_back(&self, attempt: &Attempt) {
        let mut counted = self.counted();
        for who in &attempt.0 {
            if let Some(failures) = counted.get_mut(who) {
                failures.count = failures.count.saturating_sub(1);
            }
        }
    }

    /// An attempt has succeeded: nothing is counted any more for the account from there. For the address only this one is taken back, or
    /// whoever has an account of his own could guess others' for ever.
    pub fn forgive(&self, attempt: &Attempt) {
        self.take_back(attempt);
        let mut counted = self.counted();
        for who in attempt.0.iter().filter(|who| !matches!(who, Who::Address(_))) {
            counted.remove(who);
        }
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<Who, Failures>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets who has been quiet; a tenth of all if nobody was.
fn make_room(counted: &mut HashMap<Who, Failures>, now: Instant) {
    if counted.len() < REMEMBERED {
        return;
    }
    counted.retain(|_, failures| now.saturating_duration_since(failures.last) < FORGIVEN);
    if counted.len() >= REMEMBERED {
        let mut moments: Vec<Instant> = counted.values().map(|failures| failures.last).collect();
        moments.sort_unstable();
        let oldest = moments[REMEMBERED / 10];
        counted.retain(|_, failures| failures.last > oldest);
    }
}

/// An address as it is counted and remembered: one household has a whole network of the sixth version.
pub(crate) fn network(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_failure_beyond_some_costs_a_longer_wait_and_an_hour_forgives() {
        let throttle = Throttle::default();
        let mut waits = Vec::new();
        for _ in 0..FREE + 4 {
            if let Err(wait) = throttle.admit("ada", "10.0.0.1", Standing::Stranger) {
                waits.push(wait.as_secs());
                tokio::time::advance(wait).await;
                assert!(throttle.admit("ada", "10.0.0.1", Standing::Stranger).is_ok());
            }
        }
        assert_eq!(waits, [1, 2, 4, 8]);

        tokio::time::advance(FORGIVEN).await;
        for _ in 0..FREE {
            assert!(throttle.admit("ada", "10.0.0.1", Standing::Stranger).is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_own_success_forgives_no_guessing_of_others_passwords() {
        let throttle = Throttle::default();
        let mut guesses = 0;
        for _ in 0..1_000 {
            guesses += usize::from(throttle.admit("ada", "10.0.0.1", Standing::KnownAddress).is_ok());
            if let Ok(own) = throttle.admit("eve", "10.0.0.1", Standing::KnownAddress) {
                throttle.forgive(&own);
            }
        }

        assert_eq!(guesses, FREE as usize);
    }

    #[tokio::test(start_paused = true)]
    async fn guessing_from_everywhere_slows_strangers_and_not_the_owner() {
        let throttle = Throttle::default();
        let admitted = (0..10_000)
            .filter(|n| throttle.admit("ada", &format!("10.1.{}.{}", n / 256, n % 256), Standing::Stranger).is_ok());

        assert_eq!(admitted.count(), FREE as usize);
        assert!(throttle.admit("ada", "192.0.2.1", Standing::Stranger).is_err());
        assert!(throttle.admit("ada", "192.0.2.1", Standing::KnownAddress).is_ok());
        assert!(throttle.admit("bob", "192.0.2.2", Standing::Stranger).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_known_browser_is_judged_by_its_own_failures_even_at_an_address_from_which_others_guess() {
        let throttle = Throttle::default();
        let admitted = |standing| (0..100).filter(|_| throttle.admit("ada", "10.0.0.1", standing).is_ok()).count();

        assert_eq!(admitted(Standing::Stranger), FREE as usize);
        assert_eq!(admitted(Standing::KnownDevice("hers")), FREE as usize);
        assert_eq!(admitted(Standing::KnownDevice("her other one")), FREE as usize);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_remembered_is_bounded_and_a_network_of_the_sixth_version_is_one() {
        let throttle = Throttle::default();
        for n in 0..3 * REMEMBERED {
            let _ = throttle.admit(
                &format!("user{n}"),
                &format!("10.{}.{}.{}", n / 65_536, n / 256 % 256, n % 256),
                Standing::Stranger,
            );
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!(throttle.counted().len() <= REMEMBERED + 2);

        let admitted =
            (0..100).filter(|n| throttle.admit("eve", &format!("2001:db8::{n:x}"), Standing::KnownAddress).is_ok());
        assert_eq!(admitted.count(), FREE as usize);
    }
}
