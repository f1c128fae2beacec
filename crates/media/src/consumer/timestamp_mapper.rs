//! Renames timestamps so that what a consumer gets is one continuous clock that never goes back.

use std::time::{Duration, Instant};

/// A clock that disagrees with the arrival times by more than this at a switch is not trusted.
const SWITCH_TOLERANCE: Duration = Duration::from_secs(3);

/// A source whose timestamps leap so far from the arrival times counts anew. Far above what queues
/// on the way can hold back.
const LEAP_TOLERANCE: Duration = Duration::from_secs(10);

/// Longest step forward; half the range would read as a step back.
const MAX_STEP: u32 = 1 << 30;

/// Outgoing timestamps of one consumer (RFC 3550 §5.1).
#[derive(Debug)]
pub(super) struct TimestampMapper {
    clock_rate: u32,
    /// First output.
    initial: u32,
    /// `output = input + offset`, wrapping.
    offset: u32,
    /// Frames from before the last change of offset keep the one they had.
    earlier: Option<Earlier>,
    /// The source clock's own offset, used as soon as it does not lead back.
    pending: Option<u32>,
    newest: Option<Newest>,
}

#[derive(Clone, Copy, Debug)]
struct Earlier {
    /// First packet seen of the frame that brought the change.
    before: u64,
    /// That frame's timestamp: its late packets have the new offset too.
    frame: u32,
    offset: u32,
}

/// The newest frame sent.
#[derive(Clone, Copy, Debug)]
struct Newest {
    input: u32,
    output: u32,
    at: Instant,
}

impl TimestampMapper {
    pub(super) fn new(clock_rate: u32, initial: u32) -> Self {
        Self {
            clock_rate,
            initial,
            offset: 0,
            earlier: None,
            pending: None,
            newest: None,
        }
    }

    /// Goes on where `before` ended; its clock may have had another rate.
    pub(super) fn go_on(&mut self, before: &Self) {
        self.initial = before.initial;
        self.newest = before.newest;
    }

    /// Starts a new segment at `input`. `offset` is the one the source's clock calls for, if known.
    ///
    /// The start is never dropped and never refused: a moment already shown is moved to just after
    /// the last one, and the source's own clock takes over with its next frame.
    pub(super) fn start(&mut self, now: Instant, input: u32, offset: Option<u32>) -> u32 {
        let output = match self.newest {
            None => self.initial,
            Some(newest) => self.next_output(now, newest, input, offset),
        };
        self.offset = output.wrapping_sub(input);
        self.pending = offset.filter(|&clock| {
            let lag = signed(output, input.wrapping_add(clock));
            lag > 0 && i64::from(lag) <= self.ticks(SWITCH_TOLERANCE)
        });
        if self.newest.is_none() {
            self.pending = None;
        }
        self.earlier = None;
        self.newest = Some(Newest {
            input,
            output,
            at: now,
        });
        output
    }

    /// The outgoing timestamp of a packet in the current segment; `newest` by sequence, or late.
    pub(super) fn map(&mut self, now: Instant, sequence: u64, input: u32, newest: bool) -> u32 {
        if newest && self.newest.is_some_and(|frame| frame.input != input) {
            self.enter_frame(now, sequence, input);
        }
        let offset = match self.earlier {
            Some(earlier) if sequence < earlier.before && input != earlier.frame => earlier.offset,
            _ => self.offset,
        };
        input.wrapping_add(offset)
    }

    /// The offset the source's clock calls for: what another segment is to continue.
    pub(super) fn clock_offset(&self) -> Option<u32> {
        self.newest.map(|_| self.pending.unwrap_or(self.offset))
    }

    /// The outgoing timestamp at `now`; `source` is what the source's clock reads then, if known.
    pub(super) fn at(&self, now: Instant, source: Option<u32>) -> Option<u32> {
        let newest = self.newest?;
        let expected = newest.output.wrapping_add(self.elapsed(now, newest));
        let offset = self.clock_offset()?;
        let read = source.map(|input| input.wrapping_add(offset));
        Some(
            read.filter(|&read| self.near(read, expected))
                .unwrap_or(expected),
        )
    }

    fn enter_frame(&mut self, now: Instant, sequence: u64, input: u32) {
        let Some(newest) = self.newest else {
            return;
        };
        let earlier = Earlier {
            before: sequence,
            frame: input,
            offset: self.offset,
        };
        if let Some(clock) = self.pending
            && signed(input.wrapping_add(clock), newest.output) > 0
        {
            self.change_offset(clock, earlier);
        }
        let elapsed = i64::from(self.elapsed(now, newest));
        let step = i64::from(signed(input.wrapping_add(self.offset), newest.output));
        if (step - elapsed).abs() > self.ticks(LEAP_TOLERANCE) {
            let output = self.expected(now, newest);
            self.change_offset(output.wrapping_sub(input), earlier);
        }
        let output = input.wrapping_add(self.offset);
        // Frames sent out of display order go back a little; what must not go back is the newest.
        if signed(output, newest.output) > 0 {
            self.newest = Some(Newest {
                input,
                output,
                at: now,
            });
        }
    }

    fn change_offset(&mut self, offset: u32, earlier: Earlier) {
        self.earlier = Some(earlier);
        self.offset = offset;
        self.pending = None;
    }

    fn next_output(&self, now: Instant, newest: Newest, input: u32, offset: Option<u32>) -> u32 {
        let expected = self.expected(now, newest);
        let by_clock = offset.map(|offset| input.wrapping_add(offset));
        let output = by_clock
            .filter(|&output| self.near(output, expected))
            .unwrap_or(expected);
        if signed(output, newest.output) > 0 {
            output
        } else {
            newest.output.wrapping_add(1)
        }
    }

    /// The output that the time gone by since the newest frame calls for; at least one tick on.
    fn expected(&self, now: Instant, newest: Newest) -> u32 {
        newest.output.wrapping_add(self.elapsed(now, newest).max(1))
    }

    fn elapsed(&self, now: Instant, newest: Newest) -> u32 {
        let elapsed = now.saturating_duration_since(newest.at);
        let wide = elapsed.as_nanos() * u128::from(self.clock_rate) / 1_000_000_000;
        wide.min(u128::from(MAX_STEP)) as u32
    }

    fn near(&self, output: u32, expected: u32) -> bool {
        i64::from(signed(output, expected)).abs() <= self.ticks(SWITCH_TOLERANCE)
    }

    fn ticks(&self, time: Duration) -> i64 {
        i64::from(ticks(time, self.clock_rate))
    }
}

/// A duration in ticks of a clock, wrapping like timestamps do.
pub(super) fn ticks(time: Duration, clock_rate: u32) -> u32 {
    (time.as_nanos() * u128::from(clock_rate) / 1_000_000_000) as u32
}

/// How far `a` is after `b` (RFC 1982 serial arithmetic).
fn signed(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::tests::start_of_time;

    const FRAME: u32 = 3_000;

    fn after(milliseconds: u64) -> Instant {
        start_of_time() + Duration::from_millis(milliseconds)
    }

    fn video() -> TimestampMapper {
        TimestampMapper::new(90_000, 1_000)
    }

    #[test]
    fn clock_wraps() {
        let mut mapper = TimestampMapper::new(90_000, u32::MAX - 90_000 + 1);
        let first = mapper.start(after(0), u32::MAX - 89_999, None);
        assert_eq!(first, u32::MAX - 89_999);
        for second in 1..4u32 {
            let input = (u32::MAX - 89_999).wrapping_add(second * 90_000);
            let output = mapper.map(
                after(u64::from(second) * 1_000),
                u64::from(second),
                input,
                true,
            );
            assert_eq!(output, first.wrapping_add(second * 90_000));
        }
    }

    #[test]
    fn unknown_clock_is_placed_by_the_time_gone_by() {
        let mut mapper = video();
        mapper.start(after(0), 7, None);
        assert_eq!(mapper.start(after(1_000), 4_000_000_000, None), 91_000);
    }

    #[test]
    fn known_clock_is_kept_over_a_pause() {
        let mut mapper = video();
        mapper.start(after(0), 0, None);
        let offset = mapper.clock_offset();
        // 60 s of the source's clock in 60.4 s of ours.
        assert_eq!(
            mapper.start(after(60_400), 60 * 90_000, offset),
            1_000 + 60 * 90_000
        );
    }

    #[test]
    fn clock_far_from_the_time_gone_by_is_not_trusted() {
        let mut mapper = video();
        mapper.start(after(0), 0, None);
        let offset = mapper.clock_offset();
        assert_eq!(mapper.start(after(1_000), 123_456_789, offset), 91_000);
    }

    #[test]
    fn start_at_a_moment_already_shown_moves_on_by_one_and_then_keeps_the_clock() {
        let mut mapper = video();
        mapper.start(after(0), 0, None);
        mapper.map(after(33), 1, FRAME, true);
        // Another encoding: same moment, its timestamps 50,000 ahead.
        let offset = Some(1_000u32.wrapping_sub(50_000));
        assert_eq!(
            mapper.start(after(34), 50_000 + FRAME, offset),
            1_000 + FRAME + 1
        );
        assert_eq!(
            mapper.map(after(34), 11, 50_000 + FRAME, true),
            1_000 + FRAME + 1
        );
        assert_eq!(
            mapper.map(after(66), 13, 50_000 + 2 * FRAME, true),
            1_000 + 2 * FRAME
        );
        let late = mapper.map(after(67), 12, 50_000 + FRAME, false);
        assert_eq!(late, 1_000 + FRAME + 1, "late packet of the first frame");
    }

    #[test]
    fn long_silence_never_reads_as_a_step_back() {
        let mut mapper = video();
        let first = mapper.start(after(0), 0, None);
        let second = mapper.start(after(10 * 3_600_000), 5, mapper.clock_offset());
        assert!(signed(second, first) > 0);
    }

    #[test]
    fn leap_of_the_source_is_smoothed() {
        let mut mapper = video();
        mapper.start(after(0), 0, None);
        let leapt = mapper.map(after(33), 2, 3_000_000_000, true);
        assert_eq!(leapt, 1_000 + 2_970);
        assert_eq!(
            mapper.map(after(34), 1, 0, false),
            1_000,
            "late, from before the leap"
        );
        assert_eq!(mapper.map(after(66), 3, 3_000_003_000, true), leapt + 3_000);
    }
}
