//! What a link does to datagrams; plain data, no state.

use std::time::Duration;

/// What a link does to datagrams; the default does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Config {
    /// Probability that a datagram is lost, each on its own.
    pub loss: f64,
    /// Losses that come in bursts.
    pub burst: Option<Burst>,
    /// Probability that a datagram is sent twice.
    pub duplicate: f64,
    /// Probability that one bit of a datagram is flipped.
    pub corrupt: f64,
    /// How fast datagrams leave.
    pub rate: Option<RateLimit>,
    /// One-way travel time.
    pub delay: Duration,
    /// Travel time varies uniformly by so much both ways, never below zero; it reorders.
    pub jitter: Duration,
    /// Datagrams held back on purpose.
    pub reorder: Option<Reorder>,
}

/// Gilbert's two-state loss model: nothing is lost outside a burst.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// Probability, per datagram, that a burst begins.
    pub enter: f64,
    /// Probability, per datagram, that a burst ends.
    pub leave: f64,
    /// Probability that a datagram is lost during a burst.
    pub loss_in_burst: f64,
}

/// A bottleneck with a tail-drop queue.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    /// Bits of datagram contents per second.
    pub bits_per_second: u64,
    /// Bytes that can wait, the datagram being sent included.
    pub queue_bytes: u64,
}

/// Datagrams held back on purpose, so that later ones overtake them.
#[derive(Clone, Copy, Debug)]
pub struct Reorder {
    /// Probability that a datagram is held back.
    pub probability: f64,
    /// By how long.
    pub hold: Duration,
}

impl Config {
    /// A link that loses `loss` (0 to 1) of all datagrams and does nothing else.
    #[must_use]
    pub fn lossy(loss: f64) -> Self {
        Self {
            loss,
            ..Self::default()
        }
    }

    /// The same link with a one-way delay.
    #[must_use]
    pub fn with_delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    pub(crate) fn assert_valid(&self) {
        let burst = self.burst.map_or([0.0; 3], |burst| {
            [burst.enter, burst.leave, burst.loss_in_burst]
        });
        let reorder = self.reorder.map_or(0.0, |reorder| reorder.probability);
        let single = [self.loss, self.duplicate, self.corrupt, reorder];
        for probability in single.into_iter().chain(burst) {
            assert!(
                (0.0..=1.0).contains(&probability),
                "{probability} is not a probability"
            );
        }
        assert!(
            self.rate.is_none_or(|rate| rate.bits_per_second > 0),
            "a rate of zero delivers nothing; use a loss of 1"
        );
    }
}

impl RateLimit {
    /// How long so many bytes take, rounded up to a nanosecond.
    pub(crate) fn time_for(self, bytes: u64) -> Duration {
        let bits = u128::from(bytes) * 8 * NANOS_PER_SECOND;
        let nanos = bits.div_ceil(u128::from(self.bits_per_second));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many bytes leave in so much time, rounded down.
    pub(crate) fn bytes_in(self, time: Duration) -> u64 {
        let bytes = time.as_nanos() * u128::from(self.bits_per_second) / (8 * NANOS_PER_SECOND);
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

const NANOS_PER_SECOND: u128 = 1_000_000_000;
