//! Memory for bytes that are kept in the order they come and given up from the oldest: blocks, which
//! several keepers take from one pool and give back to it. Knows nothing of packets.

use std::collections::VecDeque;

/// Bytes are kept in blocks of so many, so that growing moves nothing.
pub(super) const BLOCK: usize = 64 * 1024;

/// Bytes, oldest first.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    used: VecDeque<Vec<u8>>,
    /// Counts blocks; that of the first used.
    first: u64,
    /// As many were in use before some were given up last.
    before: usize,
}

/// Where bytes lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) block: u64,
    start: usize,
    pub(super) len: usize,
}

/// Blocks that are no longer needed and will be used again.
#[derive(Debug, Default)]
pub(super) struct Pool {
    spare: Vec<Vec<u8>>,
}

impl Blocks {
    /// Adds bytes, at most [`BLOCK`]; returns where they are.
    pub(super) fn push(&mut self, bytes: &[u8], pool: &mut Pool) -> Place {
        let room = |block: &Vec<u8>| block.len() + bytes.len() <= BLOCK;
        if !self.used.back().is_some_and(room) {
            self.used.push_back(pool.take());
        }
        let start = self.used.back().map_or(0, Vec::len);
        if let Some(block) = self.used.back_mut() {
            block.extend_from_slice(bytes);
        }
        Place {
            block: self.first + self.used.len() as u64 - 1,
            start,
            len: bytes.len(),
        }
    }

    /// The bytes at a place; none when they were given up.
    pub(super) fn get(&self, place: Place) -> &[u8] {
        let index = place.block.checked_sub(self.first);
        // Fits: as many blocks as a group may have.
        let block = index.and_then(|index| self.used.get(index as usize));
        block.map_or(&[], |block| &block[place.start..place.start + place.len])
    }

    /// Gives up the blocks before one.
    pub(super) fn release(&mut self, before: u64, pool: &mut Pool) {
        self.before = self.used.len();
        while self.first < before
            && let Some(block) = self.used.pop_front()
        {
            self.first += 1;
            pool.give(block);
        }
    }

    /// Blocks in use.
    pub(super) fn used(&self) -> usize {
        self.used.len()
    }

    /// Blocks that will be needed beside those in use: what follows will be about as large as what
    /// was before.
    pub(super) fn expected(&self) -> usize {
        self.before.saturating_sub(self.used.len())
    }
}

impl Pool {
    /// Keeps no more than so many blocks.
    pub(super) fn truncate(&mut self, most: usize) {
        self.spare.truncate(most);
    }

    /// Blocks at hand.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.spare.len()
    }

    fn take(&mut self) -> Vec<u8> {
        let fresh = || Vec::with_capacity(BLOCK);
        self.spare.pop().unwrap_or_else(fresh)
    }

    fn give(&mut self, mut block: Vec<u8>) {
        block.clear();
        self.spare.push(block);
    }
}
