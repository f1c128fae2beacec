//! Ties a producer stream's RTP clock to its sender's wall clock and to ours, from sender reports.

use std::time::{Duration, Instant};

use super::timestamp_mapper::ticks;

/// Reports that disagree by more than this belong to different clocks.
const MAX_JUMP: Duration = Duration::from_secs(1);

/// One moment of a producer stream, from its newest sender report (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceClock {
    ntp: u64,
    rtp: u32,
    /// When the report would have arrived on the fastest path seen.
    at: Instant,
}

impl SourceClock {
    /// From a report that arrived at `now`, after `previous`.
    ///
    /// Delay on the way only ever makes reports late, so the earliest arrival, carried on by the
    /// sender's own clock, is the truest; it may slip by 1 ms per second to follow clock drift.
    pub(super) fn new(now: Instant, ntp: u64, rtp: u32, previous: Option<Self>) -> Self {
        let arrived = Self { ntp, rtp, at: now };
        let Some(previous) = previous else {
            return arrived;
        };
        let Some(gap) = ntp.checked_sub(previous.ntp).map(ntp_duration) else {
            return arrived;
        };
        let Some(expected) = previous.at.checked_add(gap + gap / 1000) else {
            return arrived;
        };
        let late = now.saturating_duration_since(expected);
        let early = expected.saturating_duration_since(now);
        if late.is_zero() || late > MAX_JUMP || early > MAX_JUMP {
            return arrived;
        }
        Self {
            ntp,
            rtp,
            at: expected,
        }
    }

    /// The stream's RTP timestamp at `now`.
    pub(super) fn timestamp_at(&self, now: Instant, clock_rate: u32) -> u32 {
        let ahead = ticks(now.saturating_duration_since(self.at), clock_rate);
        let behind = ticks(self.at.saturating_duration_since(now), clock_rate);
        self.rtp.wrapping_add(ahead).wrapping_sub(behind)
    }

    /// The timestamp `other` (of the same sender) gives to the moment this stream calls
    /// `timestamp`.
    pub(super) fn translate(&self, timestamp: u32, other: &Self, clock_rate: u32) -> u32 {
        let apart = i128::from(self.ntp.wrapping_sub(other.ntp) as i64);
        // 32.32 fixed point seconds to ticks; the low 32 bits are the timestamp's arithmetic.
        let apart = ((apart * i128::from(clock_rate)) >> 32) as u32;
        other
            .rtp
            .wrapping_add(timestamp.wrapping_sub(self.rtp))
            .wrapping_add(apart)
    }
}

/// 32.32 fixed point seconds.
fn ntp_duration(ntp: u64) -> Duration {
    let nanos = ((ntp & 0xFFFF_FFFF) * 1_000_000_000) >> 32;
    Duration::from_secs(ntp >> 32) + Duration::from_nanos(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::tests::start_of_time;

    const SECOND: u64 = 1 << 32;

    #[test]
    fn streams_of_one_sender_are_aligned_by_its_wall_clock() {
        let now = start_of_time();
        let low = SourceClock::new(now, 100 * SECOND, 1_000, None);
        let high = SourceClock::new(now, 100 * SECOND + SECOND / 2, 500_000, None);
        assert_eq!(high.translate(500_000, &low, 90_000), 1_000 + 45_000);
        assert_eq!(low.translate(1_000, &high, 90_000), 500_000 - 45_000);
    }

    #[test]
    fn late_report_does_not_move_the_clock() {
        let now = start_of_time();
        let first = SourceClock::new(now, 100 * SECOND, 0, None);
        let later = now + Duration::from_millis(1_080);
        let second = SourceClock::new(later, 101 * SECOND, 90_000, Some(first));
        let seen = second.timestamp_at(later, 90_000);
        assert!((97_000..=97_200).contains(&seen), "{seen}");
        let third = SourceClock::new(
            now + Duration::from_millis(1_990),
            102 * SECOND,
            180_000,
            Some(second),
        );
        assert_eq!(
            third.timestamp_at(now + Duration::from_millis(1_990), 90_000),
            180_000
        );
    }

    #[test]
    fn another_wall_clock_is_taken_as_it_is() {
        let now = start_of_time();
        let first = SourceClock::new(now, 100 * SECOND, 0, None);
        for ntp in [90 * SECOND, 900 * SECOND, u64::MAX] {
            let second = SourceClock::new(now + Duration::from_secs(1), ntp, 7, Some(first));
            assert_eq!(second.timestamp_at(now + Duration::from_secs(1), 90_000), 7);
        }
    }
}
