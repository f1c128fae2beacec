//! Bits for the most recent numbers of an ever-growing count; knows nothing of what they mean.

/// A bit for each of the last `WORDS * 64` numbers. The caller keeps to that range and clears what
/// it enters, so the ring itself remembers no position.
#[derive(Clone, Copy, Debug)]
pub(super) struct BitRing<const WORDS: usize> {
    words: [u64; WORDS],
}

impl<const WORDS: usize> BitRing<WORDS> {
    /// Numbers covered.
    pub(super) const BITS: u64 = WORDS as u64 * 64;

    /// All clear.
    pub(super) const fn new() -> Self {
        Self { words: [0; WORDS] }
    }

    /// Clears everything.
    pub(super) fn clear(&mut self) {
        self.words = [0; WORDS];
    }

    /// Sets one bit.
    pub(super) fn set(&mut self, number: u64) {
        self.words[Self::word(number)] |= 1 << (number % 64);
    }

    /// Reads one bit.
    pub(super) fn get(&self, number: u64) -> bool {
        self.words[Self::word(number)] >> (number % 64) & 1 == 1
    }

    /// Clears `count` bits from `first` on.
    pub(super) fn clear_range(&mut self, first: u64, count: u64) {
        if count >= Self::BITS {
            self.clear();
            return;
        }
        for (word, mask) in Self::masks(first, count) {
            self.words[word] &= !mask;
        }
    }

    /// Set bits among `count` from `first` on; `count` ≤ [`Self::BITS`].
    pub(super) fn count(&self, first: u64, count: u64) -> u64 {
        Self::masks(first, count.min(Self::BITS))
            .map(|(word, mask)| u64::from((self.words[word] & mask).count_ones()))
            .sum()
    }

    /// The words a range touches, each with the range's bits in it.
    fn masks(first: u64, count: u64) -> impl Iterator<Item = (usize, u64)> {
        let mut at = first;
        let mut left = count;
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let bit = at % 64;
            let take = left.min(64 - bit);
            let mask = (u64::MAX >> (64 - take)) << bit;
            let word = Self::word(at);
            at = at.wrapping_add(take);
            left -= take;
            Some((word, mask))
        })
    }

    fn word(number: u64) -> usize {
        // WORDS is far below usize::MAX on every platform.
        ((number / 64) % WORDS as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_across_words_and_round_the_ring() {
        let mut ring = BitRing::<2>::new();
        for number in [100, 127, 128, 140, 227] {
            ring.set(number);
        }
        assert_eq!(ring.count(100, 128), 5);
        assert_eq!(ring.count(101, 127), 4);
        assert_eq!(ring.count(127, 2), 2);
        assert_eq!(ring.count(141, 0), 0);
    }

    #[test]
    fn clears_a_range_and_nothing_else() {
        let mut ring = BitRing::<2>::new();
        (0..128).for_each(|number| ring.set(number));
        ring.clear_range(60, 10);
        assert_eq!(ring.count(0, 128), 118);
        assert!(ring.get(59) && !ring.get(60) && !ring.get(69) && ring.get(70));
        ring.clear_range(0, 500);
        assert_eq!(ring.count(0, 128), 0);
    }
}
