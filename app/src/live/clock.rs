//! A clock that never goes back and does not stand still while the machine sleeps.
//!
//! A page has two clocks. The steady one stands still during a sleep in some browsers; the wall's is set back and forth by people and
//! by the network. Together they tell what went by.

/// Milliseconds since some moment, read from both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clock {
    /// Both clocks at the last look.
    seen_ms: Option<(f64, f64)>,
    passed_ms: f64,
}

impl Clock {
    /// What went by is the longer of the two ways that the clocks went.
    pub fn read(&mut self, steady_ms: f64, wall_ms: f64) -> f64 {
        if let Some((last_steady_ms, last_wall_ms)) = self.seen_ms.replace((steady_ms, wall_ms)) {
            self.passed_ms += (steady_ms - last_steady_ms).max(wall_ms - last_wall_ms).max(0.0);
        }
        self.passed_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_counts_and_a_wall_clock_that_is_set_back_does_not() {
        let mut clock = Clock::default();
        assert!(clock.read(50.0, 1_000_000.0).abs() < 0.5);

        assert!((clock.read(150.0, 1_000_100.0) - 100.0).abs() < 0.5);
        assert!((clock.read(160.0, 4_600_100.0) - 3_600_100.0).abs() < 0.5);
        assert!((clock.read(260.0, 1_000_000.0) - 3_600_200.0).abs() < 0.5);
    }
}
