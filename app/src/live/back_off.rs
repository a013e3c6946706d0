//! How long to wait before something is tried again.

/// The longest pause between two tries; with the limit for opening a line it keeps its tries at most 5 s apart while the server
/// refuses.
const LONGEST_PAUSE_MS: f64 = 4_000.0;

/// Milliseconds to wait after so many tries; `chance` lies in 0.0..1.0. Full jitter: every tab draws its own pause, so that a server
/// that comes back is not hit by all at once.
pub(super) fn pause_ms(tries: u32, chance: f64) -> f64 {
    if tries == 0 {
        return 200.0 + chance * 600.0;
    }
    let ceiling = (1_000.0 * 2_f64.powi(tries.min(8).cast_signed())).min(LONGEST_PAUSE_MS);
    500.0 + chance * (ceiling - 500.0)
}
