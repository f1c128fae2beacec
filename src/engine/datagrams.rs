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

/// Orders a batch by destination, keeping the order inside each. Kept between batches for its
/// memory.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    /// Destinations as they first appeared.
    groups: Vec<Group>,
    numbers: HashMap<Tuple, usize>,
    /// The group of each datagram.
    of: Vec<usize>,
    /// Datagrams in the order they leave.
    order: Vec<usize>,
}

#[derive(Debug)]
struct Group {
    tuple: Tuple,
    datagrams: usize,
    /// Where its next datagram stands in the order.
    next: usize,
}

impl Grouping {
    /// Calls `send` once per socket with its datagrams of `batch`: destinations as they first
    /// appeared, and to each as they were pushed.
    pub(super) fn for_each_socket<'a>(
        &mut self,
        batch: &'a TransmitBatch,
        mut send: impl FnMut(SocketId, &[Datagram<'a>]),
    ) {
        self.assign(batch);
        self.arrange();
        let socket = |index: &usize| self.groups[self.of[*index]].tuple.socket;
        for run in self.order.chunk_by(|a, b| socket(a) == socket(b)) {
            let datagram = |index: &usize| {
                let transmit = batch.get(*index)?;
                Some(Datagram {
                    remote: transmit.tuple.remote,
                    contents: transmit.contents,
                })
            };
            let datagrams: Vec<_> = run.iter().filter_map(datagram).collect();
            send(socket(&run[0]), &datagrams);
        }
    }

    /// Finds each datagram's group.
    fn assign(&mut self, batch: &TransmitBatch) {
        self.groups.clear();
        self.numbers.clear();
        self.of.clear();
        let mut last = 0;
        for transmit in batch.iter() {
            last = self.group(transmit.tuple, last);
            self.groups[last].datagrams += 1;
            self.of.push(last);
        }
    }

    /// The number of a destination's group; `last` is that of the datagram before. One packet after
    /// the other goes to the same receivers in the same order, so that guessing the next one right
    /// spares the hash.
    fn group(&mut self, tuple: Tuple, last: usize) -> usize {
        let is = |guess: usize| self.groups.get(guess).is_some_and(|it| it.tuple == tuple);
        if let Some(guess) = [last + 1, 0, last].into_iter().find(|guess| is(*guess)) {
            return guess;
        }
        let groups = &mut self.groups;
        *self.numbers.entry(tuple).or_insert_with(|| {
            groups.push(Group {
                tuple,
                datagrams: 0,
                next: 0,
            });
            groups.len() - 1
        })
    }

    /// A counting sort: groups by socket, else as they are.
    fn arrange(&mut self) {
        let mut turns: Vec<_> = (0..self.groups.len()).collect();
        turns.sort_by_key(|group| self.groups[*group].tuple.socket);
        let mut end = 0;
        for turn in turns {
            let group = &mut self.groups[turn];
            group.next = end;
            end += group.datagrams;
        }
        self.order.resize(self.of.len(), 0);
        for (index, group) in self.of.iter().enumerate() {
            let next = &mut self.groups[*group].next;
            self.order[*next] = index;
            *next += 1;
        }
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
        let mut grouping = Grouping::default();
        assert_eq!(
            sent(&mut grouping, &batch),
            [(0, vec![1, 3, 2]), (1, vec![0, 4])]
        );
        batch.clear();
        batch.push(tuple(0, 6), &[9]);
        assert_eq!(sent(&mut grouping, &batch), [(0, vec![9])], "none is left");
    }

    #[test]
    fn any_order_of_destinations_is_grouped_as_a_stable_sort_would() {
        let mut grouping = Grouping::default();
        for seed in 0..200_u64 {
            let mut batch = TransmitBatch::new(10_000);
            let (mut state, mut pushed) =
                (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, Vec::new());
            for byte in 0..60_u8 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                // Fan-out in turn at first, then anything.
                let port = if byte < 20 {
                    u16::from(byte % 5)
                } else {
                    (state % 7) as u16
                };
                let to = tuple((port & 1) * u16::from(seed % 2 == 0), port);
                batch.push(to, &[byte]);
                pushed.push((to, byte));
            }
            let first = |to: Tuple| pushed.iter().position(|(other, _)| *other == to);
            let mut expected = pushed.clone();
            expected.sort_by_key(|(to, _)| (to.socket, first(*to)));
            let expected: Vec<u8> = expected.into_iter().map(|(_, byte)| byte).collect();
            let found = sent(&mut grouping, &batch);
            let found: Vec<u8> = found.into_iter().flat_map(|(_, bytes)| bytes).collect();
            assert_eq!(found, expected, "seed {seed}");
        }
    }

    fn sent(grouping: &mut Grouping, batch: &TransmitBatch) -> Vec<(u16, Vec<u8>)> {
        let mut sent = Vec::new();
        grouping.for_each_socket(batch, |socket, datagrams| {
            sent.push((socket.0, datagrams.iter().map(|d| d.contents[0]).collect()));
        });
        sent
    }

    #[test]
    fn a_length_beyond_the_slot_is_cut_to_it() {
        let mut inbound = Inbound::new();
        inbound.fill(BATCH - 1, ([127, 0, 0, 1], 1).into(), usize::MAX);
        inbound.for_each(|_, bytes| assert_eq!(bytes.len(), SLOT));
        assert_eq!(inbound.len(), 1);
    }
}
