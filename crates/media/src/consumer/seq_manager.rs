//! Renumbers packets so that what a consumer gets is continuous; decides nothing.

use super::{bit_ring::BitRing, offset_window::OffsetWindow};

/// 16 words: 1,024 packets of reordering and late repair, two seconds of 4 Mb/s video.
const WORDS: usize = 16;

/// A jump beyond this is another source, not loss or reordering (RFC 3550 §A.1, MAX_DROPOUT).
const MAX_DROPOUT: u64 = 3000;

/// Outgoing sequence numbers of one consumer (RFC 3550 §5.1).
///
/// Inputs are extended sequence numbers of one producer stream per segment. Any `u64` may come in.
#[derive(Debug)]
pub(super) struct SeqManager {
    window: OffsetWindow<WORDS>,
    /// Forwarded or left out; a second copy is a duplicate.
    seen: BitRing<WORDS>,
}

/// Where a packet stands among those seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Newer than everything seen.
    Newest,
    /// Late, with its number still reserved.
    Reserved,
    /// Seen before.
    Duplicate,
    /// Before the segment's start, or too late.
    Old,
    /// So far behind that, if more of the kind follow, the source has restarted.
    FarBehind,
    /// So far ahead that the source must have restarted.
    FarAhead,
}

impl SeqManager {
    /// The first packet will get `initial`.
    pub(super) fn new(initial: u16) -> Self {
        Self {
            window: OffsetWindow::new(u64::from(initial)),
            seen: BitRing::new(),
        }
    }

    /// Starts a new segment at `input`; returns its outgoing number.
    pub(super) fn start(&mut self, input: u64) -> u16 {
        self.window.start(input);
        self.seen.clear();
        self.seen.set(input);
        self.output(input)
    }

    /// Where `input` stands.
    pub(super) fn place(&self, input: u64) -> Place {
        let newest = self.window.newest();
        if input > newest {
            let jump = input - newest > MAX_DROPOUT;
            return if jump { Place::FarAhead } else { Place::Newest };
        }
        if newest - input > MAX_DROPOUT {
            return Place::FarBehind;
        }
        match (self.window.covers(input), self.seen.get(input)) {
            (false, _) => Place::Old,
            (true, true) => Place::Duplicate,
            (true, false) => Place::Reserved,
        }
    }

    /// The outgoing number of a [`Place::Newest`] or [`Place::Reserved`] packet.
    pub(super) fn forward(&mut self, input: u64) -> u16 {
        if input > self.window.newest() {
            self.advance(input);
            self.window.pass(input);
        }
        self.seen.set(input);
        self.output(input)
    }

    /// Leaves a packet out. A [`Place::Reserved`] one keeps its number, as a gap: the numbers after
    /// it are out already.
    pub(super) fn leave_out(&mut self, input: u64) {
        if input > self.window.newest() {
            self.advance(input);
            self.window.leave_out(input);
        }
        self.seen.set(input);
    }

    fn advance(&mut self, input: u64) {
        let newest = self.window.newest();
        self.seen
            .clear_range(newest.wrapping_add(1), input - newest);
    }

    /// Low 16 bits go on the wire. A left-out packet has no number; its successor's is harmless.
    fn output(&self, input: u64) -> u16 {
        let output = self.window.output(input);
        output.unwrap_or_else(|| self.window.next_output()) as u16
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn started(initial: u16, input: u64) -> SeqManager {
        let mut manager = SeqManager::new(initial);
        assert_eq!(manager.start(input), initial);
        manager
    }

    #[test]
    fn numbers_wrap_at_sixteen_bits() {
        let mut manager = started(65_535, 70_000);
        assert_eq!(manager.forward(70_001), 0);
        assert_eq!(manager.forward(70_002), 1);
    }

    #[test]
    fn late_packet_keeps_its_place_and_its_copy_is_a_duplicate() {
        let mut manager = started(10, 500);
        assert_eq!(manager.forward(502), 12);
        assert_eq!(manager.place(501), Place::Reserved);
        assert_eq!(manager.forward(501), 11);
        assert_eq!(manager.place(501), Place::Duplicate);
        assert_eq!(manager.place(500), Place::Duplicate);
    }

    #[test]
    fn left_out_packet_leaves_no_gap_and_never_comes_back() {
        let mut manager = started(10, 500);
        manager.leave_out(501);
        assert_eq!(manager.forward(502), 11);
        assert_eq!(manager.place(501), Place::Duplicate);
    }

    #[test]
    fn packets_from_before_a_switch_are_old() {
        let mut manager = started(10, 500);
        assert_eq!(manager.start(90_000), 11);
        assert_eq!(manager.place(89_999), Place::Old);
        assert_eq!(manager.place(501), Place::FarBehind);
        assert_eq!(manager.place(93_001), Place::FarAhead);
        assert_eq!(manager.place(93_000), Place::Newest);
    }

    #[test]
    fn what_was_seen_a_window_ago_is_no_duplicate() {
        let mut manager = started(10, 500);
        for input in 501..1_524 {
            manager.forward(input);
        }
        manager.forward(1_525);
        assert_eq!(manager.place(1_524), Place::Reserved);
    }

    #[test]
    fn packet_later_than_the_window_is_old() {
        let mut manager = started(10, 500);
        manager.forward(1_530);
        assert_eq!(manager.place(507), Place::Reserved);
        assert_eq!(manager.place(506), Place::Old);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// No input, however absurd, panics or numbers one input twice in a segment.
        #[test]
        fn any_input_is_survived(
            initial: u16,
            first: u64,
            steps in prop::collection::vec((any::<u64>(), 0u8..8), 0..200),
        ) {
            let mut manager = started(initial, first);
            let mut newest = first;
            for (random, action) in steps {
                let input = match action {
                    0 => random,
                    1..=3 => newest.wrapping_add(random % 5),
                    _ => newest.wrapping_sub(random % 1_100),
                };
                match manager.place(input) {
                    Place::Newest | Place::Reserved if action % 2 == 0 => manager.leave_out(input),
                    Place::Newest | Place::Reserved => drop(manager.forward(input)),
                    Place::FarAhead | Place::FarBehind => drop(manager.start(input)),
                    Place::Duplicate | Place::Old => continue,
                }
                prop_assert_eq!(manager.place(input), Place::Duplicate);
                newest = input;
            }
        }
    }
}
