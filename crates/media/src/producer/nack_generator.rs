//! Decides which missing packets to ask for again, and when.
//!
//! Knows extended sequence numbers only; what was received is decided in `sequence_window`.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Packets asked for at one time (mediasoup's figure); with more missing, a key frame is cheaper.
const MAX_MISSING: usize = 1_000;
/// Requests for one packet (mediasoup's figure).
const MAX_REQUESTS: u8 = 10;
/// Round-trip time until one is measured.
const DEFAULT_RTT: Duration = Duration::from_millis(100);
/// Bounds on the time between two requests for one packet.
const REPEAT_INTERVAL: (Duration, Duration) =
    (Duration::from_millis(20), Duration::from_millis(1_000));
/// Requests due within so long of each other share a packet.
const SLACK: Duration = Duration::from_millis(5);

/// The missing packets of one stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct NackGenerator {
    /// In ascending order of sequence.
    missing: VecDeque<Missing>,
    /// Not later than the earliest `due`; `None` when nothing is missing.
    next_due: Option<Instant>,
    rtt: Option<Duration>,
    key_frame_wanted: bool,
    requested: u64,
}

#[derive(Clone, Debug)]
struct Missing {
    sequence: u64,
    requests: u8,
    /// When to ask (again).
    due: Instant,
    /// When it was last asked for.
    asked: Instant,
}

impl NackGenerator {
    /// Packets were skipped; they lie above all missing ones. More than can be asked for: everything
    /// is given up for a key frame.
    pub(crate) fn gap(&mut self, now: Instant, skipped: Range<u64>) {
        let count =
            usize::try_from(skipped.end.saturating_sub(skipped.start)).unwrap_or(usize::MAX);
        if count.saturating_add(self.missing.len()) > MAX_MISSING {
            self.clear();
            self.key_frame_wanted = true;
            return;
        }
        let entry = |sequence| Missing {
            sequence,
            requests: 0,
            due: now,
            asked: now,
        };
        self.missing.extend(skipped.map(entry));
        if count > 0 {
            self.next_due = Some(now);
        }
    }

    /// A packet below the highest came, late or again.
    pub(crate) fn received(&mut self, now: Instant, sequence: u64) {
        let Ok(at) = self
            .missing
            .binary_search_by_key(&sequence, |missing| missing.sequence)
        else {
            return;
        };
        let Some(found) = self.missing.remove(at) else {
            return;
        };
        // After several requests nobody knows which one was answered (Karn's rule).
        if found.requests == 1 {
            self.measure(now.saturating_duration_since(found.asked));
        }
        if self.missing.is_empty() {
            self.next_due = None;
        }
    }

    /// Packets below `sequence` could not be placed any more if they came.
    pub(crate) fn forget_below(&mut self, sequence: u64) {
        while self
            .missing
            .front()
            .is_some_and(|missing| missing.sequence < sequence)
        {
            self.missing.pop_front();
            self.key_frame_wanted = true;
        }
        if self.missing.is_empty() {
            self.next_due = None;
        }
    }

    /// Appends what is to be asked for now, in ascending order. A packet asked for ten times is
    /// given up for a key frame.
    pub(crate) fn take_due(&mut self, now: Instant, out: &mut Vec<u16>) {
        if self.next_due.is_none_or(|at| at > now) {
            return;
        }
        let (again, horizon) = (now + self.repeat_interval(), now + SLACK);
        let (before, gave_up) = (out.len(), &mut self.key_frame_wanted);
        self.missing.retain_mut(|missing| {
            if missing.due > horizon {
                return true;
            }
            if missing.requests == MAX_REQUESTS {
                *gave_up = true;
                return false;
            }
            missing.requests += 1;
            (missing.due, missing.asked) = (again, now);
            out.push(missing.sequence as u16);
            true
        });
        self.requested += (out.len() - before) as u64;
        self.next_due = self.missing.iter().map(|missing| missing.due).min();
    }

    /// When [`Self::take_due`] is next needed.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.next_due
    }

    /// Whether packets were given up since the last call.
    pub(crate) fn take_key_frame_wanted(&mut self) -> bool {
        std::mem::take(&mut self.key_frame_wanted)
    }

    /// Forgets what is missing, as after a restart of the source.
    pub(crate) fn clear(&mut self) {
        self.missing.clear();
        self.next_due = None;
    }

    /// Packets asked for since the start, repetitions included.
    pub(crate) fn requested(&self) -> u64 {
        self.requested
    }

    /// Packets missing now.
    #[cfg(test)]
    pub(crate) fn missing(&self) -> usize {
        self.missing.len()
    }

    fn measure(&mut self, sample: Duration) {
        self.rtt = Some(self.rtt.map_or(sample, |rtt| (rtt * 7 + sample) / 8));
    }

    /// A round trip and a quarter: asking again while the answer is on its way wastes bandwidth.
    fn repeat_interval(&self) -> Duration {
        let interval = self.rtt.map_or(DEFAULT_RTT, |rtt| rtt + rtt / 4);
        interval.clamp(REPEAT_INTERVAL.0, REPEAT_INTERVAL.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods)]
    fn generator() -> (NackGenerator, Instant) {
        (NackGenerator::default(), Instant::now())
    }

    fn due(generator: &mut NackGenerator, now: Instant) -> Vec<u16> {
        let mut out = Vec::new();
        generator.take_due(now, &mut out);
        out
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn gap_is_asked_for_at_once_and_again_after_a_round_trip() {
        let (mut generator, start) = generator();
        generator.gap(start, 65_535..65_538);
        assert_eq!(generator.poll_timeout(), Some(start));
        assert_eq!(due(&mut generator, start), [65_535, 0, 1]);
        assert_eq!(due(&mut generator, start + 99 * MS), [0; 0]);
        assert_eq!(generator.poll_timeout(), Some(start + 100 * MS));
        assert_eq!(due(&mut generator, start + 100 * MS), [65_535, 0, 1]);
        assert_eq!(generator.requested(), 6);
    }

    #[test]
    fn received_packet_is_not_asked_for_again() {
        let (mut generator, start) = generator();
        generator.gap(start, 10..13);
        generator.received(start, 11);
        generator.received(start, 99);
        assert_eq!(due(&mut generator, start), [10, 12]);
        generator.received(start, 10);
        generator.received(start, 12);
        assert_eq!(generator.poll_timeout(), None);
    }

    #[test]
    fn packet_is_given_up_for_a_key_frame_after_ten_requests() {
        let (mut generator, start) = generator();
        generator.gap(start, 7..8);
        let mut requests = 0;
        let mut now = start;
        while let Some(at) = generator.poll_timeout() {
            assert!(!generator.take_key_frame_wanted());
            now = at;
            requests += due(&mut generator, now).len();
        }
        assert_eq!((requests, now), (10, start + 1_000 * MS));
        assert!(generator.take_key_frame_wanted());
        assert!(!generator.take_key_frame_wanted(), "told once");
    }

    #[test]
    fn more_than_a_thousand_missing_are_given_up_for_a_key_frame() {
        let (mut generator, start) = generator();
        generator.gap(start, 0..1_000);
        assert!(!generator.take_key_frame_wanted());
        assert_eq!(generator.missing(), 1_000);
        generator.gap(start, 1_001..1_002);
        assert!(generator.take_key_frame_wanted());
        assert_eq!((generator.missing(), generator.poll_timeout()), (0, None));
        generator.gap(start, 2_000..4_000);
        assert!(generator.take_key_frame_wanted());
        generator.gap(start, 0..u64::MAX);
        assert!(generator.take_key_frame_wanted());
    }

    #[test]
    fn measured_round_trip_sets_the_pace() {
        let (mut generator, start) = generator();
        generator.gap(start, 1..3);
        due(&mut generator, start);
        generator.received(start + 40 * MS, 1);
        generator.gap(start + 50 * MS, 5..6);
        due(&mut generator, start + 50 * MS);
        assert_eq!(due(&mut generator, start + 99 * MS), [0; 0]);
        assert!(due(&mut generator, start + 100 * MS).contains(&5));
    }

    #[test]
    fn answer_to_a_repeated_request_is_no_measurement() {
        let (mut generator, start) = generator();
        generator.gap(start, 1..2);
        due(&mut generator, start);
        due(&mut generator, start + 100 * MS);
        generator.received(start + 101 * MS, 1);
        generator.gap(start + 200 * MS, 3..4);
        due(&mut generator, start + 200 * MS);
        assert_eq!(generator.poll_timeout(), Some(start + 300 * MS));
    }

    #[test]
    fn requests_due_close_together_share_a_packet() {
        let (mut generator, start) = generator();
        generator.gap(start, 1..2);
        due(&mut generator, start);
        generator.gap(start + 4 * MS, 3..4);
        due(&mut generator, start + 4 * MS);
        assert_eq!(due(&mut generator, start + 100 * MS), [1, 3]);
    }

    #[test]
    fn packets_too_old_to_be_placed_are_given_up() {
        let (mut generator, start) = generator();
        generator.gap(start, 1..5);
        generator.forget_below(3);
        assert!(generator.take_key_frame_wanted());
        assert_eq!(due(&mut generator, start), [3, 4]);
        generator.forget_below(5);
        assert_eq!(generator.poll_timeout(), None);
    }
}
