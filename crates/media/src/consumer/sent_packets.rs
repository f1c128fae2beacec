//! What a consumer sent under which name, so that it can be sent again; holds no payloads.

use std::time::{Duration, Instant};

use super::types::{Rewrite, Vp8Rewrite};
use crate::rtp::{MediaPacket, codecs::Vp8Descriptor};

/// Room at first; doubled while packets younger than the age limit would be overwritten.
const FIRST_SLOTS: usize = 64;

/// Times one packet is sent again at most (as many as receivers ask).
const MAX_RESENDS: u8 = 10;

/// Record of the most recent packets of one consumer, by outgoing sequence number.
///
/// Nothing is allocated before the first packet, and nothing after the record has grown to the
/// stream's rate.
#[derive(Debug)]
pub(super) struct SentPackets {
    slots: Vec<Sent>,
    /// Slots at most; a power of two.
    limit: usize,
    age: Duration,
    epoch: Instant,
}

/// One packet, in 32 bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    /// The producer's extended sequence number.
    sequence: u64,
    timestamp: u32,
    /// Milliseconds since the epoch.
    at: u32,
    /// Milliseconds from `at` to the last time it was sent again.
    resent_after: u16,
    sequence_number: u16,
    picture_id: u16,
    /// Wire size as the limit counts it; zero: an empty slot.
    size: u16,
    tl0_picture_index: u8,
    picture_id_at: u8,
    tl0_picture_index_at: u8,
    payload_type: u8,
    encoding: u8,
    resends: u8,
    flags: u8,
}

const MARKER: u8 = 1;
const VP8: u8 = 1 << 1;
const PICTURE_ID: u8 = 1 << 2;
const WIDE_PICTURE_ID: u8 = 1 << 3;
const TL0_PICTURE_INDEX: u8 = 1 << 4;

/// How long after it was sent a packet is not sent again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spacing {
    /// After it was sent first. What is asked for sooner than a round trip was missed before it was
    /// sent: it came late, or was repaired, on its way to us.
    pub(super) after_first: Duration,
    /// After it was sent again.
    pub(super) after_repair: Duration,
}

/// A packet that may be sent again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) encoding: usize,
    pub(super) sequence: u64,
    pub(super) size: usize,
    pub(super) rewrite: Rewrite,
}

impl SentPackets {
    pub(super) fn new(epoch: Instant, packets: usize, age: Duration) -> Self {
        Self {
            slots: Vec::new(),
            limit: packets.clamp(1, 1 << 15).next_power_of_two(),
            age,
            epoch,
        }
    }

    /// Remembers a packet.
    pub(super) fn insert(&mut self, now: Instant, packet: &MediaPacket<'_>, rewrite: &Rewrite) {
        let sent = Sent::new(self.milliseconds(now), packet, rewrite);
        self.make_room(&sent);
        let fresh = self.is_fresh(&self.slots[self.index(sent.sequence_number)], sent.at);
        let index = self.index(sent.sequence_number);
        let slot = &mut self.slots[index];
        if fresh && (slot.sequence_number.wrapping_sub(sent.sequence_number) as i16) > 0 {
            return;
        }
        *slot = sent;
    }

    /// A packet that is young enough, was not sent again too often, and was last sent long enough ago
    /// for the receiver to have missed it.
    pub(super) fn find(
        &self,
        now: Instant,
        number: u16,
        spacing: Spacing,
        ssrc: u32,
    ) -> Option<Found> {
        let slot = self.slots.get(self.index(number))?;
        let now = self.milliseconds(now);
        if slot.sequence_number != number || !self.is_fresh(slot, now) {
            return None;
        }
        let since = now
            .wrapping_sub(slot.at)
            .saturating_sub(u32::from(slot.resent_after));
        let spacing = if slot.resends == 0 {
            spacing.after_first
        } else {
            spacing.after_repair
        };
        let too_soon = u128::from(since) < spacing.as_millis();
        (slot.resends < MAX_RESENDS && !too_soon).then(|| slot.found(ssrc))
    }

    /// Notes that a packet [`SentPackets::find`] returned is sent again.
    pub(super) fn mark_resent(&mut self, now: Instant, number: u16) {
        let (now, index) = (self.milliseconds(now), self.index(number));
        if let Some(slot) = self.slots.get_mut(index) {
            slot.resends = slot.resends.saturating_add(1);
            slot.resent_after = u16::try_from(now.wrapping_sub(slot.at)).unwrap_or(u16::MAX);
        }
    }

    /// Bytes on the heap.
    #[cfg(test)]
    pub(super) fn heap(&self) -> usize {
        self.slots.capacity() * size_of::<Sent>()
    }

    fn make_room(&mut self, sent: &Sent) {
        if self.slots.is_empty() {
            self.slots
                .resize(FIRST_SLOTS.min(self.limit), Sent::default());
        }
        while self.slots.len() < self.limit {
            let slot = &self.slots[self.index(sent.sequence_number)];
            let taken = slot.sequence_number != sent.sequence_number;
            if !taken || !self.is_fresh(slot, sent.at) {
                return;
            }
            self.double();
        }
    }

    fn double(&mut self) {
        let slots = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![Sent::default(); slots]);
        for sent in old {
            if sent.size > 0 {
                let index = self.index(sent.sequence_number);
                self.slots[index] = sent;
            }
        }
    }

    fn is_fresh(&self, slot: &Sent, now: u32) -> bool {
        slot.size > 0 && u128::from(now.wrapping_sub(slot.at)) <= self.age.as_millis()
    }

    fn index(&self, number: u16) -> usize {
        usize::from(number) & self.slots.len().saturating_sub(1)
    }

    /// Wraps after 49 days; only differences of seconds count.
    fn milliseconds(&self, now: Instant) -> u32 {
        now.saturating_duration_since(self.epoch).as_millis() as u32
    }
}

impl Sent {
    fn new(at: u32, packet: &MediaPacket<'_>, rewrite: &Rewrite) -> Self {
        let vp8 = rewrite.vp8;
        let descriptor = vp8.map(|vp8| vp8.descriptor).unwrap_or_default();
        let flag = |set, bit| if set { bit } else { 0 };
        Self {
            sequence: packet.sequence,
            timestamp: rewrite.timestamp,
            at,
            resent_after: 0,
            sequence_number: rewrite.sequence_number,
            picture_id: vp8.map_or(0, |vp8| vp8.picture_id),
            size: wire_size(packet),
            tl0_picture_index: vp8.map_or(0, |vp8| vp8.tl0_picture_index),
            picture_id_at: descriptor.picture_id_at,
            tl0_picture_index_at: descriptor.tl0_picture_index_at,
            payload_type: rewrite.payload_type,
            // At most MAX_ENCODINGS, far below 256.
            encoding: packet.encoding as u8,
            resends: 0,
            flags: flag(rewrite.marker, MARKER)
                | flag(vp8.is_some(), VP8)
                | flag(descriptor.picture_id.is_some(), PICTURE_ID)
                | flag(descriptor.wide_picture_id, WIDE_PICTURE_ID)
                | flag(descriptor.tl0_picture_index.is_some(), TL0_PICTURE_INDEX),
        }
    }

    fn found(&self, ssrc: u32) -> Found {
        Found {
            encoding: usize::from(self.encoding),
            sequence: self.sequence,
            size: usize::from(self.size),
            rewrite: Rewrite {
                ssrc,
                payload_type: self.payload_type,
                sequence_number: self.sequence_number,
                timestamp: self.timestamp,
                marker: self.has(MARKER),
                vp8: self.has(VP8).then(|| self.vp8()),
            },
        }
    }

    /// The descriptor's old values are not needed again, only where the fields are.
    fn vp8(&self) -> Vp8Rewrite {
        let tl0 = self.tl0_picture_index;
        Vp8Rewrite {
            descriptor: Vp8Descriptor {
                picture_id: self.has(PICTURE_ID).then_some(self.picture_id),
                wide_picture_id: self.has(WIDE_PICTURE_ID),
                picture_id_at: self.picture_id_at,
                tl0_picture_index: self.has(TL0_PICTURE_INDEX).then_some(tl0),
                tl0_picture_index_at: self.tl0_picture_index_at,
                layer_sync: false,
            },
            picture_id: self.picture_id,
            tl0_picture_index: tl0,
        }
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Payload and RTP header; never zero.
fn wire_size(packet: &MediaPacket<'_>) -> u16 {
    const HEADER: usize = 12;
    u16::try_from(packet.payload.len() + HEADER).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{consumer::tests::start_of_time, rtp::codecs::PayloadInfo};

    fn insert(sent: &mut SentPackets, now: Instant, sequence: u64) {
        let packet = MediaPacket {
            encoding: 2,
            sequence,
            timestamp: 0,
            marker: true,
            payload_type: 96,
            info: PayloadInfo::default(),
            payload: &[0; 1000],
        };
        let rewrite = Rewrite {
            ssrc: 1,
            payload_type: 97,
            sequence_number: sequence as u16,
            timestamp: 5,
            marker: true,
            vp8: None,
        };
        sent.insert(now, &packet, &rewrite);
    }

    const SPACING: Spacing = Spacing {
        after_first: Duration::ZERO,
        after_repair: Duration::from_millis(50),
    };

    fn find(sent: &SentPackets, now: Instant, number: u16) -> Option<Found> {
        sent.find(now, number, SPACING, 1)
    }

    #[test]
    fn entry_takes_at_most_32_bytes() {
        assert!(size_of::<Sent>() <= 32);
    }

    #[test]
    fn packet_is_found_as_it_was_sent() {
        let now = start_of_time();
        let mut sent = SentPackets::new(now, 1024, Duration::from_secs(2));
        assert!(find(&sent, now, 3).is_none());
        insert(&mut sent, now, 65_539);
        let found = find(&sent, now, 3).unwrap();
        assert_eq!(
            (found.encoding, found.sequence, found.size),
            (2, 65_539, 1012)
        );
        assert_eq!(found.rewrite.payload_type, 97);
        assert!(found.rewrite.marker);
        assert!(
            find(&sent, now + Duration::from_millis(2_001), 3).is_none(),
            "too old"
        );
    }

    #[test]
    fn record_grows_with_the_rate_up_to_its_limit() {
        let start = start_of_time();
        let mut sent = SentPackets::new(start, 256, Duration::from_secs(2));
        (0..60).for_each(|n| insert(&mut sent, start + Duration::from_millis(33 * n), n));
        assert_eq!(sent.heap(), FIRST_SLOTS * 32);
        (60..70_000).for_each(|n| insert(&mut sent, start + Duration::from_secs(2), n));
        assert_eq!(sent.heap(), 256 * 32);
        let now = start + Duration::from_secs(2);
        assert!(find(&sent, now, (70_000 - 256) as u16).is_some());
        assert!(find(&sent, now, (70_000u64 - 257) as u16).is_none());
    }

    #[test]
    fn late_packet_does_not_displace_a_newer_one() {
        let now = start_of_time();
        let mut sent = SentPackets::new(now, 64, Duration::from_secs(2));
        insert(&mut sent, now, 164);
        insert(&mut sent, now, 100);
        assert!(find(&sent, now, 164).is_some());
    }
}
