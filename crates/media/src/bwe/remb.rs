//! Receiver-side bandwidth estimate from abs-send-time, told to a sender by REMB.
//!
//! For senders without transport-cc. Decides a number and when to tell it; writes no packet.

use std::time::{Duration, Instant};

use super::Usage;
use super::aimd::Aimd;
use super::arrival_groups::{ArrivalGroups, GroupDelta, Grouped};
use super::queue_delay::QueueDelay;
use super::trendline::Trendline;
use crate::rtp::rate_meter::RateMeter;

/// The estimate is told so often, as senders expect (draft-alvestrand-rmcat-remb-03 §2.1).
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// And at once when it falls below this part of what was told.
const REPORT_DROP: f64 = 0.97;
/// Nothing is told to a sender silent for so long.
const SILENCE: Duration = Duration::from_secs(10);
/// A growing delay is believed when all packets stand so long in a queue, microseconds: more than
/// the least of some packets of a jittery radio.
const STANDING_QUEUE: i64 = 25_000;
/// Loss is believed to be an overflow when all packets stand so long in a queue, microseconds.
const OVERFLOWING_QUEUE: i64 = 12_000;
/// A queue so long is overuse even when it no longer grows: it is full.
const FULL_QUEUE: i64 = 80_000;
/// A full queue that does not fall to this part of its length in so long is not ours: the path
/// changed, or others fill it.
const FOREIGN_QUEUE: (f64, i64) = (0.7, 3_000_000);
/// Without send times the estimate moves so often.
const BLIND_INTERVAL: Duration = Duration::from_millis(100);
/// Loss, in 1/256, below which the estimate grows without send times, and above which it falls
/// (draft-ietf-rmcat-gcc-02 §6: 2 % and 10 %).
const LOSS: (u8, u8) = (5, 26);

/// Bounds of the estimate, bits per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RembConfig {
    /// Told at first.
    pub(crate) initial_bitrate: u64,
    /// Never less.
    pub(crate) min_bitrate: u64,
    /// Never more.
    pub(crate) max_incoming_bitrate: u64,
}

impl Default for RembConfig {
    fn default() -> Self {
        Self {
            // Enough for 720p at once: in its first two seconds a sender jumps to what it is told.
            initial_bitrate: 3_000_000,
            // Audio and a thumbnail.
            min_bitrate: 50_000,
            // More than any call; keeps the arithmetic sane.
            max_incoming_bitrate: 50_000_000,
        }
    }
}

/// The estimate for one transport, over all of its streams.
#[derive(Clone, Debug)]
pub(crate) struct RembEstimator {
    groups: ArrivalGroups,
    trendline: Trendline,
    queue: QueueDelay,
    aimd: Aimd,
    incoming: RateMeter,
    has_send_times: bool,
    loss: u8,
    /// Since when a queue is full, and its length then; microseconds.
    full: Option<(i64, i64)>,
    last_packet: Option<Instant>,
    last_blind: Option<Instant>,
    told: Option<(Instant, u64)>,
}

impl RembEstimator {
    /// Knows nothing of the path yet.
    pub(crate) fn new(config: RembConfig) -> Self {
        let RembConfig {
            initial_bitrate,
            min_bitrate,
            max_incoming_bitrate,
        } = config;
        Self {
            groups: ArrivalGroups::default(),
            trendline: Trendline::new(),
            queue: QueueDelay::default(),
            aimd: Aimd::new(initial_bitrate, min_bitrate, max_incoming_bitrate),
            incoming: RateMeter::default(),
            has_send_times: false,
            loss: 0,
            full: None,
            last_packet: None,
            last_blind: None,
            told: None,
        }
    }

    /// A packet came: its abs-send-time (24 bits, seconds in 6.18 fixed point) if it has one, and
    /// its bytes.
    pub(crate) fn receive(&mut self, now: Instant, abs_send_time: Option<u32>, len: usize) {
        self.last_packet = Some(now);
        self.incoming.add(now, len);
        match abs_send_time {
            Some(sent) => {
                self.has_send_times = true;
                match self.groups.receive(now, sent) {
                    Grouped::Nothing => {}
                    Grouped::Delta(delta) => self.compare(now, &delta),
                    Grouped::Reset => self.forget(),
                }
            }
            None if !self.has_send_times => self.move_blindly(now),
            None => {}
        }
    }

    /// The loss of the last report interval, in 1/256, of the stream that loses most. With send
    /// times it counts only while a queue stands: a short queue that overflows, not a bad radio.
    pub(crate) fn handle_loss(&mut self, now: Instant, fraction_lost: u8) {
        self.loss = fraction_lost;
        if !self.has_send_times && fraction_lost > LOSS.1 {
            let loss = f64::from(fraction_lost) / 256.0;
            self.aimd.lose(now, loss, self.incoming.rate(now));
        }
    }

    /// Bits per second the path is thought to carry.
    pub(crate) fn estimate(&self) -> u64 {
        self.aimd.estimate()
    }

    /// The bitrate to tell the sender now, if it is time.
    pub(crate) fn due(&mut self, now: Instant) -> Option<u64> {
        if self.poll_timeout().is_none_or(|at| at > now) {
            return None;
        }
        let last_packet = self.last_packet?;
        if now.saturating_duration_since(last_packet) >= SILENCE {
            (self.last_packet, self.told) = (None, None);
            return None;
        }
        let estimate = self.estimate();
        self.told = Some((now, estimate));
        Some(estimate)
    }

    /// When [`Self::due`] is next needed; a moment in the past means at once.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let last_packet = self.last_packet?;
        match self.told {
            Some((at, told)) if self.estimate() as f64 >= told as f64 * REPORT_DROP => {
                Some(at + REPORT_INTERVAL)
            }
            _ => Some(last_packet),
        }
    }

    fn compare(&mut self, now: Instant, delta: &GroupDelta) {
        self.queue.update(delta.arrival, delta.one_way);
        let standing = self.queue.standing(delta.arrival);
        let trend = self.trendline.update(delta);
        if self.is_foreign(delta.arrival, standing) {
            self.queue.rebase(delta.arrival);
        }
        let usage = match trend {
            Usage::Over if standing >= STANDING_QUEUE => Usage::Over,
            Usage::Normal if standing >= FULL_QUEUE => Usage::Over,
            _ if standing >= OVERFLOWING_QUEUE && self.loss > LOSS.1 => Usage::Over,
            Usage::Under if standing >= STANDING_QUEUE => Usage::Under,
            // A slope without a queue is jitter.
            _ => Usage::Normal,
        };
        self.aimd.update(now, usage, self.incoming.recent_rate(now));
    }

    /// Whether a queue stays full although the sender was told to send less.
    fn is_foreign(&mut self, arrival: i64, standing: i64) -> bool {
        let Some((since, length)) = self.full else {
            self.full = (standing >= FULL_QUEUE).then_some((arrival, standing));
            return false;
        };
        if (standing as f64) < length as f64 * FOREIGN_QUEUE.0 {
            self.full = None;
            return false;
        }
        let foreign = arrival - since >= FOREIGN_QUEUE.1;
        if foreign {
            self.full = None;
        }
        foreign
    }

    fn forget(&mut self) {
        self.trendline = Trendline::new();
        self.queue = QueueDelay::default();
        self.full = None;
    }

    fn move_blindly(&mut self, now: Instant) {
        let waits = |at| now.saturating_duration_since(at) < BLIND_INTERVAL;
        if self.last_blind.is_some_and(waits) {
            return;
        }
        self.last_blind = Some(now);
        let usage = if self.loss < LOSS.0 {
            Usage::Normal
        } else {
            Usage::Under
        };
        self.aimd.update(now, usage, self.incoming.rate(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[allow(clippy::disallowed_methods)]
    fn estimator() -> (RembEstimator, Instant) {
        (RembEstimator::new(RembConfig::default()), Instant::now())
    }

    #[test]
    fn first_packet_brings_the_initial_estimate_and_then_one_a_second() {
        let (mut estimator, start) = estimator();
        assert_eq!(
            (estimator.poll_timeout(), estimator.due(start)),
            (None, None)
        );
        estimator.receive(start, Some(0), 1_000);
        assert_eq!(estimator.poll_timeout(), Some(start));
        assert_eq!(estimator.due(start), Some(3_000_000));
        assert_eq!(estimator.due(start + 999 * MS), None);
        assert_eq!(estimator.due(start + 1_000 * MS), Some(3_000_000));
    }

    #[test]
    fn silent_sender_is_told_nothing() {
        let (mut estimator, start) = estimator();
        estimator.receive(start, Some(0), 1_000);
        let mut told = 0;
        while let Some(at) = estimator.poll_timeout() {
            told += u32::from(estimator.due(at).is_some());
        }
        assert_eq!(told, 10);
        estimator.receive(start + 60_000 * MS, Some(0), 1_000);
        assert!(estimator.due(start + 60_000 * MS).is_some());
    }

    /// Packets without send times, 1 Mb/s, for `seconds`.
    fn blind(estimator: &mut RembEstimator, start: Instant, seconds: u32) -> Instant {
        for step in 0..seconds * 100 {
            estimator.receive(start + 10 * MS * step, None, 1_250);
        }
        start + Duration::from_secs(u64::from(seconds))
    }

    #[test]
    fn without_send_times_loss_lowers_the_estimate() {
        let (mut estimator, start) = estimator();
        let now = blind(&mut estimator, start, 5);
        assert_eq!(estimator.estimate(), 3_000_000);
        estimator.due(now);
        estimator.handle_loss(now, 64);
        let lowered = estimator.estimate();
        assert!((850_000..=900_000).contains(&lowered), "{lowered}");
        assert_eq!(
            estimator.due(now + MS),
            Some(lowered),
            "a fall is told at once"
        );
        let now = blind(&mut estimator, now, 2);
        assert_eq!(
            estimator.estimate(),
            lowered,
            "no growth while much is lost"
        );
        estimator.handle_loss(now, 0);
        blind(&mut estimator, now, 2);
        assert!(estimator.estimate() > lowered * 5 / 4);
    }

    #[test]
    fn loss_without_a_queue_does_not_count_with_send_times() {
        let (mut estimator, start) = estimator();
        estimator.receive(start, Some(0), 1_000);
        estimator.handle_loss(start, 255);
        assert_eq!(estimator.estimate(), 3_000_000);
    }
}
