//! Places 16-bit sequence numbers in a stream (RFC 3550 A.1) and remembers which ones came.

use std::ops::Range;

/// A forward jump of so many is a gap; a longer one is a restart or a stray (RFC 3550 A.1).
const MAX_DROPOUT: u16 = 3_000;
/// A packet may be so many behind the highest (mediasoup's figure).
const MAX_MISORDER: u16 = 1_500;
/// Packets remembered, and how far back a retransmission may reach: ten seconds of 4 Mb/s.
const WINDOW: u64 = 4_096;
/// The first sequence number is placed in the second cycle, so that late ones fit below it.
const FIRST_CYCLE: u64 = 1 << 16;

/// Where a packet stands in its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Above all before it; `skipped` lie between.
    Ahead {
        /// Its extended sequence number.
        sequence: u64,
        /// The numbers passed over.
        skipped: Range<u64>,
    },
    /// Below the highest, and new.
    Behind {
        /// Its extended sequence number.
        sequence: u64,
    },
    /// Received before.
    Duplicate,
    /// Too far from the stream to be placed.
    Stray,
    /// The source started again: two packets in a row far from the stream.
    Restart {
        /// Its extended sequence number, above all before it.
        sequence: u64,
    },
}

/// The recent past of one stream's sequence numbers.
#[derive(Clone, Debug)]
pub(super) struct SequenceWindow {
    highest: u64,
    /// First number of this run of the source.
    base: u64,
    /// Numbers below are of an earlier run.
    floor: u64,
    /// Numbers spanned by earlier runs.
    expected_before: u64,
    /// One bit per number, by its remainder.
    received: [u64; WINDOW as usize / 64],
    /// What would follow the last stray.
    after_stray: Option<u16>,
}

impl SequenceWindow {
    /// A stream that begins with this packet.
    pub(super) fn new(first: u16) -> Self {
        let sequence = FIRST_CYCLE + u64::from(first);
        let mut window = Self {
            highest: sequence,
            base: sequence,
            floor: sequence - u64::from(MAX_MISORDER),
            expected_before: 0,
            received: [0; WINDOW as usize / 64],
            after_stray: None,
        };
        window.mark(sequence);
        window
    }

    /// Places a packet of the media stream.
    pub(super) fn place(&mut self, number: u16) -> Place {
        let ahead = number.wrapping_sub(self.highest as u16);
        let behind = ahead.wrapping_neg();
        if ahead < MAX_DROPOUT {
            self.after_stray = None;
            if ahead == 0 {
                Place::Duplicate
            } else {
                self.advance(u64::from(ahead))
            }
        } else if behind <= MAX_MISORDER {
            self.place_behind(u64::from(behind))
        } else if self.after_stray == Some(number) {
            self.restart(number)
        } else {
            self.after_stray = Some(number.wrapping_add(1));
            Place::Stray
        }
    }

    /// Places a packet sent again; it may reach farther back, and never restarts the stream.
    pub(super) fn place_retransmission(&mut self, number: u16) -> Place {
        let ahead = number.wrapping_sub(self.highest as u16);
        match u64::from(ahead.wrapping_neg()) {
            0 => Place::Duplicate,
            behind if behind < WINDOW => self.place_behind(behind),
            _ if ahead < MAX_DROPOUT => self.advance(u64::from(ahead)),
            _ => Place::Stray,
        }
    }

    /// The highest number so far.
    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Numbers from the first to the highest, over all runs.
    pub(super) fn expected(&self) -> u64 {
        self.expected_before + (self.highest - self.base + 1)
    }

    /// The highest number with cycles, as reports carry it (RFC 3550 §6.4.1).
    pub(super) fn extended_highest(&self) -> u32 {
        (self.highest - FIRST_CYCLE) as u32
    }

    /// The lowest number a retransmission can still have.
    pub(super) fn oldest(&self) -> u64 {
        self.floor.max((self.highest + 1).saturating_sub(WINDOW))
    }

    fn advance(&mut self, by: u64) -> Place {
        let skipped = self.highest + 1..self.highest + by;
        let sequence = skipped.end;
        skipped.clone().for_each(|passed| self.unmark(passed));
        self.highest = sequence;
        self.mark(sequence);
        Place::Ahead { sequence, skipped }
    }

    fn place_behind(&mut self, by: u64) -> Place {
        let sequence = self.highest - by;
        if sequence < self.floor {
            return Place::Stray;
        }
        if self.is_marked(sequence) {
            return Place::Duplicate;
        }
        self.mark(sequence);
        // Reordering at the very start: the stream began earlier than it seemed.
        self.base = self.base.min(sequence);
        Place::Behind { sequence }
    }

    fn restart(&mut self, number: u16) -> Place {
        let sequence = (self.highest / FIRST_CYCLE + 1) * FIRST_CYCLE + u64::from(number);
        self.expected_before = self.expected();
        self.received = [0; WINDOW as usize / 64];
        self.after_stray = None;
        self.highest = sequence;
        // The stray before it was this run's first packet.
        (self.base, self.floor) = (sequence - 1, sequence - 1);
        self.mark(sequence);
        Place::Restart { sequence }
    }

    fn mark(&mut self, sequence: u64) {
        self.received[word(sequence)] |= bit(sequence);
    }

    fn unmark(&mut self, sequence: u64) {
        self.received[word(sequence)] &= !bit(sequence);
    }

    fn is_marked(&self, sequence: u64) -> bool {
        self.received[word(sequence)] & bit(sequence) != 0
    }
}

fn word(sequence: u64) -> usize {
    (sequence % WINDOW / 64) as usize
}

fn bit(sequence: u64) -> u64 {
    1 << (sequence % 64)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn ahead(sequence: u64) -> Place {
        Place::Ahead {
            sequence,
            skipped: sequence..sequence,
        }
    }

    #[test]
    fn numbers_extend_over_the_wrap() {
        let mut window = SequenceWindow::new(65_534);
        assert_eq!(window.place(65_535), ahead(0x1_FFFF));
        assert_eq!(window.place(0), ahead(0x2_0000));
        assert_eq!(window.extended_highest(), 0x1_0000);
        assert_eq!(window.place(65_535), Place::Duplicate);
        assert_eq!(window.expected(), 3);
    }

    #[test]
    fn skipped_numbers_may_come_later_once() {
        let mut window = SequenceWindow::new(100);
        let expected = Place::Ahead {
            sequence: 0x1_0000 + 104,
            skipped: 0x1_0065..0x1_0068,
        };
        assert_eq!(window.place(104), expected);
        assert_eq!(window.place(102), Place::Behind { sequence: 0x1_0066 });
        assert_eq!(window.place(102), Place::Duplicate);
        assert_eq!(
            window.place_retransmission(103),
            Place::Behind { sequence: 0x1_0067 }
        );
        assert_eq!(window.place(103), Place::Duplicate);
    }

    #[test]
    fn stream_may_begin_out_of_order() {
        let mut window = SequenceWindow::new(0);
        assert_eq!(window.place(65_535), Place::Behind { sequence: 0xFFFF });
        assert_eq!(window.expected(), 2);
    }

    #[test]
    fn stray_changes_nothing_and_two_in_a_row_restart() {
        let mut window = SequenceWindow::new(100);
        assert_eq!(window.place(30_000), Place::Stray);
        assert_eq!(window.place(101), ahead(0x1_0065));
        assert_eq!(window.place(30_001), Place::Stray, "not in a row");
        assert_eq!(
            window.place(30_002),
            Place::Restart {
                sequence: 0x2_0000 + 30_002
            }
        );
        assert_eq!(window.expected(), 4);
        assert_eq!(window.place(30_003), ahead(0x2_0000 + 30_003));
        let first = Place::Behind {
            sequence: 0x2_0000 + 30_001,
        };
        assert_eq!(window.place_retransmission(30_001), first);
        assert_eq!(window.place(30_000), Place::Stray, "of the run before");
    }

    #[test]
    fn dropout_and_misorder_have_the_limits_of_the_rfc() {
        let mut window = SequenceWindow::new(0);
        assert!(matches!(window.place(2_999), Place::Ahead { .. }));
        assert_eq!(window.place(2_999 + 3_000), Place::Stray);
        assert_eq!(
            window.place(1_499),
            Place::Behind {
                sequence: 0x1_0000 + 1_499
            }
        );
        assert_eq!(window.place(1_498), Place::Stray);
    }

    #[test]
    fn retransmission_reaches_farther_back_but_never_restarts() {
        let mut window = SequenceWindow::new(0);
        window.place(2_500);
        window.place(5_000);
        assert_eq!(window.oldest(), 0x1_0000 + 5_001 - 4_096);
        assert!(matches!(
            window.place_retransmission(905),
            Place::Behind { .. }
        ));
        assert_eq!(window.place_retransmission(904), Place::Stray);
        for number in 30_000..30_010 {
            assert_eq!(window.place_retransmission(number), Place::Stray);
        }
    }

    proptest! {
        /// Against a set of everything ever placed: no number twice, and none missed in the window.
        #[test]
        fn every_number_is_placed_once(
            start in any::<u16>(),
            moves in proptest::collection::vec((-40i32..60, any::<bool>()), 1..2_000),
        ) {
            let mut window = SequenceWindow::new(start);
            let mut seen = HashSet::from([0x1_0000 + i64::from(start)]);
            let mut at = 0x1_0000 + i64::from(start);
            for (step, again) in moves {
                let target = at + i64::from(step);
                let place = if again && target < at {
                    window.place_retransmission(target as u16)
                } else {
                    window.place(target as u16)
                };
                let fresh = seen.insert(target);
                match place {
                    Place::Ahead { sequence, skipped } => {
                        prop_assert_eq!(sequence as i64, target);
                        prop_assert_eq!(skipped, (at + 1) as u64..target as u64);
                        at = target;
                    }
                    Place::Behind { sequence } => {
                        prop_assert!(fresh && sequence as i64 == target && target < at);
                    }
                    Place::Duplicate => prop_assert!(!fresh),
                    other => prop_assert!(false, "{:?} for {} at {}", other, target, at),
                }
            }
        }
    }
}
