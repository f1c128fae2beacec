//! How well a stream arrives: jitter (RFC 3550 A.8) and the 0 to 10 score.

use std::time::{Duration, Instant};

/// A score tells of at least so much time.
const SCORE_INTERVAL: Duration = Duration::from_secs(1);
/// A stream silent for so long is dead: longer than the pauses of DTX audio (400 ms) and of a static
/// screen (1 s).
const SILENCE: Duration = Duration::from_secs(2);
/// The score of a stream that loses nothing.
const PERFECT: u8 = 10;

/// Interarrival jitter, smoothed.
#[derive(Clone, Debug)]
pub(super) struct Jitter {
    clock_rate: u32,
    /// When the clock of arrivals started.
    epoch: Option<Instant>,
    last: Option<(u32, u32)>,
    /// In sixteenths of a timestamp unit.
    scaled: u32,
}

impl Jitter {
    /// For timestamps of `clock_rate` units a second.
    pub(super) fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            epoch: None,
            last: None,
            scaled: 0,
        }
    }

    /// A packet came in order. Packets of one frame share a timestamp and a burst; only the first
    /// of them tells of the network.
    pub(super) fn arrived(&mut self, now: Instant, timestamp: u32) {
        if self
            .last
            .is_some_and(|(last_timestamp, _)| last_timestamp == timestamp)
        {
            return;
        }
        let epoch = *self.epoch.get_or_insert(now);
        let micros = now.saturating_duration_since(epoch).as_micros();
        let arrival = (micros * u128::from(self.clock_rate) / 1_000_000) as u32;
        let transit = arrival.wrapping_sub(timestamp);
        if let Some((_, last_transit)) = self.last {
            let difference = (transit.wrapping_sub(last_transit) as i32).unsigned_abs();
            // Five seconds: a jump of the source's clock, not jitter.
            if difference <= self.clock_rate.saturating_mul(5) {
                self.scaled = self.scaled.saturating_add(difference) - ((self.scaled + 8) >> 4);
            }
        }
        self.last = Some((timestamp, transit));
    }

    /// In timestamp units.
    pub(super) fn value(&self) -> u32 {
        self.scaled >> 4
    }
}

/// Counters since a stream's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// Packets the sender must have sent.
    pub(super) expected: u64,
    /// Packets that came in the media stream itself, duplicates not counted.
    pub(super) received: u64,
    /// Packets that came by retransmission only.
    pub(super) recovered: u64,
}

impl Counters {
    /// What was counted after `earlier`.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            expected: self.expected.saturating_sub(earlier.expected),
            received: self.received.saturating_sub(earlier.received),
            recovered: self.recovered.saturating_sub(earlier.recovered),
        }
    }

    /// Packets the network lost; retransmission does not undo it (RFC 4588 §4).
    pub(super) fn lost_by_network(&self) -> u64 {
        self.expected.saturating_sub(self.received)
    }
}

/// The 0 to 10 score of a stream.
///
/// 0 before the first packet and after 2 s of silence; 10 from the first packet on; then once a
/// second `10 · (1 − loss)⁴`, at least 1, where a packet lost and recovered counts as a quarter lost.
#[derive(Clone, Debug, Default)]
pub(super) struct StreamScore {
    score: u8,
    last_packet: Option<Instant>,
    since: Option<(Instant, Counters)>,
}

impl StreamScore {
    /// A packet came.
    pub(super) fn arrived(&mut self, now: Instant) {
        self.last_packet = Some(now);
        if self.score == 0 {
            (self.score, self.since) = (PERFECT, None);
        }
    }

    /// Looks at what came since the last look, if that is a second ago.
    pub(super) fn update(&mut self, now: Instant, counters: Counters) {
        let Some(last_packet) = self.last_packet else {
            return;
        };
        if now.saturating_duration_since(last_packet) >= SILENCE {
            (self.score, self.since) = (0, None);
            return;
        }
        let (since, before) = *self.since.get_or_insert((now, counters));
        if now.saturating_duration_since(since) < SCORE_INTERVAL {
            return;
        }
        if let Some(score) = score_of(&counters.since(&before)) {
            self.score = score;
        }
        self.since = Some((now, counters));
    }

    /// As of the last look.
    pub(super) fn value(&self) -> u8 {
        self.score
    }
}

/// `None` when nothing was to be expected.
fn score_of(interval: &Counters) -> Option<u8> {
    if interval.expected == 0 {
        return None;
    }
    let lost = interval.lost_by_network() as f64;
    let recovered = (interval.recovered as f64).min(lost);
    let loss = (lost - recovered * 0.75) / interval.expected as f64;
    let score = (1.0 - loss).clamp(0.0, 1.0).powi(4) * f64::from(PERFECT);
    Some((score.round() as u8).clamp(1, PERFECT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods)]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn even_arrival_has_no_jitter_and_uneven_arrival_converges_to_its_difference() {
        let (start, mut even, mut uneven) = (start(), Jitter::new(90_000), Jitter::new(90_000));
        for frame in 0..400u32 {
            let timestamp = 4_294_900_000u32.wrapping_add(frame * 3_000);
            let at = start + Duration::from_micros(u64::from(frame) * 100_000 / 3);
            even.arrived(at, timestamp);
            // Every other frame 10 ms late: a difference of 900 units each time.
            let late = Duration::from_millis(if frame % 2 == 0 { 0 } else { 10 });
            uneven.arrived(at + late, timestamp);
            uneven.arrived(at + late + Duration::from_millis(5), timestamp);
        }
        assert!(even.value() <= 1, "{}", even.value());
        assert!((880..=910).contains(&uneven.value()), "{}", uneven.value());
    }

    #[test]
    fn jump_of_the_source_clock_is_not_jitter() {
        let (start, mut jitter) = (start(), Jitter::new(90_000));
        jitter.arrived(start, 0);
        jitter.arrived(start, 2_000_000_000);
        assert_eq!(jitter.value(), 0);
    }

    fn interval(expected: u64, received: u64, recovered: u64) -> Option<u8> {
        score_of(&Counters {
            expected,
            received,
            recovered,
        })
    }

    #[test]
    fn score_falls_with_loss_and_less_with_recovered_loss() {
        assert_eq!(interval(100, 100, 0), Some(10));
        assert_eq!(interval(100, 95, 5), Some(10));
        assert_eq!(interval(100, 90, 0), Some(7));
        assert_eq!(interval(100, 80, 20), Some(8));
        assert_eq!(interval(100, 50, 0), Some(1));
        assert_eq!(interval(100, 0, 0), Some(1));
        assert_eq!(interval(0, 0, 0), None);
        assert_eq!(
            interval(100, 110, 30),
            Some(10),
            "late ones of the interval before"
        );
    }

    #[test]
    fn silent_stream_is_dead_until_the_next_packet() {
        let (start, mut score) = (start(), StreamScore::default());
        score.update(start, Counters::default());
        assert_eq!(score.value(), 0, "not before the first packet");
        score.arrived(start);
        assert_eq!(score.value(), 10);
        score.update(start + Duration::from_millis(1_999), Counters::default());
        assert_eq!(score.value(), 10);
        score.update(start + Duration::from_secs(2), Counters::default());
        assert_eq!(score.value(), 0);
        score.arrived(start + Duration::from_secs(9));
        assert_eq!(score.value(), 10);
    }
}
