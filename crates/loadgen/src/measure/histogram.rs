//! Distributions of times: microseconds to hours in a fixed table, 1.6 % wide steps, exact maximum.

use std::time::Duration;

/// Steps per doubling.
const STEPS: usize = 64;
/// Doublings above the exact part.
const DOUBLINGS: usize = 32;

/// Counts times.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Box<[u64]>,
    total: u64,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; STEPS * (DOUBLINGS + 1)].into_boxed_slice(),
            total: 0,
            max: Duration::ZERO,
        }
    }
}

impl Histogram {
    /// Counts one.
    pub(crate) fn add(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.counts[step(micros)] += 1;
        self.total += 1;
        self.max = self.max.max(time);
    }

    /// Counts what another counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many were counted.
    pub(crate) fn count(&self) -> u64 {
        self.total
    }

    /// The longest, in milliseconds.
    pub(crate) fn max_ms(&self) -> f64 {
        self.max.as_secs_f64() * 1e3
    }

    /// The time that this share of all does not exceed, in milliseconds.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        let rank = ((self.total as f64 * share).ceil() as u64).max(1);
        let mut before = 0;
        for (index, count) in self.counts.iter().enumerate() {
            before += count;
            if before >= rank {
                return (upper(index) as f64 / 1e3).min(self.max_ms());
            }
        }
        self.max_ms()
    }
}

/// Exact below `STEPS`, then `STEPS` steps per doubling.
fn step(micros: u64) -> usize {
    if micros < STEPS as u64 {
        return micros as usize;
    }
    let doubling = (micros.ilog2() - STEPS.ilog2()) as usize;
    let within = (micros >> doubling) as usize - STEPS;
    ((doubling + 1) * STEPS + within).min(STEPS * (DOUBLINGS + 1) - 1)
}

/// The longest time of a step.
fn upper(step: usize) -> u64 {
    let (doubling, within) = (step / STEPS, (step % STEPS) as u64);
    match doubling.checked_sub(1) {
        None => within,
        Some(doubling) => ((STEPS as u64 + within + 1) << doubling) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_two_per_cent() {
        let mut histogram = Histogram::default();
        for micros in 1..=100_000 {
            histogram.add(Duration::from_micros(micros));
        }
        for (share, expected) in [(0.5, 50.0), (0.99, 99.0), (0.001, 0.1), (1.0, 100.0)] {
            let found = histogram.quantile_ms(share);
            assert!((found / expected - 1.0).abs() < 0.02, "{share}: {found}");
        }
        assert_eq!((histogram.max_ms(), histogram.count()), (100.0, 100_000));
    }

    #[test]
    fn steps_and_their_bounds_agree() {
        for micros in (0..5_000).chain([1 << 20, 123_456_789, 1 << 37]) {
            assert!(upper(step(micros)) >= micros, "{micros}");
            assert!(micros == 0 || step(micros) == 0 || upper(step(micros) - 1) < micros);
        }
        assert_eq!(step(u64::MAX), STEPS * (DOUBLINGS + 1) - 1);
    }

    #[test]
    fn merging_is_adding_everything() {
        let (mut a, mut b) = (Histogram::default(), Histogram::default());
        a.add(Duration::from_millis(1));
        b.add(Duration::from_millis(9));
        a.merge(&b);
        assert_eq!((a.count(), a.max_ms()), (2, 9.0));
        a.clear();
        assert_eq!((a.count(), a.quantile_ms(0.5)), (0, 0.0));
    }
}
