//! Counters and rates.

use std::time::{Duration, Instant};

/// Bits per second over the last one to two windows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BitrateMeter {
    window_start: Instant,
    bytes: u64,
    last: u64,
}

/// Long enough to average a few frames of slow video, short enough to follow a call.
const WINDOW: Duration = Duration::from_secs(1);

impl BitrateMeter {
    /// A meter that has seen nothing.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            window_start: now,
            bytes: 0,
            last: 0,
        }
    }

    /// Counts `bytes`.
    pub(crate) fn add(&mut self, now: Instant, bytes: usize) {
        self.roll(now);
        self.bytes += bytes as u64;
    }

    /// Bits per second of the last complete window.
    pub(crate) fn bitrate(&mut self, now: Instant) -> u64 {
        self.roll(now);
        self.last
    }

    fn roll(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.window_start);
        if elapsed < WINDOW {
            return;
        }
        // After a silence longer than a window the last one was empty.
        self.last = if elapsed < 2 * WINDOW {
            (self.bytes as f64 * 8.0 / elapsed.as_secs_f64()) as u64
        } else {
            0
        };
        self.window_start = now;
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods)] // tests may start the clock
    fn meter_measures_the_last_window_and_forgets_silence() {
        let start = Instant::now();
        let mut meter = BitrateMeter::new(start);
        for n in 0..10 {
            meter.add(start + n * Duration::from_millis(100), 1250);
        }
        assert_eq!(meter.bitrate(start + Duration::from_secs(1)), 100_000);
        assert_eq!(meter.bitrate(start + Duration::from_secs(9)), 0);
    }
}
