//! When each entity wants to be woken: one queue for a whole worker.
//!
//! An entity keeps its earliest deadline in a [`Scheduled`] slot. Asking for a later time than the
//! slot holds does nothing (the entity is woken early once and asks again), so the common case on
//! the packet path is one comparison and no heap work. Entries of closed entities are found dead
//! when they are popped.

use std::{cmp::Reverse, collections::BinaryHeap, time::Instant};

/// The earliest pending deadline of one entity.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scheduled(Option<Instant>);

/// Deadlines of many entities.
#[derive(Debug)]
pub(crate) struct TimerQueue<K: Ord> {
    heap: BinaryHeap<Reverse<(Instant, u64, K)>>,
    /// Makes equal deadlines fire in the order they were asked for.
    order: u64,
}

impl<K: Ord + Copy> TimerQueue<K> {
    /// An empty queue.
    pub(crate) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            order: 0,
        }
    }

    /// Wakes `key` at `deadline`, unless it is woken earlier anyway.
    pub(crate) fn schedule(&mut self, slot: &mut Scheduled, deadline: Option<Instant>, key: K) {
        let Some(deadline) = deadline else { return };
        if slot.0.is_some_and(|pending| pending <= deadline) {
            return;
        }
        slot.0 = Some(deadline);
        self.order += 1;
        self.heap.push(Reverse((deadline, self.order, key)));
    }

    /// The next key whose deadline has come. The caller clears its slot by [`Scheduled::fired`].
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<(Instant, K)> {
        let Reverse((deadline, _, _)) = self.heap.peek()?;
        if *deadline > now {
            return None;
        }
        self.heap
            .pop()
            .map(|Reverse((deadline, _, key))| (deadline, key))
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((deadline, _, _))| *deadline)
    }
}

impl Scheduled {
    /// Whether the entry popped with `deadline` is the current one; clears the slot if so. A stale
    /// entry (the entity was rescheduled earlier and has fired since) is ignored.
    pub(crate) fn fired(&mut self, deadline: Instant) -> bool {
        let current = self.0 == Some(deadline);
        if current {
            self.0 = None;
        }
        current
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[allow(clippy::disallowed_methods)] // tests may start the clock
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn an_earlier_deadline_replaces_a_later_one() {
        let (start, mut queue, mut slot) = (start(), TimerQueue::new(), Scheduled::default());
        let (early, late) = (
            start + Duration::from_secs(1),
            start + Duration::from_secs(2),
        );
        queue.schedule(&mut slot, Some(late), 7);
        queue.schedule(&mut slot, Some(early), 7);
        queue.schedule(&mut slot, Some(late), 7);
        assert_eq!(queue.next(), Some(early));
        let (deadline, key) = queue.pop_due(early).expect("due");
        assert!(slot.fired(deadline) && key == 7);
        let (stale, _) = queue.pop_due(late).expect("the replaced entry");
        assert!(!slot.fired(stale), "a stale entry does not fire");
        assert!(queue.pop_due(late).is_none());
    }

    #[test]
    fn equal_deadlines_fire_in_order() {
        let (at, mut queue) = (start(), TimerQueue::new());
        for key in [3, 1, 2] {
            queue.schedule(&mut Scheduled::default(), Some(at), key);
        }
        let fired: Vec<_> = std::iter::from_fn(|| queue.pop_due(at))
            .map(|(_, key)| key)
            .collect();
        assert_eq!(fired, [3, 1, 2]);
    }
}
