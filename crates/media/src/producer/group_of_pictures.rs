//! A stream's newest group of pictures: its last key frame and all that came since, as built for
//! consumers. Who is sent it, and how fast, is decided elsewhere.
//!
//! Packets lie in order of their numbers, so that what was lost on the way here and came late has
//! its place too. Their bytes lie in blocks in the order they came.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::{GroupOfPicturesOptions, consumer::Kept, rtp::MediaPacket, rtp::outgoing};

/// Bytes are kept in blocks of so many, so that growing moves nothing.
const BLOCK: usize = 64 * 1024;

/// As long ago a packet of the group seems to have come that is asked for again: it was sent to its
/// consumer much later than it came, and may be asked for as long as it is there.
const SEEMING_AGE: Duration = Duration::from_secs(1);

/// A jump beyond this is another source, not loss (RFC 3550 §A.1, MAX_DROPOUT): what comes after it
/// does not go on with what came before.
const MAX_DROPOUT: u64 = 3000;

/// One stream's newest group of pictures, as far as it is within its bounds.
#[derive(Debug)]
pub(crate) struct GroupOfPictures {
    options: GroupOfPicturesOptions,
    /// None: no key frame came yet, or the group has outgrown its bounds.
    started: Option<Started>,
    /// By number.
    packets: VecDeque<Packet>,
    blocks: Blocks,
    /// Bytes of the packets and of what is noted of each.
    size: usize,
}

/// Where a group starts.
#[derive(Clone, Copy, Debug)]
struct Started {
    at: Instant,
    /// Number of the first packet.
    sequence: u64,
    /// The key frame's, in every packet of it.
    timestamp: u32,
    newest: LiveFrame,
    newest_sequence: u64,
}

/// The newest frame received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LiveFrame {
    /// When its first packet came.
    pub(crate) at: Instant,
    /// RTP timestamp of the producer's stream.
    pub(crate) timestamp: u32,
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    /// Without its payload.
    media: MediaPacket<'static>,
    block: u64,
    start: usize,
    len: usize,
}

/// Bytes, oldest first. Blocks that are no longer needed are used again.
#[derive(Debug, Default)]
struct Blocks {
    used: VecDeque<Vec<u8>>,
    /// Counts blocks; that of the first used.
    first: u64,
    spare: Vec<Vec<u8>>,
}

impl GroupOfPictures {
    /// A group that has not started.
    pub(super) fn new(options: GroupOfPicturesOptions) -> Self {
        Self {
            options,
            started: None,
            packets: VecDeque::new(),
            blocks: Blocks::default(),
            size: 0,
        }
    }

    /// Takes a packet that was built into `bytes`; a key frame starts a new group.
    pub(super) fn push(&mut self, now: Instant, packet: &MediaPacket<'_>, bytes: &[u8]) {
        if packet.info.key_frame {
            self.start(now, packet);
        }
        let Some(started) = &mut self.started else {
            return;
        };
        if packet.sequence < started.sequence {
            return;
        }
        let size = self.size + bytes.len() + size_of::<Packet>();
        let old = now.saturating_duration_since(started.at) > self.options.max_duration;
        let elsewhere = packet.sequence > started.newest_sequence + MAX_DROPOUT;
        if old || elsewhere || size > self.options.max_bytes || bytes.len() > BLOCK {
            self.clear();
            return;
        }
        if packet.sequence > started.newest_sequence {
            started.newest_sequence = packet.sequence;
            if packet.timestamp != started.newest.timestamp {
                started.newest = LiveFrame {
                    at: now,
                    timestamp: packet.timestamp,
                };
            }
        }
        self.size = size;
        self.insert(packet, bytes);
    }

    /// Forgets everything until the next key frame.
    pub(super) fn clear(&mut self) {
        self.started = None;
        self.packets.clear();
        self.size = 0;
        self.blocks.release(u64::MAX);
    }

    /// Number of its first packet, which names the group; none when there is none.
    pub(crate) fn start_sequence(&self) -> Option<u64> {
        self.started.map(|started| started.sequence)
    }

    /// The newest frame received.
    pub(crate) fn live(&self) -> Option<LiveFrame> {
        self.started.map(|started| started.newest)
    }

    /// The packets from a number on, and their bytes.
    pub(crate) fn from(&self, sequence: u64) -> impl Iterator<Item = (MediaPacket<'_>, &[u8])> {
        let first = self.find(sequence);
        self.packets.range(first..).map(|packet| {
            let bytes = self.blocks.get(packet);
            let media = MediaPacket {
                payload: &bytes[outgoing::payload_at(bytes)..],
                ..packet.media
            };
            (media, bytes)
        })
    }

    /// A packet that may be sent again.
    pub(super) fn kept(&self, now: Instant, sequence: u64) -> Option<Kept<'_>> {
        let packet = self.packets.get(self.find(sequence))?;
        let bytes = self.blocks.get(packet);
        (packet.media.sequence == sequence).then(|| {
            let at = now.checked_sub(SEEMING_AGE).unwrap_or(now);
            Kept::new(at, packet.media, bytes)
        })
    }

    /// A key frame begins. Packets of it that came before its first one stay; several parameter
    /// sets in one frame are one beginning.
    fn start(&mut self, now: Instant, packet: &MediaPacket<'_>) {
        let MediaPacket {
            sequence,
            timestamp,
            ..
        } = *packet;
        let frame = LiveFrame { at: now, timestamp };
        let (mut newest, mut newest_sequence) = (frame, sequence);
        if let Some(before) = &mut self.started {
            if before.timestamp == timestamp {
                before.sequence = before.sequence.min(sequence);
                return;
            }
            if sequence < before.sequence {
                return;
            }
            if before.newest_sequence > sequence {
                (newest, newest_sequence) = (before.newest, before.newest_sequence);
            }
        }
        let before = self.find(sequence);
        self.packets.drain(..before);
        self.size = self.packets.iter().map(Packet::size).sum();
        let blocks = self.packets.iter().map(|packet| packet.block);
        self.blocks.release(blocks.min().unwrap_or(u64::MAX));
        self.started = Some(Started {
            at: now,
            sequence,
            timestamp,
            newest,
            newest_sequence,
        });
    }

    fn insert(&mut self, packet: &MediaPacket<'_>, bytes: &[u8]) {
        let (block, start) = self.blocks.push(bytes);
        let kept = Packet {
            media: MediaPacket {
                payload: &[],
                ..*packet
            },
            block,
            start,
            len: bytes.len(),
        };
        // At the end, nearly always.
        let at = self.find(packet.sequence);
        self.packets.insert(at, kept);
    }

    /// Where a number is, or would be.
    fn find(&self, sequence: u64) -> usize {
        let newest = self.packets.back().map(|packet| packet.media.sequence);
        if newest.is_none_or(|newest| newest < sequence) {
            return self.packets.len();
        }
        self.packets
            .partition_point(|packet| packet.media.sequence < sequence)
    }
}

impl Packet {
    fn size(&self) -> usize {
        self.len + size_of::<Self>()
    }
}

impl Blocks {
    /// Adds bytes, at most [`BLOCK`]; returns where they are.
    fn push(&mut self, bytes: &[u8]) -> (u64, usize) {
        let room = |block: &Vec<u8>| block.len() + bytes.len() <= BLOCK;
        if !self.used.back().is_some_and(room) {
            let fresh = || Vec::with_capacity(BLOCK);
            self.used.push_back(self.spare.pop().unwrap_or_else(fresh));
        }
        let number = self.first + self.used.len() as u64 - 1;
        let start = self.used.back().map_or(0, Vec::len);
        if let Some(block) = self.used.back_mut() {
            block.extend_from_slice(bytes);
        }
        (number, start)
    }

    fn get(&self, packet: &Packet) -> &[u8] {
        // Fits: at most max_bytes / BLOCK.
        let block = self.used.get((packet.block - self.first) as usize);
        block.map_or(&[], |block| &block[packet.start..packet.start + packet.len])
    }

    /// Gives up the blocks before one. As many stay at hand as were in use: the next group will be
    /// about as large.
    fn release(&mut self, before: u64) {
        let needed = self.used.len();
        while self.first < before
            && let Some(mut block) = self.used.pop_front()
        {
            self.first += 1;
            block.clear();
            self.spare.push(block);
        }
        self.spare.truncate(needed - self.used.len());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::rtp::{codecs::PayloadInfo, outgoing::OutgoingLayout};

    #[allow(clippy::disallowed_methods)]
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    fn after(milliseconds: u64) -> Instant {
        *START + Duration::from_millis(milliseconds)
    }

    fn group(max_bytes: usize, seconds: u64) -> GroupOfPictures {
        GroupOfPictures::new(GroupOfPicturesOptions {
            max_bytes,
            max_duration: Duration::from_secs(seconds),
        })
    }

    /// A packet of 1,000 bytes, ten to a frame.
    fn push(group: &mut GroupOfPictures, at: u64, sequence: u64, key_frame: bool) {
        push_of(group, at, sequence, (sequence / 10) as u32, key_frame);
    }

    fn push_of(group: &mut GroupOfPictures, at: u64, sequence: u64, frame: u32, key_frame: bool) {
        let payload = [sequence as u8; 1_000];
        let mut built = Vec::new();
        OutgoingLayout::new(&[], &[]).build(&mut built, [].into_iter(), &payload);
        let packet = MediaPacket {
            encoding: 0,
            sequence,
            timestamp: frame * 3_000,
            marker: false,
            payload_type: 96,
            info: PayloadInfo {
                key_frame,
                ..PayloadInfo::default()
            },
            payload: &payload,
        };
        group.push(after(at), &packet, &built);
    }

    fn numbers(group: &GroupOfPictures, from: u64) -> Vec<u64> {
        let packets = group.from(from).map(|(media, _)| {
            assert_eq!(media.payload, [media.sequence as u8; 1_000]);
            media.sequence
        });
        packets.collect()
    }

    #[test]
    fn group_is_the_newest_key_frame_and_what_came_since() {
        let mut group = group(1 << 20, 10);
        push(&mut group, 0, 5, false);
        assert_eq!(group.start_sequence(), None);
        push(&mut group, 10, 10, true);
        (11..20).for_each(|n| push(&mut group, 10 + n, n, false));
        assert_eq!(numbers(&group, 0), (10..20).collect::<Vec<_>>());
        assert_eq!(numbers(&group, 18), [18, 19]);
        assert!(numbers(&group, 20).is_empty());
        push(&mut group, 90, 30, true);
        push(&mut group, 91, 25, false);
        assert_eq!(
            (group.start_sequence(), numbers(&group, 0)),
            (Some(30), vec![30])
        );
    }

    #[test]
    fn packets_that_come_late_have_their_place() {
        let mut group = group(1 << 20, 10);
        push(&mut group, 0, 10, true);
        for n in [13, 12, 15, 11, 14] {
            push(&mut group, 1, n, false);
        }
        assert_eq!(numbers(&group, 0), [10, 11, 12, 13, 14, 15]);
        let live = group.live().unwrap();
        assert_eq!((live.at, live.timestamp), (after(0), 3_000));
        push(&mut group, 7, 21, false);
        push(&mut group, 8, 20, false);
        assert_eq!(group.live().unwrap().at, after(7));
    }

    #[test]
    fn key_frame_whose_first_packet_comes_late_is_whole() {
        let mut group = group(1 << 20, 10);
        push(&mut group, 0, 0, true);
        (1..100).for_each(|n| push(&mut group, n, n, false));
        (101..104).for_each(|n| push(&mut group, 110, n, false));
        push(&mut group, 150, 100, true);
        assert_eq!(numbers(&group, 0), [100, 101, 102, 103]);
        assert_eq!(group.size, 4 * (1_032 + size_of::<Packet>()));
        assert_eq!(group.live().unwrap().at, after(110));
    }

    #[test]
    fn parameter_sets_within_a_key_frame_start_it_once() {
        let mut group = group(1 << 20, 10);
        for n in 10..15 {
            push_of(&mut group, 0, n, 1, n < 13);
        }
        assert_eq!(numbers(&group, 0), [10, 11, 12, 13, 14]);
        // And a key frame from before is none.
        push_of(&mut group, 0, 3, 0, true);
        assert_eq!(group.start_sequence(), Some(10));
    }

    #[test]
    fn group_beyond_its_bounds_is_dropped_until_the_next_key_frame() {
        let mut group = group(100_000, 2);
        push(&mut group, 0, 0, true);
        let mut most = 0;
        for n in 1..500 {
            push(&mut group, 1, n, false);
            most = most.max(group.size);
        }
        assert!((90_000..=100_000).contains(&most), "{most}");
        assert_eq!((group.start_sequence(), group.size), (None, 0));
        push(&mut group, 3, 500, true);
        push(&mut group, 2_003, 501, false);
        assert_eq!(numbers(&group, 0), [500, 501]);
        push(&mut group, 2_004, 502, false);
        assert!(group.start_sequence().is_none() && numbers(&group, 0).is_empty());
    }

    #[test]
    fn group_of_a_source_that_counts_anew_is_dropped() {
        let mut group = group(1 << 20, 10);
        push(&mut group, 0, 0, true);
        push(&mut group, 1, 3_000, false);
        assert_eq!(numbers(&group, 0), [0, 3_000]);
        push(&mut group, 2, 6_001, false);
        assert_eq!((group.start_sequence(), group.size), (None, 0));
        push(&mut group, 3, 90_000, true);
        assert_eq!(numbers(&group, 0), [90_000]);
    }

    #[test]
    fn memory_is_used_again_and_not_more_of_it_than_a_group_needs() {
        let mut group = group(1 << 20, 100);
        for round in 0..20 {
            for n in 0..500 {
                push(&mut group, round, round * 500 + n, n == 0);
            }
            let blocks = group.blocks.used.len() + group.blocks.spare.len();
            assert!(blocks <= 20, "{blocks}");
        }
        push(&mut group, 21, 10_010, true);
        push(&mut group, 22, 10_020, true);
        push(&mut group, 23, 10_030, true);
        let blocks = group.blocks.used.len() + group.blocks.spare.len();
        assert!(blocks <= 3, "{blocks}");
    }

    #[test]
    fn packet_can_be_sent_again_as_long_as_it_is_there() {
        let mut group = group(1 << 20, 10);
        push(&mut group, 0, 0, true);
        push(&mut group, 0, 2, false);
        let kept = group.kept(after(9_000), 2).unwrap();
        assert_eq!(kept.media.sequence, 2);
        assert_eq!(kept.at, after(8_000));
        assert!(group.kept(after(9_000), 1).is_none());
        group.clear();
        assert!(group.kept(after(9_000), 2).is_none());
    }
}
