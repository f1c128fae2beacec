//! Bits per second over the last second; fixed size, whatever the traffic.

use std::time::{Duration, Instant};

/// Slots of the window.
const SLOTS: usize = 10;
/// Time of a slot.
const SLOT: Duration = Duration::from_millis(100);

/// Sums bytes in slots of 100 ms and forgets them after a second.
#[derive(Clone, Debug, Default)]
pub(crate) struct RateMeter {
    slots: [u64; SLOTS],
    /// When the first bytes came.
    epoch: Option<Instant>,
    /// Index of the slot last written, counted from the epoch.
    newest: u64,
}

impl RateMeter {
    /// Counts bytes that passed now.
    pub(crate) fn add(&mut self, now: Instant, bytes: usize) {
        let epoch = *self.epoch.get_or_insert(now);
        let slot = slot_of(now.saturating_duration_since(epoch)).max(self.newest);
        let stale = (slot - self.newest).min(SLOTS as u64);
        for passed in 0..stale {
            self.slots[index(slot - passed)] = 0;
        }
        self.newest = slot;
        let sum = &mut self.slots[index(slot)];
        *sum = sum.saturating_add(bytes as u64);
    }

    /// Bits per second over the last second.
    ///
    /// Over the time since the first bytes if that is shorter, but over 200 ms at least.
    pub(crate) fn rate(&self, now: Instant) -> u64 {
        self.rate_over(now, SLOTS)
    }

    /// Bits per second over the last half second: follows a change faster, and is noisier.
    pub(crate) fn recent_rate(&self, now: Instant) -> u64 {
        self.rate_over(now, SLOTS / 2)
    }

    fn rate_over(&self, now: Instant, slots: usize) -> u64 {
        let Some(epoch) = self.epoch else { return 0 };
        let elapsed = now.saturating_duration_since(epoch);
        let current = slot_of(elapsed).max(self.newest);
        let first = (current + 1).saturating_sub(slots as u64);
        let bytes: u64 = (first..=self.newest)
            .map(|slot| self.slots[index(slot)])
            .sum();
        let window = elapsed.saturating_sub(SLOT * first.min(u64::from(u32::MAX)) as u32);
        let micros = window.clamp(SLOT * 2, SLOT * slots as u32).as_micros() as u64;
        bytes.saturating_mul(8_000_000) / micros
    }
}

fn slot_of(elapsed: Duration) -> u64 {
    (elapsed.as_millis() / SLOT.as_millis()) as u64
}

fn index(slot: u64) -> usize {
    (slot % SLOTS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One kilobyte each 10 ms, 800 kb/s, from `start` for `time`.
    #[allow(clippy::disallowed_methods)]
    fn steady(time: Duration) -> (RateMeter, Instant) {
        let (mut meter, start) = (RateMeter::default(), Instant::now());
        let mut now = start;
        while now < start + time {
            meter.add(now, 1_000);
            now += Duration::from_millis(10);
        }
        (meter, now)
    }

    #[test]
    fn steady_traffic_gives_its_rate() {
        for millis in [250, 1_000, 1_030, 7_777] {
            let (meter, now) = steady(Duration::from_millis(millis));
            let rate = meter.rate(now);
            assert!(
                (780_000..=840_000).contains(&rate),
                "{rate} after {millis} ms"
            );
        }
    }

    #[test]
    fn rate_falls_to_zero_in_a_second_of_silence() {
        let (meter, now) = steady(Duration::from_secs(3));
        let half = meter.rate(now + Duration::from_millis(500));
        assert!((350_000..=450_000).contains(&half), "{half}");
        assert_eq!(meter.recent_rate(now + Duration::from_millis(500)), 0);
        assert_eq!(meter.rate(now + Duration::from_secs(1)), 0);
        assert_eq!(meter.rate(now + Duration::from_secs(1_000_000)), 0);
        assert_eq!(RateMeter::default().rate(now), 0);
    }

    #[test]
    fn traffic_after_silence_is_measured_afresh() {
        let (mut meter, now) = steady(Duration::from_secs(3));
        let later = now + Duration::from_secs(60);
        meter.add(later, 1_000);
        assert!(meter.rate(later) <= 10_000);
    }
}
