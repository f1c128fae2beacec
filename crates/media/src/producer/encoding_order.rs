//! Whether a client lists its encodings with the largest picture first, as some encoders do, or last, as
//! browsers do. Only their pictures tell: nothing in the signalling says it.

/// The order of one producer's encodings.
#[derive(Debug, Default)]
pub(super) struct EncodingOrder {
    largest_first: bool,
    changed: bool,
}

impl EncodingOrder {
    /// Takes the sizes known now, in order of encodings. Two of them tell.
    pub(super) fn note(&mut self, sizes: impl Iterator<Item = Option<u64>>) {
        let (mut first, mut last) = (None, None);
        for size in sizes.flatten() {
            first = first.or(Some(size));
            last = Some(size);
        }
        // The same, or no other, tells nothing.
        if first == last {
            return;
        }
        let largest_first = first > last;
        self.changed |= largest_first != self.largest_first;
        self.largest_first = largest_first;
    }

    /// Whether the largest is the first.
    pub(super) fn is_largest_first(&self) -> bool {
        self.largest_first
    }

    /// The same, if it changed since this was last asked.
    pub(super) fn take_change(&mut self) -> Option<bool> {
        std::mem::take(&mut self.changed).then_some(self.largest_first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sizes_tell() {
        let mut order = EncodingOrder::default();
        order.note([Some(900), None, None].into_iter());
        order.note([Some(900), Some(900), None].into_iter());
        assert_eq!(
            (order.is_largest_first(), order.take_change()),
            (false, None)
        );
        order.note([Some(900), None, Some(100)].into_iter());
        assert_eq!(
            (order.take_change(), order.take_change()),
            (Some(true), None)
        );
        order.note([Some(900), None, None].into_iter());
        assert!(order.is_largest_first());
        order.note([Some(50), Some(100), Some(100)].into_iter());
        assert_eq!(order.take_change(), Some(false));
    }
}
