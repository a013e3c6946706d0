//! What the page can prove of its connection: what arrived, how late, and what a break cost.
//!
//! The checksum depends on the order: two readers who received the same events, each once and in order, have the same. Anybody can
//! compute it from the log: FNV-1a of 64 bits over the text of each cursor and a line feed.

/// How a break of the line was made good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repair {
    /// There was none.
    #[default]
    Unbroken,
    /// So many missed events were sent after it.
    Replayed(u64),
    /// What was missed is in no log any more: the page loaded its state again.
    Reloaded,
}

/// What arrived in this tab since it was opened. Times are milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Receipt {
    /// Events that a follower was told.
    pub received: u64,
    /// Over the cursors of those events.
    pub checksum: u64,
    /// When the last of them came, by the page's own clock.
    pub last_event_ms: Option<f64>,
    /// From the server's stamp on the last event to the moment at which it could be seen.
    pub lag_ms: Option<f64>,
    /// What the last break cost.
    pub repair: Repair,
    is_greeted: bool,
    /// Events stamped before are replayed: their age tells nothing of the line.
    greeted_at_ms: f64,
    /// How far the wall clock here is ahead of the server's, plus the shortest way that a frame of this line took.
    ahead_ms: f64,
}

impl Default for Receipt {
    fn default() -> Self {
        Self {
            received: 0,
            checksum: 0xcbf2_9ce4_8422_2325,
            last_event_ms: None,
            lag_ms: None,
            repair: Repair::Unbroken,
            is_greeted: false,
            greeted_at_ms: f64::INFINITY,
            ahead_ms: f64::INFINITY,
        }
    }
}

impl Receipt {
    /// The server greeted on a line of its own, and sends so many missed events first. `stamped_ms` is by the server's clock. It may be
    /// another server, and either clock may have been set meanwhile; the same greeting shown once more changes neither.
    pub fn greeted(&mut self, replayed: u64, stamped_ms: f64) {
        if self.is_greeted {
            self.repair = Repair::Replayed(replayed);
        }
        self.is_greeted = true;
        if stamped_ms.total_cmp(&self.greeted_at_ms).is_ne() {
            (self.greeted_at_ms, self.ahead_ms) = (stamped_ms, f64::INFINITY);
        }
    }

    /// The page has to load its state again.
    pub const fn reset(&mut self) {
        self.repair = Repair::Reloaded;
    }

    /// A frame with the server's stamp arrived at `wall_ms`.
    pub const fn stamped(&mut self, stamped_ms: f64, wall_ms: f64) {
        self.ahead_ms = self.ahead_ms.min(wall_ms - stamped_ms);
    }

    /// A follower was told an event.
    pub fn took(&mut self, cursor: &str, now_ms: f64) {
        self.received += 1;
        for byte in cursor.bytes().chain([b'\n']) {
            self.checksum = (self.checksum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.last_event_ms = Some(now_ms);
    }

    /// An event that was stamped then could be seen at `wall_ms`.
    pub fn painted(&mut self, stamped_ms: f64, wall_ms: f64) {
        if stamped_ms >= self.greeted_at_ms && self.ahead_ms.is_finite() {
            self.lag_ms = Some((wall_ms - stamped_ms - self.ahead_ms).max(0.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checksum(cursors: &[&str]) -> u64 {
        let mut receipt = Receipt::default();
        for cursor in cursors {
            receipt.took(cursor, 0.0);
        }
        receipt.checksum
    }

    #[test]
    fn the_checksum_is_the_published_one() {
        // FNV-1a of 64 bits over "a" is af63dc4c8601ec8c (draft-eastlake-fnv); here a line feed follows.
        let of_a = (0xcbf2_9ce4_8422_2325_u64 ^ 0x61).wrapping_mul(0x0100_0000_01b3);
        assert_eq!(of_a, 0xaf63_dc4c_8601_ec8c);

        assert_eq!(checksum(&["a"]), (of_a ^ 0x0a).wrapping_mul(0x0100_0000_01b3));
    }

    proptest! {
        #[test]
        fn what_is_missed_doubled_or_swapped_shows_in_the_checksum(count in 2..40_usize, at in 0..39_usize) {
            let at = at % (count - 1);
            let names: Vec<String> = (0..count).map(|position| format!("e-{position}")).collect();
            let right: Vec<&str> = names.iter().map(String::as_str).collect();
            let (mut missed, mut doubled, mut swapped) = (right.clone(), right.clone(), right.clone());
            missed.remove(at);
            doubled.insert(at, right[at]);
            swapped.swap(at, at + 1);

            for wrong in [missed, doubled, swapped] {
                prop_assert_ne!(checksum(&wrong), checksum(&right));
            }
        }
    }

    #[test]
    fn the_lag_is_measured_against_the_fastest_frame_whatever_the_clocks_say() {
        let mut receipt = Receipt::default();
        receipt.greeted(0, 1_000.0);
        receipt.stamped(1_000.0, 901_000.0);
        receipt.stamped(2_000.0, 902_050.0);

        receipt.painted(3_000.0, 903_070.0);

        assert_eq!(receipt.lag_ms, Some(70.0));
    }

    #[test]
    fn after_a_clock_was_set_the_lag_is_measured_anew_from_the_next_greeting_on() {
        let mut receipt = Receipt::default();
        receipt.greeted(0, 1_000.0);
        receipt.stamped(1_000.0, 1_000.0);

        receipt.greeted(0, 9_000.0);
        receipt.stamped(9_000.0, 3_609_000.0);
        receipt.painted(10_000.0, 3_610_040.0);

        assert_eq!(receipt.lag_ms, Some(40.0));
    }

    #[test]
    fn a_greeting_that_is_shown_once_more_leaves_the_fastest_frame() {
        let mut receipt = Receipt::default();
        receipt.greeted(0, 1_000.0);
        receipt.stamped(1_000.0, 1_010.0);

        receipt.greeted(0, 1_000.0);
        receipt.stamped(1_000.0, 70_000.0);
        receipt.painted(80_000.0, 80_050.0);

        assert_eq!(receipt.lag_ms, Some(40.0));
    }

    #[test]
    fn a_replayed_event_does_not_count_as_lag() {
        let mut receipt = Receipt::default();
        receipt.greeted(3, 60_000.0);
        receipt.stamped(60_000.0, 60_010.0);

        receipt.painted(5_000.0, 60_020.0);

        assert_eq!(receipt.lag_ms, None);
    }

    #[test]
    fn a_break_says_what_it_cost_and_the_first_greeting_is_none() {
        let mut receipt = Receipt::default();
        receipt.greeted(4, 0.0);
        assert_eq!(receipt.repair, Repair::Unbroken);

        receipt.greeted(12, 1.0);
        assert_eq!(receipt.repair, Repair::Replayed(12));

        receipt.reset();
        assert_eq!(receipt.repair, Repair::Reloaded);
    }
}
