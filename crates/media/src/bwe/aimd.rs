//! Moves the estimate: up while no queue grows, down when one does
//! (draft-ietf-rmcat-gcc-02 §5.5, with a faster start).
//!
//! A sender without transport-cc follows our number and climbs by 8 % a second at most, so the number
//! runs ahead of it until the path has shown its limit.

use std::time::{Duration, Instant};

use super::Usage;

/// What is left of the incoming rate after overuse (draft: β = 0.85).
const BACKOFF: f64 = 0.85;
/// A second decrease within so long would answer the same queue.
const DECREASE_SPACING: Duration = Duration::from_millis(300);
/// Growth per second while the path's limit is not known, and below it.
const FREE_GROWTH: f64 = 1.5;
const KNOWN_GROWTH: f64 = 1.2;
/// Near the limit, each second: one packet per response time of 200 ms, as parts of the estimate not
/// less and not more than these.
const NEAR_GROWTH: f64 = 48_000.0;
const NEAR_GROWTH_PARTS: (f64, f64) = (0.02, 0.06);
/// What is near the limit, as parts of it; above, the limit is forgotten.
const NEAR: (f64, f64) = (0.9, 1.15);
/// The estimate may be so many times what comes in before and after the limit is known: what was
/// not sent was not tried.
const AHEAD: (f64, f64) = (2.5, 1.5);
/// Weight of a new sample of the limit.
const LIMIT_WEIGHT: f64 = 0.2;
/// Growth is counted over so long at most, after a silence too.
const MAX_STEP: Duration = Duration::from_millis(500);

/// The estimate and what is known of the path's limit. Bits per second.
#[derive(Clone, Debug)]
pub(super) struct Aimd {
    estimate: f64,
    initial: f64,
    bounds: (f64, f64),
    /// Incoming rate while queues grew.
    limit: Option<f64>,
    last_update: Option<Instant>,
    last_decrease: Option<Instant>,
}

impl Aimd {
    /// Starts at `initial`; never leaves `min..=max`.
    pub(super) fn new(initial: u64, min: u64, max: u64) -> Self {
        let bounds = (min as f64, max.max(min) as f64);
        let initial = (initial as f64).clamp(bounds.0, bounds.1);
        Self {
            estimate: initial,
            initial,
            bounds,
            limit: None,
            last_update: None,
            last_decrease: None,
        }
    }

    /// The path is in this state and delivers so much.
    pub(super) fn update(&mut self, now: Instant, usage: Usage, incoming: u64) {
        let last = self.last_update.replace(now).unwrap_or(now);
        let seconds = now
            .saturating_duration_since(last)
            .min(MAX_STEP)
            .as_secs_f64();
        match usage {
            Usage::Normal => self.increase(seconds, incoming as f64),
            Usage::Over => self.overuse(now, incoming as f64),
            Usage::Under => {}
        }
    }

    /// The sender lost so much of what it sent; for paths whose delay is not known.
    pub(super) fn lose(&mut self, now: Instant, loss: f64, incoming: u64) {
        self.last_decrease = Some(now);
        self.decrease_to(incoming as f64 * (1.0 - loss / 2.0));
    }

    /// Bits per second.
    pub(super) fn estimate(&self) -> u64 {
        self.estimate as u64
    }

    fn increase(&mut self, seconds: f64, incoming: f64) {
        let grown = match self.limit {
            Some(limit) if self.estimate > limit * NEAR.1 => {
                self.limit = None;
                self.estimate
            }
            Some(limit) if self.estimate > limit * NEAR.0 => {
                let (least, most) = NEAR_GROWTH_PARTS;
                let part = (NEAR_GROWTH / self.estimate).clamp(least, most);
                self.estimate * (1.0 + part * seconds)
            }
            Some(_) => self.estimate * KNOWN_GROWTH.powf(seconds),
            None => self.estimate * FREE_GROWTH.powf(seconds),
        };
        let cap = match self.last_decrease {
            None => (incoming * AHEAD.0).max(self.initial),
            Some(_) => incoming * AHEAD.1 + 10_000.0,
        };
        self.estimate = self
            .estimate
            .max(grown.min(cap))
            .clamp(self.bounds.0, self.bounds.1);
    }

    fn overuse(&mut self, now: Instant, incoming: f64) {
        let spaced = |at| now.saturating_duration_since(at) >= DECREASE_SPACING;
        if !self.last_decrease.is_none_or(spaced) {
            return;
        }
        self.last_decrease = Some(now);
        self.limit = Some(match self.limit {
            Some(limit) if incoming > limit * NEAR.0 && incoming < limit * NEAR.1 => {
                limit + (incoming - limit) * LIMIT_WEIGHT
            }
            _ => incoming,
        });
        self.decrease_to(incoming * BACKOFF);
    }

    fn decrease_to(&mut self, rate: f64) {
        self.estimate = rate.min(self.estimate).clamp(self.bounds.0, self.bounds.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        aimd: Aimd,
        now: Instant,
    }

    impl Bench {
        #[allow(clippy::disallowed_methods)]
        fn new() -> Self {
            Self {
                aimd: Aimd::new(3_000_000, 50_000, 50_000_000),
                now: Instant::now(),
            }
        }

        fn run(&mut self, millis: u64, usage: Usage, incoming: u64) -> u64 {
            for _ in 0..millis / 20 {
                self.now += Duration::from_millis(20);
                self.aimd.update(self.now, usage, incoming);
            }
            self.aimd.estimate()
        }
    }

    #[test]
    fn estimate_runs_ahead_of_what_comes_in_but_not_out_of_sight() {
        let mut bench = Bench::new();
        assert_eq!(bench.run(5_000, Usage::Normal, 500_000), 3_000_000);
        let grown = bench.run(1_000, Usage::Normal, 3_000_000);
        assert!((4_400_000..=4_600_000).contains(&grown), "{grown}");
        assert_eq!(bench.run(20_000, Usage::Normal, 3_000_000), 7_500_000);
    }

    #[test]
    fn overuse_falls_below_what_comes_in_and_once_for_each_queue() {
        let mut bench = Bench::new();
        assert_eq!(bench.run(1_000, Usage::Over, 1_000_000), 850_000);
        assert_eq!(bench.run(1_000, Usage::Under, 850_000), 850_000);
    }

    #[test]
    fn growth_is_careful_near_the_limit_and_free_above_it() {
        let mut bench = Bench::new();
        bench.run(20, Usage::Over, 1_000_000);
        let near = bench.run(3_000, Usage::Normal, 900_000);
        assert!((950_000..=1_100_000).contains(&near), "{near}");
        // The sender follows; the limit is gone.
        let mut rate = near;
        for _ in 0..100 {
            rate = bench.run(100, Usage::Normal, rate);
        }
        assert!(rate > 3_000_000, "{rate}");
    }

    #[test]
    fn bounds_hold_whatever_comes_in() {
        let mut bench = Bench::new();
        assert_eq!(bench.run(2_000, Usage::Over, 0), 50_000);
        assert_eq!(bench.run(60_000, Usage::Normal, 0), 50_000);
        assert_eq!(bench.run(600_000, Usage::Normal, u64::MAX), 50_000_000);
        bench.aimd.lose(bench.now, 1.0, u64::MAX);
        assert_eq!(bench.aimd.estimate(), 50_000_000);
        let narrow = Aimd::new(3_000_000, 50_000, 1_000_000);
        assert_eq!(narrow.estimate(), 1_000_000);
    }
}
