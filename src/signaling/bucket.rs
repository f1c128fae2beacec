//! A token bucket: so many at once, so many per second. The caller brings the time.

use tokio::time::Instant;

/// Tokens that are earned over time, up to a bound.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: f64,
    burst: f64,
    per_second: f64,
    filled: Option<Instant>,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(burst: f64, per_second: f64) -> Self {
        Self {
            tokens: burst,
            burst,
            per_second,
            filled: None,
        }
    }

    /// Pays `cost`, or nothing when that is not there. More than a full bucket costs a full one.
    pub(super) fn take(&mut self, cost: f64, now: Instant) -> bool {
        let since = self.filled.replace(now).map(|then| now - then);
        let earned = since.unwrap_or_default().as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + earned).min(self.burst);
        // A bucket that holds less than one token never gives one.
        let cost = cost.min(self.burst.max(1.0));
        let enough = self.tokens >= cost;
        if enough {
            self.tokens -= cost;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_spent_is_earned_again() {
        let now = Instant::now();
        let mut bucket = Bucket::new(2.0, 1.0);
        let taken =
            [0, 0, 0, 1, 1, 9, 9, 9].map(|s| bucket.take(1.0, now + Duration::from_secs(s)));
        assert_eq!(taken, [true, true, false, true, false, true, true, false]);
    }

    #[test]
    fn more_than_all_costs_all() {
        let now = Instant::now();
        let mut bucket = Bucket::new(4.0, 1.0);
        assert!(bucket.take(100.0, now));
        assert!(!bucket.take(100.0, now + Duration::from_secs(3)));
        assert!(bucket.take(100.0, now + Duration::from_secs(4)));
    }

    #[test]
    fn an_empty_bucket_gives_nothing() {
        assert!(!Bucket::new(0.0, 0.0).take(1.0, Instant::now()));
    }
}
