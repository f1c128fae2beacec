//! Packets of one producer stream kept for retransmission, shared by its consumers.
//!
//! Owned by the producer, one per encoding. It keeps packets by the producer's extended sequence
//! number; who got which packet under which name is each consumer's affair.

use std::time::{Duration, Instant};

use crate::rtp::{MediaPacket, outgoing};

/// Room at first; doubled while packets younger than the age limit would be overwritten.
const FIRST_SLOTS: usize = 64;

/// Longest packet kept. RTP over UDP stays below 1,500 bytes; a longer one is sent, but only once.
const MAX_PACKET: usize = 2048;

/// Packets of one stream, the most recent ones. Memory is kept and reused: in a steady state
/// nothing is allocated.
#[derive(Debug)]
pub(crate) struct RetransmissionBuffer {
    slots: Vec<Slot>,
    /// Slots at most; a power of two.
    limit: usize,
    age: Duration,
}

#[derive(Debug, Default)]
struct Slot {
    /// None: nothing was kept here yet.
    packet: Option<Packet>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    at: Instant,
    /// Without its payload.
    media: MediaPacket<'static>,
    payload_len: usize,
}

/// A packet that can be sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'a> {
    /// When it came.
    pub(crate) at: Instant,
    /// As its producer took it, without its payload.
    pub(crate) media: MediaPacket<'static>,
    /// As built for consumers.
    pub(crate) bytes: &'a [u8],
    payload_len: usize,
}

impl<'a> Kept<'a> {
    /// A packet as built into `bytes`, which came at `at`.
    pub(crate) fn new(at: Instant, media: MediaPacket<'static>, bytes: &'a [u8]) -> Self {
        let payload_len = bytes.len() - outgoing::payload_at(bytes);
        Self {
            at,
            media,
            bytes,
            payload_len,
        }
    }

    /// Payload and RTP header, as the limit counts them.
    pub(super) fn wire_size(&self) -> usize {
        const HEADER: usize = 12;
        self.payload_len + HEADER
    }
}

impl Slot {
    fn sequence(&self) -> Option<u64> {
        self.packet.map(|packet| packet.media.sequence)
    }

    /// What it holds, if that is young enough.
    fn fresh(&self, now: Instant, age: Duration) -> Option<&Packet> {
        let fresh = |packet: &&Packet| now.saturating_duration_since(packet.at) <= age;
        self.packet.as_ref().filter(fresh)
    }

    /// Whether it holds a young packet with a number that `test` accepts.
    fn holds(&self, now: Instant, age: Duration, test: impl Fn(u64) -> bool) -> bool {
        let fresh = self.fresh(now, age);
        fresh.is_some_and(|packet| test(packet.media.sequence))
    }
}

impl RetransmissionBuffer {
    /// Keeps at most `packets` packets (rounded up to a power of two), each for `age`.
    #[must_use]
    pub(crate) fn new(packets: usize, age: Duration) -> Self {
        Self {
            slots: Vec::new(),
            limit: packets.clamp(1, 1 << 16).next_power_of_two(),
            age,
        }
    }

    /// Keeps a packet that was built into `bytes`. An older one than what its slot holds, a copy, or
    /// one too long is not kept.
    pub(crate) fn insert(&mut self, now: Instant, packet: &MediaPacket<'_>, bytes: &[u8]) {
        if bytes.len() > MAX_PACKET {
            return;
        }
        let sequence = packet.sequence;
        self.make_room(now, sequence);
        let age = self.age;
        let slot = self.slot_mut(sequence);
        if slot.holds(now, age, |held| held >= sequence) {
            return;
        }
        slot.packet = Some(Packet {
            at: now,
            media: MediaPacket {
                payload: &[],
                ..*packet
            },
            payload_len: packet.payload.len(),
        });
        slot.bytes.clear();
        slot.bytes.extend_from_slice(bytes);
    }

    /// A packet that is still there and young enough.
    #[must_use]
    pub(crate) fn get(&self, now: Instant, sequence: u64) -> Option<Kept<'_>> {
        let slot = self.slots.get(index(sequence, self.slots.len()))?;
        let packet = slot.fresh(now, self.age)?;
        (packet.media.sequence == sequence).then_some(Kept {
            at: packet.at,
            media: packet.media,
            bytes: &slot.bytes,
            payload_len: packet.payload_len,
        })
    }

    fn make_room(&mut self, now: Instant, sequence: u64) {
        if self.slots.is_empty() {
            let slots = FIRST_SLOTS.min(self.limit);
            self.slots.resize_with(slots, Slot::default);
        }
        let age = self.age;
        while self.slots.len() < self.limit {
            let slot = self.slot_mut(sequence);
            if !slot.holds(now, age, |held| held < sequence) {
                return;
            }
            self.double();
        }
    }

    fn double(&mut self) {
        let slots = self.slots.len() * 2;
        let old = std::mem::take(&mut self.slots);
        self.slots.resize_with(slots, Slot::default);
        for slot in old {
            if let Some(sequence) = slot.sequence() {
                *self.slot_mut(sequence) = slot;
            }
        }
    }

    /// The slot of a sequence number; there is at least one slot.
    fn slot_mut(&mut self, sequence: u64) -> &mut Slot {
        let at = index(sequence, self.slots.len());
        &mut self.slots[at]
    }
}

/// `slots` is zero or a power of two.
fn index(sequence: u64, slots: usize) -> usize {
    sequence as usize & slots.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{consumer::tests::start_of_time, rtp::codecs::PayloadInfo};

    fn keep(buffer: &mut RetransmissionBuffer, now: Instant, sequence: u64, bytes: &[u8]) {
        let packet = MediaPacket {
            encoding: 0,
            sequence,
            timestamp: 0,
            marker: false,
            payload_type: 96,
            info: PayloadInfo::default(),
            payload: bytes,
        };
        buffer.insert(now, &packet, bytes);
    }

    fn kept(buffer: &RetransmissionBuffer, now: Instant, sequence: u64) -> Option<&[u8]> {
        buffer.get(now, sequence).map(|kept| kept.bytes)
    }

    fn buffer(packets: usize) -> RetransmissionBuffer {
        RetransmissionBuffer::new(packets, Duration::from_secs(2))
    }

    #[test]
    fn packet_is_there_until_it_is_too_old() {
        let now = start_of_time();
        let mut buffer = buffer(8);
        keep(&mut buffer, now, 70_000, b"hello");
        let later = now + Duration::from_secs(2);
        assert_eq!(kept(&buffer, later, 70_000), Some(&b"hello"[..]));
        assert_eq!(
            kept(&buffer, later + Duration::from_millis(1), 70_000),
            None
        );
        assert_eq!(kept(&buffer, now, 70_008), None);
        assert_eq!(kept(&buffer, now, 4_464), None, "the same low 16 bits");
    }

    #[test]
    fn holds_the_newest_and_rejects_the_old() {
        let now = start_of_time();
        let mut buffer = buffer(8);
        (100..110u64).for_each(|sequence| keep(&mut buffer, now, sequence, &[sequence as u8]));
        assert_eq!(kept(&buffer, now, 101), None);
        assert_eq!(kept(&buffer, now, 102), Some(&[102][..]));
        keep(&mut buffer, now, 101, &[0]);
        assert_eq!(kept(&buffer, now, 109), Some(&[109][..]), "not displaced");
        keep(&mut buffer, now, 109, &[0]);
        assert_eq!(
            kept(&buffer, now, 109),
            Some(&[109][..]),
            "first copy stays"
        );
    }

    #[test]
    fn grows_with_the_rate_and_not_with_the_count() {
        let start = start_of_time();
        let mut slow = buffer(1024);
        for sequence in 0..5_000u64 {
            let now = start + Duration::from_millis(33 * sequence);
            keep(&mut slow, now, sequence, &[1; 100]);
        }
        assert_eq!(slow.slots.len(), FIRST_SLOTS);
        let mut fast = buffer(1024);
        for sequence in 0..50_000u64 {
            keep(
                &mut fast,
                start + Duration::from_micros(100 * sequence),
                sequence,
                &[1; 100],
            );
        }
        assert_eq!(fast.slots.len(), 1024);
    }

    #[test]
    fn keeps_its_memory_in_a_steady_state() {
        let now = start_of_time();
        let mut buffer = buffer(64);
        (0..64u64).for_each(|sequence| keep(&mut buffer, now, sequence, &[1; 1200]));
        let before: Vec<_> = buffer
            .slots
            .iter()
            .map(|slot| slot.bytes.as_ptr())
            .collect();
        (64..640u64).for_each(|sequence| keep(&mut buffer, now, sequence, &[2; 1200]));
        let after: Vec<_> = buffer
            .slots
            .iter()
            .map(|slot| slot.bytes.as_ptr())
            .collect();
        assert_eq!(before, after);
    }

    #[test]
    fn source_that_counts_anew_is_kept_once_the_old_count_is_too_old() {
        let now = start_of_time();
        let mut buffer = buffer(4);
        (1_000_000..1_000_010u64).for_each(|sequence| keep(&mut buffer, now, sequence, b"old"));
        let later = now + Duration::from_secs(3);
        keep(&mut buffer, later, 5, b"new");
        assert_eq!(kept(&buffer, later, 5), Some(&b"new"[..]));
    }

    #[test]
    fn oversized_packet_is_not_kept() {
        let now = start_of_time();
        let mut buffer = buffer(4);
        keep(&mut buffer, now, 1, &[0; MAX_PACKET + 1]);
        assert_eq!(kept(&buffer, now, 1), None);
    }

    proptest! {
        /// Whatever comes in, what comes out under a number went in under it.
        #[test]
        fn any_order_is_survived(
            sequences in prop::collection::vec((any::<u64>(), 0u64..40, any::<bool>()), 0..300),
        ) {
            let mut now = start_of_time();
            let mut buffer = buffer(16);
            for (random, near, far) in sequences {
                now += Duration::from_millis(near);
                let sequence = if far { random } else { near };
                keep(&mut buffer, now, sequence, &sequence.to_be_bytes());
                for probe in (0..40).chain([random]) {
                    if let Some(bytes) = kept(&buffer, now, probe) {
                        prop_assert_eq!(bytes, &probe.to_be_bytes()[..]);
                    }
                }
                prop_assert!(buffer.slots.len() <= 16);
            }
        }
    }
}
