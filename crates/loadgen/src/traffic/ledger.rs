//! Which packets of one stream came: sequence numbers without wrap-around, and each but once.

use std::ops::Range;

/// Packets behind the highest that are remembered: more than a second at 3,500 a second.
const REMEMBERED: u64 = 4_096;
const WORDS: usize = (REMEMBERED / 64) as usize;

/// The sequence numbers of one stream.
#[derive(Debug)]
pub(crate) struct Ledger {
    highest: Option<u64>,
    seen: Box<[u64; WORDS]>,
}

/// What a number means to a [`Ledger`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// New, and the highest so far; those in between have not come yet.
    Ahead(u64, Range<u64>),
    /// New, below the highest.
    Behind(u64),
    /// It came before, or is so old that nobody knows.
    Repeated,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            highest: None,
            seen: Box::new([0; WORDS]),
        }
    }
}

impl Ledger {
    /// Takes a number off the wire.
    pub(crate) fn enter(&mut self, sequence: u16) -> Entry {
        let number = self.extend(sequence);
        let Some(highest) = self.highest else {
            self.highest = Some(number);
            self.mark(number);
            return Entry::Ahead(number, number..number);
        };
        if number > highest {
            self.advance(highest, number);
            self.mark(number);
            return Entry::Ahead(number, highest + 1..number);
        }
        if highest - number >= REMEMBERED || self.is_marked(number) {
            return Entry::Repeated;
        }
        self.mark(number);
        Entry::Behind(number)
    }

    /// The number nearest to the highest that ends in `sequence`. The first cycle starts above zero,
    /// so that going back never reaches it.
    pub(crate) fn extend(&self, sequence: u16) -> u64 {
        let Some(highest) = self.highest else {
            return 1 << 32 | u64::from(sequence);
        };
        let step = sequence.wrapping_sub(highest as u16) as i16;
        highest.wrapping_add_signed(i64::from(step))
    }

    fn advance(&mut self, from: u64, to: u64) {
        if to - from >= REMEMBERED {
            self.seen.fill(0);
        } else {
            for number in from + 1..=to {
                let (word, bit) = place(number);
                self.seen[word] &= !bit;
            }
        }
        self.highest = Some(to);
    }

    fn mark(&mut self, number: u64) {
        let (word, bit) = place(number);
        self.seen[word] |= bit;
    }

    fn is_marked(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.seen[word] & bit != 0
    }
}

fn place(number: u64) -> (usize, u64) {
    ((number % REMEMBERED / 64) as usize, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u64 = 1 << 32;

    #[test]
    fn numbers_go_on_across_the_wrap() {
        let mut ledger = Ledger::default();
        assert_eq!(
            ledger.enter(65_534),
            Entry::Ahead(BASE + 65_534, BASE + 65_534..BASE + 65_534)
        );
        assert_eq!(
            ledger.enter(1),
            Entry::Ahead(BASE + 65_537, BASE + 65_535..BASE + 65_537)
        );
        assert_eq!(ledger.enter(65_535), Entry::Behind(BASE + 65_535));
        assert_eq!(ledger.enter(65_535), Entry::Repeated);
        assert_eq!(ledger.enter(1), Entry::Repeated);
        assert_eq!(ledger.highest, Some(BASE + 65_537));
    }

    #[test]
    fn what_is_too_old_is_not_counted_again() {
        let mut ledger = Ledger::default();
        ledger.enter(0);
        ledger.enter(REMEMBERED as u16);
        assert_eq!(ledger.enter(0), Entry::Repeated);
        assert_eq!(ledger.enter(1), Entry::Behind(BASE + 1));
    }

    #[test]
    fn a_jump_forgets_what_was_before() {
        let mut ledger = Ledger::default();
        ledger.enter(7);
        let far = 7 + REMEMBERED as u16 * 2;
        ledger.enter(far);
        assert_eq!(
            ledger.enter(far - REMEMBERED as u16 + 1),
            Entry::Behind(BASE + u64::from(far) - REMEMBERED + 1)
        );
    }

    #[test]
    fn many_cycles_are_counted_exactly() {
        let mut ledger = Ledger::default();
        let mut fresh = 0;
        for number in 0..200_000_u64 {
            // Every tenth is missing, every seventh comes twice.
            if number % 10 == 0 {
                continue;
            }
            for _ in 0..1 + u8::from(number % 7 == 0) {
                fresh += u64::from(ledger.enter(number as u16) != Entry::Repeated);
            }
        }
        assert_eq!(fresh, 180_000);
    }
}
