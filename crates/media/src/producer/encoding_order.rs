//! Whether a client lists its encodings with the largest picture first, as some encoders do, or last, as
//! browsers do. Only their pictures tell: nothing in the signalling says it.

use std::time::{Duration, Instant};

/// How long an order stands at least: every consumer is told of another, and key frames come as often as
/// a client likes.
const STANDS: Duration = Duration::from_secs(2);

/// The order of one producer's encodings.
#[derive(Debug, Default)]
pub(super) struct EncodingOrder {
    largest_first: bool,
    changed: bool,
    changed_at: Option<Instant>,
}

impl EncodingOrder {
    /// Takes the sizes known now, in order of encodings. Two of them tell.
    pub(super) fn note(&mut self, now: Instant, sizes: impl Iterator<Item = Option<u64>>) {
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
        let stands = self.changed_at.is_some_and(|at| now < at + STANDS);
        if largest_first == self.largest_first || stands {
            return;
        }
        self.largest_first = largest_first;
        self.changed = true;
        self.changed_at = Some(now);
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

    #[expect(clippy::disallowed_methods, reason = "a test's clock")]
    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn two_sizes_tell() {
        let mut order = EncodingOrder::default();
        let start = now();
        order.note(start, [Some(900), None, None].into_iter());
        order.note(start, [Some(900), Some(900), None].into_iter());
        assert_eq!(
            (order.is_largest_first(), order.take_change()),
            (false, None)
        );
        order.note(start, [Some(900), None, Some(100)].into_iter());
        assert_eq!(
            (order.take_change(), order.take_change()),
            (Some(true), None)
        );
        order.note(start, [Some(900), None, None].into_iter());
        assert!(order.is_largest_first());
        let other = || [Some(50), Some(100), Some(100)].into_iter();
        order.note(start + STANDS / 2, other());
        assert_eq!(order.take_change(), None);
        order.note(start + STANDS, other());
        assert_eq!(order.take_change(), Some(false));
    }
}
