//! A replay window over packet indices (RFC 3711 §3.3.2), as a ring of words (RFC 6479).

const WORDS: usize = 16;
const WORD_BITS: u64 = u64::BITS as u64;
/// Indices below the highest by this much or more are refused: 2.4 s of 400 packets a second, so
/// that retransmissions without RTX are still taken. One word is always being refilled.
pub(super) const WINDOW: u64 = (WORDS as u64 - 1) * WORD_BITS;

/// Which indices of one SSRC were seen.
#[derive(Debug)]
pub(super) struct ReplayWindow {
    highest: u64,
    seen: [u64; WORDS],
}

impl ReplayWindow {
    /// A window that has seen `first` alone.
    pub(super) fn starting_at(first: u64) -> Self {
        let mut window = Self {
            highest: first,
            seen: [0; WORDS],
        };
        window.accept(first);
        window
    }

    /// The highest index accepted.
    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether `index` is new and not too old to tell.
    pub(super) fn is_fresh(&self, index: u64) -> bool {
        if index > self.highest {
            return true;
        }
        self.highest - index < WINDOW && self.seen[word(index)] & bit(index) == 0
    }

    /// Remembers an index that was fresh and whose packet was authentic.
    pub(super) fn accept(&mut self, index: u64) {
        if index > self.highest {
            let skipped = (index / WORD_BITS - self.highest / WORD_BITS).min(WORDS as u64);
            for step in 1..=skipped {
                self.seen[word(self.highest + step * WORD_BITS)] = 0;
            }
            self.highest = index;
        }
        self.seen[word(index)] |= bit(index);
    }
}

fn word(index: u64) -> usize {
    (index / WORD_BITS) as usize % WORDS
}

fn bit(index: u64) -> u64 {
    1 << (index % WORD_BITS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_index_is_fresh_once() {
        let mut window = ReplayWindow::starting_at(1000);
        assert!(!window.is_fresh(1000));
        assert!(window.is_fresh(999));
        window.accept(999);
        assert!(!window.is_fresh(999));
        assert!(window.is_fresh(1001));
    }

    #[test]
    fn what_left_the_window_is_never_fresh_again() {
        let mut window = ReplayWindow::starting_at(10_000);
        assert!(window.is_fresh(10_000 - WINDOW + 1));
        assert!(!window.is_fresh(10_000 - WINDOW));
        window.accept(1 << 40);
        assert!(!window.is_fresh(10_000));
        assert!(window.is_fresh((1 << 40) - WINDOW + 1));
    }

    proptest! {
        #[test]
        fn agrees_with_a_set_of_everything_seen(steps in proptest::collection::vec(-1500_i64..1500, 1..400)) {
            let first = 100_000_u64;
            let mut window = ReplayWindow::starting_at(first);
            let mut seen = BTreeSet::from([first]);
            for step in steps {
                let highest = *seen.last().unwrap();
                let index = highest.saturating_add_signed(step);
                let fresh = index > highest || (highest - index < WINDOW && !seen.contains(&index));
                prop_assert_eq!(window.is_fresh(index), fresh);
                if fresh {
                    window.accept(index);
                    seen.insert(index);
                }
                prop_assert_eq!(window.highest(), *seen.last().unwrap());
            }
        }
    }
}
