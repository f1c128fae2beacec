//! Which encoding is which layer: layers count from the smallest picture, encodings as their sender
//! listed them.

/// The order of one source's encodings.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerOrder {
    count: usize,
    pub(super) largest_first: bool,
}

impl LayerOrder {
    /// So many encodings, the smallest first.
    pub(super) fn new(count: usize) -> Self {
        Self {
            count,
            largest_first: false,
        }
    }

    /// The layer of an encoding, or the encoding of a layer; none when there is no such one.
    pub(super) fn other(self, index: usize) -> Option<usize> {
        let last = self.count.checked_sub(1)?;
        let turned = last.checked_sub(index)?;
        Some(if self.largest_first { turned } else { index })
    }

    /// An encoding and the smaller ones, the largest first.
    pub(super) fn down_from(self, encoding: usize) -> impl Iterator<Item = usize> {
        let layers = self.other(encoding).map_or(0, |layer| layer + 1);
        (0..layers).rev().filter_map(move |layer| self.other(layer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_count_from_the_smallest() {
        let mut order = LayerOrder::new(3);
        assert_eq!(order.other(2), Some(2));
        assert_eq!(order.down_from(1).collect::<Vec<_>>(), [1, 0]);
        order.largest_first = true;
        assert_eq!(
            [0, 1, 2, 3].map(|index| order.other(index)),
            [Some(2), Some(1), Some(0), None]
        );
        assert_eq!(order.down_from(0).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(order.down_from(3).count(), 0);
        assert_eq!(LayerOrder::new(0).other(0), None);
    }
}
