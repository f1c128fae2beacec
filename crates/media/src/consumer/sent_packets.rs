//! What a consumer sent under which name, so that it can be sent again; holds no payloads.
//!
//! A consumer gives most neighbours the same new names: number, timestamp and picture ids differ
//! from the producer's by the same amounts until a packet is left out or the encoding changes. So
//! the differences are kept once per run of packets, and a bit per packet says that it was sent.
//! Everything else is read from the producer's [`RetransmissionBuffer`](super::RetransmissionBuffer).

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use super::{
    retransmission_buffer::Kept,
    types::{Rewrite, Vp8Rewrite},
};
use crate::rtp::{MediaPacket, codecs::Vp8Descriptor};

/// Times one packet is sent again at most (as many as receivers ask).
const MAX_RESENDS: u8 = 10;

/// Extended outgoing numbers start in the second cycle, so that late ones fit below the first.
const FIRST_CYCLE: u64 = 1 << 16;

/// Record of the most recent packets of one consumer, by outgoing sequence number.
///
/// Nothing is allocated before the first packet, and nothing after it while the names do not change.
#[derive(Debug)]
pub(super) struct SentPackets {
    /// A bit for each of the last `limit` numbers, by remainder.
    sent: Vec<u64>,
    /// The newest number, extended; 0 before the first packet.
    newest: u64,
    /// Oldest first; each begins at another number, so that there are not more than numbers.
    runs: VecDeque<Run>,
    /// What was sent again and may be once more, by number.
    repairs: BTreeMap<u64, Repair>,
    /// Packets at most; a power of two.
    limit: usize,
    age: Duration,
}

/// Packets with the same names, up to where the next run begins.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: u64,
    names: Names,
    /// From when on no packet was added but late ones; none in the newest run.
    until: Option<Instant>,
}

/// What turns a producer's packet into what was sent.
#[derive(Clone, Copy, Debug, Default)]
struct Names {
    /// The producer's extended sequence number less the outgoing one; wrapping, as all of these.
    lead: u64,
    timestamp: u32,
    picture_id: u16,
    tl0_picture_index: u8,
    encoding: u8,
    vp8: bool,
}

#[derive(Clone, Copy, Debug)]
struct Repair {
    resends: u8,
    at: Instant,
}

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
    number: u64,
}

impl SentPackets {
    pub(super) fn new(packets: usize, age: Duration) -> Self {
        Self {
            sent: Vec::new(),
            newest: 0,
            runs: VecDeque::new(),
            repairs: BTreeMap::new(),
            limit: packets.clamp(1, 1 << 15).next_power_of_two(),
            age,
        }
    }

    /// Remembers a packet.
    pub(super) fn insert(&mut self, now: Instant, packet: &MediaPacket<'_>, rewrite: &Rewrite) {
        let number = self.extend(rewrite.sequence_number);
        if number > self.newest {
            self.advance(number);
            let last = self.runs.back().map(|run| run.names);
            if !last.is_some_and(|names| names.fit(number, packet, rewrite)) {
                self.begin_run(now, number, Names::new(number, packet, rewrite, last));
            }
        } else if self.is_recent(number) {
            self.insert_late(now, number, packet, rewrite);
        } else {
            return;
        }
        let (word, bit) = self.bit(number);
        self.sent[word] |= bit;
    }

    /// A packet that `kept` still has, that was not sent again too often, and was last sent long
    /// enough ago for the receiver to have missed it.
    pub(super) fn find<'k>(
        &self,
        now: Instant,
        number: u16,
        spacing: Spacing,
        ssrc: u32,
        kept: impl Fn(usize, u64) -> Option<Kept<'k>>,
    ) -> Option<Found> {
        let number = self.locate(number)?;
        let names = self.runs.get(self.run_of(number)?)?.names;
        let (encoding, sequence) = (usize::from(names.encoding), number.wrapping_add(names.lead));
        let kept = kept(encoding, sequence)?;
        if now.saturating_duration_since(kept.at) > self.age {
            return None;
        }
        let (resends, at, spacing) = match self.repairs.get(&number) {
            Some(repair) => (repair.resends, repair.at, spacing.after_repair),
            None => (0, kept.at, spacing.after_first),
        };
        let too_soon = now.saturating_duration_since(at) < spacing;
        (resends < MAX_RESENDS && !too_soon).then(|| Found {
            encoding,
            sequence,
            size: kept.wire_size(),
            rewrite: names.rewrite(number, &kept.media, ssrc),
            number,
        })
    }

    /// Notes that a packet is sent again.
    pub(super) fn mark_resent(&mut self, now: Instant, found: &Found) {
        while let Some((number, repair)) = self.repairs.first_key_value().map(|(n, r)| (*n, *r))
            && (!self.is_recent(number) || now.saturating_duration_since(repair.at) > self.age)
        {
            self.repairs.remove(&number);
        }
        let first = Repair {
            resends: 0,
            at: now,
        };
        let repair = self.repairs.entry(found.number).or_insert(first);
        repair.resends = repair.resends.saturating_add(1);
        repair.at = now;
    }

    /// Bytes on the heap, without the few of what was sent again.
    #[cfg(test)]
    pub(super) fn heap(&self) -> usize {
        self.sent.capacity() * 8 + self.runs.capacity() * size_of::<Run>()
    }

    /// Moves on to a newer number; nothing is sent yet under those up to it.
    fn advance(&mut self, to: u64) {
        if self.sent.is_empty() {
            self.sent = vec![0; self.limit.div_ceil(64)];
        }
        let bits = self.sent.len() as u64 * 64;
        for number in (self.newest + 1).max(to.saturating_sub(bits - 1))..=to {
            let (word, bit) = self.bit(number);
            self.sent[word] &= !bit;
        }
        self.newest = to;
    }

    fn begin_run(&mut self, now: Instant, first: u64, names: Names) {
        if let Some(before) = self.runs.back_mut() {
            before.until = Some(now);
        }
        self.prune(now);
        self.runs.push_back(Run {
            first,
            names,
            until: None,
        });
    }

    /// A late packet has the names of its neighbours, unless one between them was left out, or the
    /// names changed in its frame.
    fn insert_late(
        &mut self,
        now: Instant,
        number: u64,
        packet: &MediaPacket<'_>,
        rewrite: &Rewrite,
    ) {
        let at = self.run_of(number);
        let names = at.map(|at| self.runs[at].names);
        if let Some(at) = at
            && self.runs[at].names.fit(number, packet, rewrite)
        {
            let until = &mut self.runs[at].until;
            *until = until.map(|_| now);
            return;
        }
        self.split(now, number, Names::new(number, packet, rewrite, names));
    }

    /// Gives one number names of its own; those behind it keep the ones they had.
    fn split(&mut self, now: Instant, number: u64, names: Names) {
        let next = self.run_of(number).map_or(0, |at| at + 1);
        let own = Run {
            first: number,
            names,
            until: Some(now),
        };
        let before = next.checked_sub(1).map(|at| &mut self.runs[at]);
        let rest = before.as_ref().map(|before| Run {
            first: number + 1,
            ..**before
        });
        let replaced = before.is_some_and(|before| {
            before.until = Some(now);
            let whole = before.first == number;
            if whole {
                *before = own;
            }
            whole
        });
        if let Some(rest) = rest
            && self.runs.get(next).is_none_or(|run| run.first > rest.first)
        {
            self.runs.insert(next, rest);
        }
        if !replaced {
            self.runs.insert(next, own);
        }
        self.prune(now);
    }

    /// Forgets runs none of whose packets can be sent again.
    fn prune(&mut self, now: Instant) {
        while let Some(until) = self.runs.front().and_then(|run| run.until) {
            let old = now.saturating_duration_since(until) > self.age;
            let passed = self
                .runs
                .get(1)
                .is_some_and(|run| !self.is_recent(run.first));
            if !old && !passed {
                return;
            }
            self.runs.pop_front();
        }
    }

    /// The run a number is in.
    fn run_of(&self, number: u64) -> Option<usize> {
        let after = self.runs.partition_point(|run| run.first <= number);
        after.checked_sub(1)
    }

    /// The extended number of a packet that was sent under `number`.
    fn locate(&self, number: u16) -> Option<u64> {
        let behind = (self.newest as u16).wrapping_sub(number);
        let number = self.newest.checked_sub(u64::from(behind))?;
        if self.sent.is_empty() || !self.is_recent(number) {
            return None;
        }
        let (word, bit) = self.bit(number);
        (self.sent[word] & bit != 0).then_some(number)
    }

    /// The extended number nearest to the newest.
    fn extend(&self, number: u16) -> u64 {
        if self.newest == 0 {
            return FIRST_CYCLE + u64::from(number);
        }
        let ahead = number.wrapping_sub(self.newest as u16) as i16;
        self.newest.saturating_add_signed(i64::from(ahead))
    }

    /// Whether one of the newest `limit` numbers, none of which is newer than the newest.
    fn is_recent(&self, number: u64) -> bool {
        number + self.limit as u64 > self.newest
    }

    fn bit(&self, number: u64) -> (usize, u64) {
        let word = (number / 64) as usize & (self.sent.len() - 1);
        (word, 1 << (number % 64))
    }
}

impl Names {
    /// The names of a packet; those it has no field for are as before it.
    fn new(number: u64, packet: &MediaPacket<'_>, rewrite: &Rewrite, before: Option<Self>) -> Self {
        let mut names = Self {
            lead: packet.sequence.wrapping_sub(number),
            timestamp: rewrite.timestamp.wrapping_sub(packet.timestamp),
            // At most MAX_ENCODINGS, far below 256.
            encoding: packet.encoding as u8,
            ..before.unwrap_or_default()
        };
        if let Some(vp8) = rewrite.vp8 {
            let Vp8Descriptor {
                picture_id,
                tl0_picture_index,
                ..
            } = vp8.descriptor;
            if let Some(id) = picture_id {
                names.picture_id = vp8.picture_id.wrapping_sub(id);
            }
            if let Some(index) = tl0_picture_index {
                names.tl0_picture_index = vp8.tl0_picture_index.wrapping_sub(index);
            }
        }
        names.vp8 = match packet.info.vp8 {
            Some(_) => rewrite.vp8.is_some(),
            None => names.vp8,
        };
        names
    }

    /// Whether they turn the packet into what was sent.
    fn fit(&self, number: u64, packet: &MediaPacket<'_>, rewrite: &Rewrite) -> bool {
        number.wrapping_add(self.lead) == packet.sequence
            && packet.timestamp.wrapping_add(self.timestamp) == rewrite.timestamp
            && usize::from(self.encoding) == packet.encoding
            && match (packet.info.vp8, rewrite.vp8) {
                (Some(descriptor), Some(vp8)) => self.vp8 && self.fit_picture(descriptor, vp8),
                (Some(_), None) => !self.vp8,
                (None, _) => true,
            }
    }

    fn fit_picture(&self, descriptor: Vp8Descriptor, sent: Vp8Rewrite) -> bool {
        let again = self.picture(descriptor);
        (descriptor.picture_id.is_none() || again.picture_id == sent.picture_id)
            && (descriptor.tl0_picture_index.is_none()
                || again.tl0_picture_index == sent.tl0_picture_index)
    }

    /// The header fields `media` was sent with.
    fn rewrite(&self, number: u64, media: &MediaPacket<'_>, ssrc: u32) -> Rewrite {
        let descriptor = media.info.vp8.filter(|_| self.vp8);
        Rewrite {
            ssrc,
            payload_type: media.payload_type,
            sequence_number: number as u16,
            timestamp: media.timestamp.wrapping_add(self.timestamp),
            marker: media.marker,
            vp8: descriptor.map(|descriptor| self.picture(descriptor)),
        }
    }

    fn picture(&self, descriptor: Vp8Descriptor) -> Vp8Rewrite {
        let renamed = |id: u16| id.wrapping_add(self.picture_id) & descriptor.picture_id_mask();
        let index = descriptor.tl0_picture_index;
        Vp8Rewrite {
            descriptor,
            picture_id: descriptor.picture_id.map_or(0, renamed),
            tl0_picture_index: index.map_or(0, |index| index.wrapping_add(self.tl0_picture_index)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        consumer::{RetransmissionBuffer, tests::start_of_time},
        rtp::codecs::PayloadInfo,
    };

    /// A record and the buffer it reads from.
    struct Rig {
        sent: SentPackets,
        kept: RetransmissionBuffer,
    }

    impl Rig {
        fn new(packets: usize) -> Self {
            let age = Duration::from_secs(2);
            Self {
                sent: SentPackets::new(packets, age),
                kept: RetransmissionBuffer::new(packets, age),
            }
        }

        fn insert(&mut self, now: Instant, sequence: u64) {
            self.insert_as(now, sequence, sequence as u16, 5);
        }

        fn insert_as(&mut self, now: Instant, sequence: u64, number: u16, timestamp: u32) {
            let packet = MediaPacket {
                encoding: 2,
                sequence,
                timestamp: 0,
                marker: true,
                payload_type: 97,
                info: PayloadInfo::default(),
                payload: &[0; 1000],
            };
            let rewrite = Rewrite {
                ssrc: 1,
                payload_type: 97,
                sequence_number: number,
                timestamp,
                marker: true,
                vp8: None,
            };
            self.kept.insert(now, &packet, &[0; 1020]);
            self.sent.insert(now, &packet, &rewrite);
        }

        fn find(&self, now: Instant, number: u16) -> Option<Found> {
            self.sent.find(now, number, SPACING, 1, |_, sequence| {
                self.kept.get(now, sequence)
            })
        }
    }

    const SPACING: Spacing = Spacing {
        after_first: Duration::ZERO,
        after_repair: Duration::from_millis(50),
    };

    #[test]
    fn packet_is_found_as_it_was_sent() {
        let now = start_of_time();
        let mut rig = Rig::new(1024);
        assert!(rig.find(now, 3).is_none());
        rig.insert(now, 65_539);
        let found = rig.find(now, 3).unwrap();
        assert_eq!(
            (found.encoding, found.sequence, found.size),
            (2, 65_539, 1012)
        );
        assert_eq!(found.rewrite.payload_type, 97);
        assert!(found.rewrite.marker);
        assert!(
            rig.find(now + Duration::from_millis(2_001), 3).is_none(),
            "too old"
        );
    }

    #[test]
    fn record_takes_a_bit_per_packet_while_names_stay() {
        let start = start_of_time();
        let mut rig = Rig::new(256);
        (0..60).for_each(|n| rig.insert(start + Duration::from_millis(33 * n), n));
        let heap = rig.sent.heap();
        assert!(heap <= 256 / 8 + 4 * size_of::<Run>(), "{heap}");
        (60..70_000).for_each(|n| rig.insert(start + Duration::from_secs(2), n));
        assert_eq!(rig.sent.heap(), heap);
        let now = start + Duration::from_secs(2);
        assert!(rig.find(now, (70_000 - 256) as u16).is_some());
        assert!(rig.find(now, (70_000u64 - 257) as u16).is_none());
    }

    #[test]
    fn names_that_change_with_every_packet_are_bounded() {
        let start = start_of_time();
        let mut rig = Rig::new(256);
        for n in 0..2_000u64 {
            let now = start + Duration::from_millis(n);
            // Every other packet comes late, and each has a timestamp offset of its own.
            rig.insert_as(now, n ^ 1, (n ^ 1) as u16, n as u32);
            assert!(rig.sent.runs.len() <= 256 + 1);
            let found = rig.find(now, (n ^ 1) as u16).unwrap();
            assert_eq!(found.rewrite.timestamp, n as u32);
        }
        let later = start + Duration::from_secs(5);
        rig.insert_as(later, 2_000, 2_000, 7);
        assert_eq!(rig.sent.runs.len(), 2, "what is too old is forgotten");
    }

    #[test]
    fn late_packet_does_not_displace_a_newer_one() {
        let now = start_of_time();
        let mut rig = Rig::new(64);
        rig.insert(now, 164);
        rig.insert(now, 100);
        assert!(rig.find(now, 164).is_some());
    }

    #[test]
    fn number_nothing_was_sent_under_is_not_found() {
        let now = start_of_time();
        let mut rig = Rig::new(64);
        rig.insert(now, 100);
        rig.kept.insert(now, &kept_only(101), &[0; 20]);
        rig.insert(now, 102);
        assert!(rig.find(now, 101).is_none(), "it came, but was left out");
        rig.insert(now, 101);
        assert!(rig.find(now, 101).is_some());
    }

    fn kept_only(sequence: u64) -> MediaPacket<'static> {
        MediaPacket {
            encoding: 2,
            sequence,
            timestamp: 0,
            marker: false,
            payload_type: 97,
            info: PayloadInfo::default(),
            payload: &[],
        }
    }

    #[test]
    fn repairs_are_forgotten_with_their_packets() {
        let start = start_of_time();
        let mut rig = Rig::new(64);
        for n in 0..1_000u64 {
            let now = start + Duration::from_millis(10 * n);
            rig.insert(now, n);
            let found = rig.find(now, n as u16).unwrap();
            rig.sent.mark_resent(now, &found);
        }
        assert!(rig.sent.repairs.len() <= 64, "{}", rig.sent.repairs.len());
    }
}
