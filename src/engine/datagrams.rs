//! The bytes between a socket and a worker: what arrived in one batch, and the order in which a
//! batch leaves. Makes no system call.

use std::{collections::HashMap, net::SocketAddr};

use media::{SocketId, TransmitBatch, Tuple};

/// Datagrams per system call.
pub(super) const BATCH: usize = 64;

/// Bytes kept per datagram. A browser's stay below 1,500; what is longer is dropped and counted.
pub(super) const SLOT: usize = 2048;

/// One datagram to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram<'a> {
    /// Where to.
    pub(super) remote: SocketAddr,
    /// What.
    pub(super) contents: &'a [u8],
}

/// Datagrams that arrived together.
#[derive(Debug)]
pub(super) struct Inbound {
    bytes: Box<[u8]>,
    filled: Vec<Filled>,
    skipped: usize,
}

#[derive(Debug)]
struct Filled {
    slot: usize,
    from: SocketAddr,
    length: usize,
}

impl Inbound {
    /// Room for one batch.
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; BATCH * SLOT].into_boxed_slice(),
            filled: Vec::with_capacity(BATCH),
            skipped: 0,
        }
    }

    /// Forgets the last batch.
    pub(super) fn clear(&mut self) {
        self.filled.clear();
        self.skipped = 0;
    }

    /// Every slot, to be written into.
    pub(super) fn slots_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.bytes.chunks_exact_mut(SLOT)
    }

    /// One slot, to be written into.
    pub(super) fn slot_mut(&mut self, slot: usize) -> &mut [u8] {
        &mut self.bytes[slot * SLOT..(slot + 1) * SLOT]
    }

    /// States that `slot` now holds a datagram.
    pub(super) fn fill(&mut self, slot: usize, from: SocketAddr, length: usize) {
        let length = length.min(SLOT);
        self.filled.push(Filled { slot, from, length });
    }

    /// States that a datagram arrived which cannot be used.
    pub(super) fn skip(&mut self) {
        self.skipped += 1;
    }

    /// Datagrams of the batch that cannot be used.
    pub(super) fn skipped(&self) -> usize {
        self.skipped
    }

    /// Whether nothing arrived at all.
    pub(super) fn is_empty(&self) -> bool {
        self.filled.is_empty() && self.skipped == 0
    }

    /// Datagrams of the batch that can be used.
    pub(super) fn len(&self) -> usize {
        self.filled.len()
    }

    /// Calls `take` for each datagram, oldest first; it may change the bytes.
    pub(super) fn for_each(&mut self, mut take: impl FnMut(SocketAddr, &mut [u8])) {
        for filled in &self.filled {
            let start = filled.slot * SLOT;
            take(filled.from, &mut self.bytes[start..start + filled.length]);
        }
    }
}

/// Orders a batch by destination, keeping the order inside each.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    groups: HashMap<Tuple, u32>,
}

impl Grouping {
    /// The datagrams of `batch`: sockets in order, then destinations as they first appeared, then
    /// as they were pushed.
    pub(super) fn order<'a>(&mut self, batch: &'a TransmitBatch) -> Vec<(SocketId, Datagram<'a>)> {
        self.groups.clear();
        let mut keyed: Vec<_> = batch
            .iter()
            .map(|transmit| {
                let next = self.groups.len() as u32;
                let group = *self.groups.entry(transmit.tuple).or_insert(next);
                (group, transmit)
            })
            .collect();
        keyed.sort_by_key(|(group, transmit)| (transmit.tuple.socket, *group));
        keyed
            .into_iter()
            .map(|(_, transmit)| {
                let datagram = Datagram {
                    remote: transmit.tuple.remote,
                    contents: transmit.contents,
                };
                (transmit.tuple.socket, datagram)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple(socket: u16, port: u16) -> Tuple {
        Tuple {
            socket: SocketId(socket),
            remote: ([127, 0, 0, 1], port).into(),
        }
    }

    #[test]
    fn a_batch_leaves_grouped_by_destination_in_the_order_pushed() {
        let mut batch = TransmitBatch::new(1000);
        for (to, byte) in [
            (tuple(1, 5), 0),
            (tuple(0, 7), 1),
            (tuple(0, 6), 2),
            (tuple(0, 7), 3),
            (tuple(1, 5), 4),
        ] {
            batch.push(to, &[byte]);
        }
        let order = Grouping::default().order(&batch);
        let bytes: Vec<u8> = order.iter().map(|(_, d)| d.contents[0]).collect();
        assert_eq!(bytes, [1, 3, 2, 0, 4]);
        assert_eq!(order[0].0, SocketId(0));
        assert_eq!(order[4].0, SocketId(1));
    }

    #[test]
    fn a_length_beyond_the_slot_is_cut_to_it() {
        let mut inbound = Inbound::new();
        inbound.fill(BATCH - 1, ([127, 0, 0, 1], 1).into(), usize::MAX);
        inbound.for_each(|_, bytes| assert_eq!(bytes.len(), SLOT));
        assert_eq!(inbound.len(), 1);
    }
}
