//! Which checks were believed before: a copy of one proves nothing about where it comes from.
//! Decides nothing.

/// Checks remembered: 43 minutes of Chromium's, more of other browsers'. Four bytes each, so
/// 4 KB for a transport that lives for so long.
const LIMIT: usize = 1_024;

/// A check's message integrity, or as much of it as tells checks apart. It covers transaction id and
/// attributes alike, so only a check repeated to the bit has the same, and nobody without the password
/// can make another of it. By chance two of a session are alike once in four billion pairs; the second
/// then nominates nothing.
pub(super) type Mark = u32;

/// The latest authentic checks of one session.
#[derive(Debug, Default)]
pub(super) struct KnownChecks {
    marks: Vec<Mark>,
    /// Whose place the next one takes, when all are taken.
    oldest: usize,
}

impl KnownChecks {
    /// Remembers a check; `false`: it was known.
    pub(super) fn is_new(&mut self, mark: Mark) -> bool {
        if self.marks.contains(&mark) {
            return false;
        }
        if self.marks.len() < LIMIT {
            self.marks.push(mark);
        } else {
            self.marks[self.oldest] = mark;
            self.oldest = (self.oldest + 1) % LIMIT;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_new_once_and_the_latest_are_remembered() {
        let mut known = KnownChecks::default();
        let last = 3 * LIMIT as Mark;
        for mark in 0..last {
            assert!(known.is_new(mark));
            assert!(!known.is_new(mark));
        }
        assert_eq!(known.marks.len(), LIMIT);
        assert!((last - LIMIT as Mark..last).all(|mark| !known.is_new(mark)));
        assert!(known.is_new(last - LIMIT as Mark - 1));
    }
}
