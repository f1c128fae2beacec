//! A bounded map from SSRC to state, made for few entries looked up very often.

/// Sorted by SSRC; remembers the entry used last, since packets of a stream come in runs.
#[derive(Debug)]
pub(super) struct SsrcTable<T> {
    entries: Vec<(u32, T)>,
    last: usize,
    capacity: usize,
}

impl<T> SsrcTable<T> {
    /// An empty table that takes `capacity` entries.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: Vec::new(),
            last: 0,
            capacity,
        }
    }

    /// The state of an SSRC, or where it would stand.
    pub(super) fn find(&mut self, ssrc: u32) -> Slot<'_, T> {
        let found = match self.entries.get(self.last) {
            Some((last, _)) if *last == ssrc => Ok(self.last),
            _ => self.entries.binary_search_by_key(&ssrc, |(key, _)| *key),
        };
        match found {
            Ok(index) => {
                self.last = index;
                Slot::Known(&mut self.entries[index].1)
            }
            Err(_) if self.entries.len() >= self.capacity => Slot::Full,
            Err(index) => Slot::Vacant(Vacancy {
                table: self,
                index,
                ssrc,
            }),
        }
    }

    /// Drops an SSRC's state.
    pub(super) fn remove(&mut self, ssrc: u32) {
        if let Ok(index) = self.entries.binary_search_by_key(&ssrc, |(key, _)| *key) {
            self.entries.remove(index);
        }
    }

    /// SSRCs with state.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// What [`SsrcTable::find`] found.
pub(super) enum Slot<'a, T> {
    /// There is state.
    Known(&'a mut T),
    /// There is none, and room for it.
    Vacant(Vacancy<'a, T>),
    /// There is none, and no room.
    Full,
}

/// Room for one SSRC's state.
pub(super) struct Vacancy<'a, T> {
    table: &'a mut SsrcTable<T>,
    index: usize,
    ssrc: u32,
}

impl<T> Vacancy<'_, T> {
    /// Fills it.
    pub(super) fn insert(self, value: T) {
        let entries = &mut self.table.entries;
        if entries.len() == entries.capacity() {
            // Most have one or two for good: one, two, four, instead of four at once.
            entries.reserve_exact(entries.len().max(1));
        }
        entries.insert(self.index, (self.ssrc, value));
        self.table.last = self.index;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(table: &mut SsrcTable<u32>, ssrc: u32) -> bool {
        match table.find(ssrc) {
            Slot::Vacant(vacancy) => {
                vacancy.insert(ssrc * 2);
                true
            }
            Slot::Known(_) | Slot::Full => false,
        }
    }

    #[test]
    fn finds_what_was_inserted_in_any_order() {
        let mut table = SsrcTable::new(10);
        for ssrc in [5, 1, 9, 3, 7] {
            assert!(insert(&mut table, ssrc));
        }
        for ssrc in [1, 3, 5, 7, 9, 9, 1] {
            assert!(matches!(table.find(ssrc), Slot::Known(value) if *value == ssrc * 2));
        }
        assert!(matches!(table.find(4), Slot::Vacant(_)));
    }

    #[test]
    fn takes_no_more_than_its_capacity_until_something_is_removed() {
        let mut table = SsrcTable::new(2);
        assert!(insert(&mut table, 1) && insert(&mut table, 2));
        assert!(matches!(table.find(3), Slot::Full));
        table.remove(1);
        assert!(insert(&mut table, 3));
        assert!(matches!(table.find(2), Slot::Known(_)));
        assert_eq!(table.len(), 2);
    }
}
