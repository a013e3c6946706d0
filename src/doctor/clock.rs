//! How far apart two clocks are.

use std::time::Duration;

use super::Finding;

/// Clocks further apart than this make moments in lists hard to compare. Leases don't mind: the engine's clock alone judges them.
const MOST_SKEW: Duration = Duration::from_secs(2);

/// What the distance of an engine's clock from this machine's means.
pub(super) fn finding(apart: Duration) -> Finding {
    if apart <= MOST_SKEW {
        Ok(format!("at most {} ms apart from this machine's", apart.as_millis()))
    } else {
        Err(format!("{} s apart from this machine's. Let both follow NTP", apart.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_far_apart_are_not_well() {
        assert!(finding(Duration::from_millis(3)).is_ok());
        assert!(finding(Duration::from_secs(5)).is_err());
    }
}
