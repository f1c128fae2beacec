//! Outgoing datagrams, written once into an arena and handed to the shell in one batch.

use std::net::SocketAddr;

/// One of the sockets a worker was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u16);

/// A remote address as seen by one local socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// The local socket.
    pub socket: SocketId,
    /// The remote address.
    pub remote: SocketAddr,
}

/// One datagram to send.
#[derive(Clone, Copy, Debug)]
pub struct Transmit<'a> {
    /// Where to.
    pub tuple: Tuple,
    /// What.
    pub contents: &'a [u8],
}

/// Datagrams waiting for the shell. Order inside a tuple is kept.
#[derive(Debug)]
pub struct TransmitBatch {
    arena: Vec<u8>,
    entries: Vec<Entry>,
    capacity: usize,
    dropped: u64,
}

#[derive(Debug)]
struct Entry {
    tuple: Tuple,
    end: usize,
}

impl TransmitBatch {
    /// A batch that holds at most `capacity` bytes; what does not fit is dropped and counted.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            arena: Vec::new(),
            entries: Vec::new(),
            capacity,
            dropped: 0,
        }
    }

    /// Adds a datagram that is already complete.
    pub fn push(&mut self, tuple: Tuple, contents: &[u8]) {
        self.write(tuple, |arena| {
            arena.extend_from_slice(contents);
            true
        });
    }

    /// Adds a datagram that `fill` appends to the arena; nothing is added when it returns `false`.
    pub fn write(&mut self, tuple: Tuple, fill: impl FnOnce(&mut Vec<u8>) -> bool) {
        // A fill that panicked has left bytes behind; they belong to nobody.
        let start = self.entries.last().map_or(0, |entry| entry.end);
        self.arena.truncate(start);
        if start >= self.capacity {
            self.dropped += 1;
            return;
        }
        if fill(&mut self.arena) {
            self.entries.push(Entry {
                tuple,
                end: self.arena.len(),
            });
        } else {
            self.arena.truncate(start);
        }
    }

    /// The datagrams, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Transmit<'_>> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let contents = &self.arena[start..entry.end];
            start = entry.end;
            Transmit {
                tuple: entry.tuple,
                contents,
            }
        })
    }

    /// The datagram at a place of [`Self::iter`].
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Transmit<'_>> {
        let entry = self.entries.get(index)?;
        let before = index.checked_sub(1).map(|before| &self.entries[before]);
        let start = before.map_or(0, |before| before.end);
        Some(Transmit {
            tuple: entry.tuple,
            contents: &self.arena[start..entry.end],
        })
    }

    /// Forgets everything; memory is kept for the next batch.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.entries.clear();
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of all datagrams together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.entries.last().map_or(0, |entry| entry.end)
    }

    /// Datagrams dropped because the batch was full, since the start.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn what_a_panic_left_half_written_is_sent_to_nobody() {
        let tuple = Tuple {
            socket: SocketId(0),
            remote: ([192, 0, 2, 1], 9).into(),
        };
        let mut batch = TransmitBatch::new(100);
        batch.push(tuple, b"before");
        let torn = AssertUnwindSafe(|| {
            batch.write(tuple, |arena| {
                arena.extend_from_slice(b"secret");
                panic!("on purpose");
            });
        });
        assert!(catch_unwind(torn).is_err());
        batch.push(tuple, b"after");
        let sent: Vec<_> = batch.iter().map(|transmit| transmit.contents).collect();
        assert_eq!(sent, [&b"before"[..], b"after"]);
    }
}
