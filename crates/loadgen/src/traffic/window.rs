//! What counts: packets whose index was sent inside the steady window, by publisher and encoding.

use std::ops::Range;

/// Encodings a source can have.
pub(crate) const MAX_ENCODINGS: usize = 3;

/// The counted packets of every publisher.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    ranges: Vec<[Range<u64>; MAX_ENCODINGS]>,
    /// Whether what is sent now counts.
    pub(crate) open: bool,
}

impl Windows {
    /// The packets of this encoding that count.
    pub(crate) fn range(&self, publisher: u32, encoding: u8) -> Range<u64> {
        let ranges = self.ranges.get(publisher as usize);
        let range = ranges.and_then(|ranges| ranges.get(usize::from(encoding)));
        range.cloned().unwrap_or(0..0)
    }

    /// Whether this packet counts.
    pub(crate) fn contains(&self, publisher: u32, encoding: u8, index: u64) -> bool {
        self.range(publisher, encoding).contains(&index)
    }

    /// From `index` on packets count.
    pub(crate) fn begin(&mut self, publisher: u32, encoding: u8, index: u64) {
        *self.slot(publisher, encoding) = index..u64::MAX;
    }

    /// From `index` on they do not.
    pub(crate) fn end(&mut self, publisher: u32, encoding: u8, index: u64) {
        self.slot(publisher, encoding).end = index;
    }

    fn slot(&mut self, publisher: u32, encoding: u8) -> &mut Range<u64> {
        let publisher = publisher as usize;
        if self.ranges.len() <= publisher {
            self.ranges.resize(publisher + 1, Default::default());
        }
        &mut self.ranges[publisher][usize::from(encoding).min(MAX_ENCODINGS - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_between_begin_and_end_count() {
        let mut windows = Windows::default();
        assert!(!windows.contains(2, 1, 0));
        windows.begin(2, 1, 10);
        assert!(!windows.contains(2, 1, 9) && windows.contains(2, 1, 10));
        windows.end(2, 1, 20);
        assert!(windows.contains(2, 1, 19) && !windows.contains(2, 1, 20));
        assert_eq!(windows.range(2, 1), 10..20);
        assert_eq!(windows.range(2, 0), 0..0);
        assert_eq!(windows.range(7, 0), 0..0);
    }
}
