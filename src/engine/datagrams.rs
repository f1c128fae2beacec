//! The bytes between a socket and a worker: what arrived in one batch, and which datagrams leave as
//! one. Makes no system call.

use std::net::SocketAddr;

/// Messages handed to the kernel by one call.
pub(super) const SEND_BATCH: usize = 64;

/// Messages taken by one call. Each may be a run of datagrams, so this also bounds what a worker
/// must take at once.
pub(super) const RECEIVE_BATCH: usize = 16;

/// Datagrams one message can stand for, both ways (Linux: `UDP_MAX_SEGMENTS`).
pub(super) const MAX_SEGMENTS: usize = 64;

/// Bytes of one message: an IPv4 packet without its headers.
const MAX_RUN: usize = 65_535 - 28;

/// The longest datagram taken. A browser's stay below 1,500; what is longer is dropped and counted.
const LONGEST: usize = 2048;

/// Bytes kept per message. A run fills 64 KiB; an odd number of cache lines spreads the slots'
/// beginnings, which is all that most of them ever hold, over the whole cache.
const SLOT: usize = 1025 * 64;

/// One datagram to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram<'a> {
    /// Where to.
    pub(super) remote: SocketAddr,
    /// What.
    pub(super) contents: &'a [u8],
}

/// How many of the first datagrams can leave as one message, which the kernel or the network card
/// cuts again: to one destination, of one length, the last maybe shorter.
pub(super) fn leading_run(datagrams: &[Datagram<'_>]) -> usize {
    let Some(first) = datagrams.first() else {
        return 0;
    };
    let segment = first.contents.len();
    if segment == 0 {
        return 1;
    }
    let most = MAX_SEGMENTS.min(MAX_RUN / segment).max(1);
    let mut run = 1;
    for datagram in datagrams.iter().take(most).skip(1) {
        let length = datagram.contents.len();
        if datagram.remote != first.remote || length > segment || length == 0 {
            break;
        }
        run += 1;
        if length < segment {
            break;
        }
    }
    run
}

/// Messages that arrived together. A message is a datagram, or a run of them from one sender that
/// the kernel left in one piece. Read datagram by datagram, and not all at once: what it still holds
/// waits for the next turn.
#[derive(Debug)]
pub(super) struct Inbound {
    bytes: Box<[u8]>,
    filled: Vec<Filled>,
    datagrams: usize,
    skipped: usize,
    /// The message to read next, and how much of it was read.
    next: (usize, usize),
}

#[derive(Debug)]
struct Filled {
    slot: usize,
    from: SocketAddr,
    length: usize,
    /// Bytes of each datagram; the last may be shorter.
    segment: usize,
}

impl Inbound {
    /// Room for one batch. Pages that no run ever reaches take no memory.
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; RECEIVE_BATCH * SLOT].into_boxed_slice(),
            filled: Vec::with_capacity(RECEIVE_BATCH),
            datagrams: 0,
            skipped: 0,
            next: (0, 0),
        }
    }

    /// Forgets the last batch.
    pub(super) fn clear(&mut self) {
        self.filled.clear();
        self.datagrams = 0;
        self.skipped = 0;
        self.next = (0, 0);
    }

    /// Every slot, to be written into.
    #[cfg(target_os = "linux")]
    pub(super) fn slots_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.bytes.chunks_exact_mut(SLOT)
    }

    /// One slot, to be written into.
    pub(super) fn slot_mut(&mut self, slot: usize) -> &mut [u8] {
        &mut self.bytes[slot * SLOT..(slot + 1) * SLOT]
    }

    /// States that `slot` now holds `length` bytes: a datagram, or datagrams of `segment` bytes.
    pub(super) fn fill(
        &mut self,
        slot: usize,
        from: SocketAddr,
        length: usize,
        segment: Option<usize>,
    ) {
        let length = length.min(SLOT);
        let segment = segment.unwrap_or(length).max(1);
        // An empty datagram is one, too.
        let datagrams = length.div_ceil(segment).max(1);
        if segment > LONGEST {
            self.skipped += datagrams;
            return;
        }
        self.datagrams += datagrams;
        self.filled.push(Filled {
            slot,
            from,
            length,
            segment,
        });
    }

    /// States that a message arrived which cannot be used.
    #[cfg(target_os = "linux")]
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

    /// Whether everything was read.
    pub(super) fn is_read(&self) -> bool {
        self.next.0 >= self.filled.len()
    }

    /// Datagrams of the batch that can be used.
    pub(super) fn len(&self) -> usize {
        self.datagrams
    }

    /// Messages of the batch that can be used.
    #[cfg(test)]
    pub(super) fn messages(&self) -> usize {
        self.filled.len()
    }

    /// The next datagram, oldest first; it may be changed.
    pub(super) fn next(&mut self) -> Option<(SocketAddr, &mut [u8])> {
        let (message, offset) = self.next;
        let filled = self.filled.get(message)?;
        let end = filled.length.min(offset + filled.segment);
        self.next = if end < filled.length {
            (message, end)
        } else {
            (message + 1, 0)
        };
        let slot = filled.slot * SLOT;
        Some((filled.from, &mut self.bytes[slot + offset..slot + end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender() -> SocketAddr {
        ([127, 0, 0, 1], 1).into()
    }

    fn run_of(lengths: &[usize]) -> usize {
        let bytes = [0; 40_000];
        let datagram = |length: &usize| Datagram {
            remote: sender(),
            contents: &bytes[..*length],
        };
        leading_run(&lengths.iter().map(datagram).collect::<Vec<_>>())
    }

    #[test]
    fn a_run_is_of_one_length_and_may_end_shorter() {
        assert_eq!(run_of(&[]), 0);
        assert_eq!(run_of(&[9]), 1);
        assert_eq!(run_of(&[9, 9, 9]), 3);
        assert_eq!(run_of(&[9, 9, 8, 8]), 3);
        assert_eq!(run_of(&[9, 9, 10]), 2);
        assert_eq!(run_of(&[9, 0, 9]), 1);
        assert_eq!(run_of(&[0, 0]), 1);
    }

    #[test]
    fn a_run_keeps_what_the_kernel_allows() {
        assert_eq!(run_of(&[1; 100]), MAX_SEGMENTS);
        assert_eq!(run_of(&[1_200; 100]), 54);
        assert_eq!(run_of(&[33_000; 3]), 1);
    }

    #[test]
    fn a_run_ends_where_the_destination_changes() {
        let to = |port: u16| Datagram {
            remote: ([127, 0, 0, 1], port).into(),
            contents: b"same",
        };
        assert_eq!(leading_run(&[to(1), to(1), to(2), to(1)]), 2);
    }

    #[test]
    fn a_run_that_arrived_is_cut_into_its_datagrams() {
        let mut inbound = Inbound::new();
        inbound.slot_mut(3)[..8].copy_from_slice(b"aaabbbcc");
        inbound.fill(3, sender(), 8, Some(3));
        inbound.slot_mut(4)[..2].copy_from_slice(b"dd");
        inbound.fill(4, sender(), 2, None);
        assert_eq!((inbound.len(), inbound.messages()), (4, 2));
        let mut found = Vec::new();
        while let Some((_, bytes)) = inbound.next() {
            assert!(found.len() < 4);
            found.push(bytes.to_vec());
            assert_eq!(inbound.is_read(), found.len() == 4);
        }
        assert_eq!(found, [&b"aaa"[..], b"bbb", b"cc", b"dd"]);
    }

    #[test]
    fn what_is_too_long_to_be_media_is_skipped_however_it_arrived() {
        let mut inbound = Inbound::new();
        inbound.fill(0, sender(), usize::MAX, None);
        inbound.fill(1, sender(), 9_000, Some(3_000));
        assert_eq!((inbound.len(), inbound.skipped()), (0, 4));
    }

    #[test]
    fn an_empty_datagram_is_one_too() {
        let mut inbound = Inbound::new();
        inbound.fill(0, sender(), 0, None);
        assert_eq!(inbound.len(), 1);
        assert_eq!(inbound.next(), Some((sender(), &mut [][..])));
        assert_eq!(inbound.next(), None);
    }
}
