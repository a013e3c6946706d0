//! How many requests somebody may send in a second.
//!
//! Whoever is known is counted by himself, in whichever browser and from wherever he asks; whom we don't know by the address that he comes
//! from, which is the whole network where it is of the sixth version. A pause gives back what was used, up to some seconds' worth, so a page
//! that loads, or a script that begins, meets nothing. Only who goes on asking faster than he may is put off, and told for how long.
//!
//! The counting is that of the crate `governor` (GCRA). Counted in the memory of each node: a restart forgives, and two nodes allow twice
//! as much. Deliberately absent: a limit for all together, which one could use up for everybody.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};
use uuid::Uuid;

use crate::auth::{Actor, throttle::network};

/// Seconds' worth of requests that may come at once.
const SECONDS_AT_ONCE: u32 = 5;
/// Whom we don't know may ask so many times less than somebody who is known.
const STRANGERS_SHARE: u32 = 5;
/// Requests between two looks for whom nothing has to be remembered of any more. So many are remembered at most beyond those who are
/// asking too fast just now.
const BETWEEN_LOOKS: u32 = 8_192;

/// Who is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    User(Uuid),
    Token(Uuid),
    /// Whoever comes from there.
    Network(String),
}

/// Somebody asked faster than he may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFast {
    /// When he may ask again, at least a second from now.
    pub(crate) seconds: u64,
    /// How many requests a second he may send.
    pub(crate) per_second: u32,
}

/// Who has asked how often.
pub(crate) struct Rates<C: Clock = MonotonicClock> {
    known: Option<Counted<C>>,
    strangers: Option<Counted<C>>,
}

impl Rates {
    /// As many requests a second of each user and token, and a fifth of that from each address of whom we don't know; 0 counts nobody.
    pub(crate) fn new(per_second: u32) -> Self {
        Self::by(MonotonicClock, per_second)
    }
}

impl<C: Clock + Clone> Rates<C> {
    fn by(clock: C, per_second: u32) -> Self {
        let counted = |per_second| NonZeroU32::new(per_second).map(|rate| Counted::by(clock.clone(), rate));
        let of_strangers = if per_second == 0 { 0 } else { (per_second / STRANGERS_SHARE).max(1) };
        Self { known: counted(per_second), strangers: counted(of_strangers) }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// He asks too fast.
    pub(crate) fn admit(&self, actor: &Actor, address: &str) -> Result<(), TooFast> {
        let (counted, who) = match actor {
            Actor::User { user_id, .. } => (&self.known, Who::User(user_id.0)),
            Actor::Token { token_id, .. } => (&self.known, Who::Token(token_id.0)),
            Actor::Anonymous => (&self.strangers, Who::Network(network(address))),
        };
        counted.as_ref().map_or(Ok(()), |counted| counted.admit(&who))
    }
}

/// Those who are counted in one way.
struct Counted<C: Clock> {
    limiter: RateLimiter<Who, HashMapStateStore<Who>, C, NoOpMiddleware<C::Instant>>,
    per_second: u32,
    since_look: AtomicU32,
}

impl<C: Clock> Counted<C> {
    fn by(clock: C, per_second: NonZeroU32) -> Self {
        let at_once = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(SECONDS_AT_ONCE - 1));
        let quota = Quota::per_second(per_second).allow_burst(at_once);
        let limiter = RateLimiter::hashmap_with_clock(quota, clock);
        Self { limiter, per_second: per_second.get(), since_look: AtomicU32::new(0) }
    }

    fn admit(&self, who: &Who) -> Result<(), TooFast> {
        if self.since_look.fetch_add(1, Relaxed) >= BETWEEN_LOOKS {
            self.since_look.store(0, Relaxed);
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(who).map_err(|until| {
            let wait = until.wait_time_from(self.limiter.clock().now());
            TooFast { seconds: whole_seconds(wait), per_second: self.per_second }
        })
    }
}

/// Rounded up: whoever comes back a moment too early is put off again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use app::domain::{Role, TokenId};
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn program() -> Actor {
        Actor::Token { token_id: TokenId(Uuid::new_v4()), name: "ci".to_owned(), role: Role::Viewer }
    }

    #[test]
    fn who_asks_too_fast_is_put_off_and_a_pause_gives_back_what_was_used() {
        let clock = FakeRelativeClock::default();
        let (rates, (ci, other)) = (Rates::by(clock.clone(), 10), (program(), program()));
        let admitted = |times: u32| (0..times).filter(|_| rates.admit(&ci, "10.0.0.1").is_ok()).count();

        assert_eq!(admitted(100), 50);
        assert_eq!(rates.admit(&ci, "10.0.0.2"), Err(TooFast { seconds: 1, per_second: 10 }));
        assert!(rates.admit(&other, "10.0.0.1").is_ok());

        clock.advance(Duration::from_secs(1));
        assert_eq!(admitted(100), 10);
        clock.advance(Duration::from_mins(1));
        assert_eq!(admitted(100), 50);
    }

    #[test]
    fn whom_we_do_not_know_is_counted_by_the_network_that_he_comes_from() {
        let rates = Rates::by(FakeRelativeClock::default(), 10);
        let admitted = |address: &dyn Fn(u32) -> String| {
            (0..100).filter(|n| rates.admit(&Actor::Anonymous, &address(*n)).is_ok()).count()
        };

        assert_eq!(admitted(&|_| "10.0.0.1".to_owned()), 10);
        assert_eq!(admitted(&|n| format!("2001:db8:0:1::{n:x}")), 10);
        assert_eq!(admitted(&|n| format!("10.0.1.{n}")), 100);
    }

    #[test]
    fn nobody_is_counted_where_there_is_no_limit_and_the_smallest_one_lets_somebody_in() {
        let none = Rates::by(FakeRelativeClock::default(), 0);
        let one = Rates::by(FakeRelativeClock::default(), 1);

        assert!((0..10_000).all(|_| none.admit(&Actor::Anonymous, "10.0.0.1").is_ok()));
        assert_eq!((0..100).filter(|_| one.admit(&Actor::Anonymous, "10.0.0.1").is_ok()).count(), 5);
    }

    #[test]
    fn who_is_remembered_is_bounded_however_many_addresses_ask() {
        let clock = FakeRelativeClock::default();
        let rates = Rates::by(clock.clone(), 500);
        let mut most = 0;
        for n in 0..20 * BETWEEN_LOOKS {
            let address = format!("10.{}.{}.{}", n >> 16, (n >> 8) & 0xff, n & 0xff);
            assert!(rates.admit(&Actor::Anonymous, &address).is_ok());
            clock.advance(Duration::from_millis(1));
            most = most.max(rates.strangers.as_ref().map_or(0, |counted| counted.limiter.len()));
        }

        assert!(most <= BETWEEN_LOOKS as usize + 100, "{most}");
        assert!(most >= 100, "{most}");
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_as_none() {
        assert_eq!([0, 1, 999, 1_000, 1_001].map(Duration::from_millis).map(whole_seconds), [1, 1, 1, 1, 2]);
    }
}
