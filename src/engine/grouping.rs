//! The order in which a batch leaves: by destination, because neighbours to one destination can
//! leave as one message. Makes no system call.

use std::collections::HashMap;

use media::{SocketId, TransmitBatch, Tuple};

use super::datagrams::Datagram;

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
    /// Groups in the order they leave.
    turns: Vec<usize>,
    /// Empty between batches.
    datagrams: Vec<Datagram<'static>>,
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
        let mut datagrams = emptied(std::mem::take(&mut self.datagrams));
        let socket = |index: &usize| self.groups[self.of[*index]].tuple.socket;
        for run in self.order.chunk_by(|a, b| socket(a) == socket(b)) {
            let datagram = |index: &usize| {
                let transmit = batch.get(*index)?;
                Some(Datagram {
                    remote: transmit.tuple.remote,
                    contents: transmit.contents,
                })
            };
            datagrams.clear();
            datagrams.extend(run.iter().filter_map(datagram));
            send(socket(&run[0]), &datagrams);
        }
        self.datagrams = emptied(datagrams);
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

    /// The number of a destination's group; `last` is that of the datagram before. Packets of one
    /// source come receiver by receiver, and several sources take the same receivers in the same
    /// order, so that a guess mostly spares the hash.
    fn group(&mut self, tuple: Tuple, last: usize) -> usize {
        let is = |guess: usize| self.groups.get(guess).is_some_and(|it| it.tuple == tuple);
        if let Some(guess) = [last, last + 1, 0].into_iter().find(|guess| is(*guess)) {
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
        let groups = &mut self.groups;
        self.turns.clear();
        self.turns.extend(0..groups.len());
        self.turns
            .sort_unstable_by_key(|group| (groups[*group].tuple.socket, *group));
        let mut end = 0;
        for turn in &self.turns {
            let group = &mut groups[*turn];
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

/// The same memory for datagrams of another batch.
fn emptied<'a>(mut datagrams: Vec<Datagram<'_>>) -> Vec<Datagram<'a>> {
    datagrams.clear();
    // Collected in place: the types differ in their lifetime only.
    let none = datagrams.into_iter().map(|datagram| Datagram {
        remote: datagram.remote,
        contents: &[],
    });
    none.collect()
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

    #[test]
    fn memory_is_kept_from_batch_to_batch() {
        let mut grouping = Grouping::default();
        let mut batch = TransmitBatch::new(10_000);
        for port in 0..50 {
            batch.push(tuple(0, port), &[0]);
        }
        sent(&mut grouping, &batch);
        let kept = grouping.datagrams.as_ptr();
        assert!(grouping.datagrams.capacity() >= 50);
        sent(&mut grouping, &batch);
        assert_eq!(grouping.datagrams.as_ptr(), kept);
    }

    fn sent(grouping: &mut Grouping, batch: &TransmitBatch) -> Vec<(u16, Vec<u8>)> {
        let mut sent = Vec::new();
        grouping.for_each_socket(batch, |socket, datagrams| {
            sent.push((socket.0, datagrams.iter().map(|d| d.contents[0]).collect()));
        });
        sent
    }
}
