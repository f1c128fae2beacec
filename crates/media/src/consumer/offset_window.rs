//! Renames growing numbers so that left-out ones leave no gap, while late ones keep their place.
//!
//! The shared core of sequence numbers ([`super::seq_manager`]) and VP8 picture ids
//! ([`super::picture_manager`]). It knows no wire width: inputs and outputs are extended numbers.

use super::bit_ring::BitRing;

/// `output = input - left-out inputs before it + constant`, over a window of `WORDS * 64` inputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct OffsetWindow<const WORDS: usize> {
    /// First input of the segment; what is older has no place.
    first: u64,
    /// Newest input, passed or left out.
    newest: u64,
    /// `output = input - offset` at `newest`; wrapping.
    offset: u64,
    left_out: BitRing<WORDS>,
}

impl<const WORDS: usize> OffsetWindow<WORDS> {
    /// Inputs remembered.
    pub(super) const SPAN: u64 = BitRing::<WORDS>::BITS;

    /// A window whose first output will be `first_output`.
    pub(super) fn new(first_output: u64) -> Self {
        Self {
            first: 0,
            newest: 0,
            offset: 1u64.wrapping_sub(first_output),
            left_out: BitRing::new(),
        }
    }

    /// Starts over at `input`, which gets the number after the last one given out.
    pub(super) fn start(&mut self, input: u64) {
        self.offset = input.wrapping_sub(self.next_output());
        self.first = input;
        self.newest = input;
        self.left_out.clear();
    }

    /// Newest input, passed or left out.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// Whether `input` lies in the current segment and is recent enough to be renamed.
    pub(super) fn covers(&self, input: u64) -> bool {
        input >= self.first && input.wrapping_add(Self::SPAN) > self.newest
    }

    /// Moves on to a newer `input`, which gets a number.
    pub(super) fn pass(&mut self, input: u64) {
        self.advance(input);
    }

    /// Moves on to a newer `input`, which gets none.
    pub(super) fn leave_out(&mut self, input: u64) {
        self.advance(input);
        self.left_out.set(input);
        self.offset = self.offset.wrapping_add(1);
    }

    /// The number of `input`; none when it was left out or is not covered.
    pub(super) fn output(&self, input: u64) -> Option<u64> {
        if input > self.newest || !self.covers(input) || self.left_out.get(input) {
            return None;
        }
        let later = self.left_out.count(input, self.newest - input + 1);
        Some(input.wrapping_sub(self.offset.wrapping_sub(later)))
    }

    /// The number after the last one given out.
    pub(super) fn next_output(&self) -> u64 {
        self.newest.wrapping_sub(self.offset).wrapping_add(1)
    }

    fn advance(&mut self, input: u64) {
        debug_assert!(input > self.newest, "only newer inputs advance a window");
        let step = input.saturating_sub(self.newest);
        self.left_out.clear_range(self.newest.wrapping_add(1), step);
        self.newest = input.max(self.newest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_out_inputs_leave_no_gap() {
        let mut window = OffsetWindow::<2>::new(10);
        window.start(500);
        window.leave_out(501);
        window.pass(502);
        window.leave_out(503);
        window.leave_out(504);
        window.pass(505);
        assert_eq!(window.output(500), Some(10));
        assert_eq!(window.output(502), Some(11));
        assert_eq!(window.output(505), Some(12));
        assert_eq!(window.output(503), None);
        assert_eq!(window.next_output(), 13);
    }

    #[test]
    fn late_inputs_keep_the_place_they_had() {
        let mut window = OffsetWindow::<2>::new(0);
        window.start(10);
        window.pass(12);
        window.leave_out(13);
        window.pass(14);
        assert_eq!(window.output(11), Some(1));
        assert_eq!(window.output(14), Some(3));
    }

    #[test]
    fn what_came_before_the_start_has_no_place() {
        let mut window = OffsetWindow::<2>::new(0);
        window.start(10);
        window.pass(11);
        window.start(300);
        assert_eq!(window.output(299), None);
        assert_eq!(window.output(300), Some(2));
    }

    #[test]
    fn what_was_left_out_a_window_ago_is_forgotten() {
        let mut window = OffsetWindow::<2>::new(0);
        window.start(10);
        window.leave_out(11);
        (12..139).for_each(|input| window.pass(input));
        window.pass(140);
        assert_eq!(
            window.output(139),
            Some(128),
            "11 was left out, 139 was not"
        );
    }
}
