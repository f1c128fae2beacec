//! The two clocks of the media thread: monotonic for timers, the kernel's for arrivals.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds from 1900, where NTP starts, to 1970.
const NTP_OFFSET: u64 = 2_208_988_800;

/// When a datagram came, on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// Monotonic.
    pub(crate) at: Instant,
    /// Since 1970, as the kernel stamped it.
    pub(crate) real: Duration,
}

/// Relates the clocks; they are read together once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    real_start: Duration,
}

impl Clock {
    /// Reads both clocks.
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
            real_start: since_1970(),
        }
    }

    /// A kernel timestamp on both clocks.
    pub(crate) fn arrival(&self, real: Duration) -> Arrival {
        let since = real.saturating_sub(self.real_start);
        Arrival {
            at: self.start + since,
            real,
        }
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.start)
    }
}

/// The clock of the kernel's timestamps, now.
pub(crate) fn since_1970() -> Duration {
    // A clock before 1970 makes latencies nonsense, but nothing else.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// An NTP timestamp (RFC 5905, 32.32 bits).
pub(crate) fn ntp(real: Duration) -> u64 {
    let fraction = (u64::from(real.subsec_nanos()) << 32) / 1_000_000_000;
    (real.as_secs() + NTP_OFFSET) << 32 | fraction
}
