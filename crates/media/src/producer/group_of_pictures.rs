//! A stream's newest group of pictures: its last key frame and all that came since, as built for
//! consumers. Who is sent it, and how fast, is decided elsewhere.
//!
//! Packets lie in order of their numbers, so that what was lost on the way here and came late has
//! its place too. Their bytes lie in blocks in the order they came. How much memory it may use is
//! decided by [`super::groups_of_pictures`].

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::blocks::{BLOCK, Blocks, Place, Pool};
use crate::{consumer::Kept, rtp::MediaPacket, rtp::outgoing};

/// As long ago a packet of the group seems to have come that is asked for again: it was sent to its
/// consumer much later than it came, and may be asked for as long as it is there.
const SEEMING_AGE: Duration = Duration::from_secs(1);

/// Room for so many packets stays from one group to the next: of a second of a large picture, and
/// little beside what a group may be.
const KEPT_PACKETS: usize = 1_024;

/// A jump beyond this is another source, not loss (RFC 3550 §A.1, MAX_DROPOUT): what comes after it
/// does not go on with what came before.
const MAX_DROPOUT: u64 = 3000;

/// One stream's newest group of pictures.
#[derive(Debug)]
pub(crate) struct GroupOfPictures {
    /// None: no key frame came yet, or the group was dropped.
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
    place: Place,
}

impl GroupOfPictures {
    /// A group that has not started.
    pub(super) fn new() -> Self {
        Self {
            started: None,
            packets: VecDeque::new(),
            blocks: Blocks::default(),
            size: 0,
        }
    }

    /// Whether a packet would be kept and not only passed by.
    pub(super) fn takes(&self, packet: &MediaPacket<'_>) -> bool {
        let started = self.started.as_ref();
        started.is_some_and(|started| packet.sequence >= started.sequence)
    }

    /// Whether a packet does not go on with it: the group has become too long, or the packet comes
    /// from elsewhere.
    pub(super) fn ends_with(
        &self,
        now: Instant,
        packet: &MediaPacket<'_>,
        longest: Duration,
    ) -> bool {
        let jumps = |started: Started| packet.sequence > started.newest_sequence + MAX_DROPOUT;
        self.is_older(now, longest) || self.started.is_some_and(jumps)
    }

    /// Whether its key frame came longer ago than that.
    pub(super) fn is_older(&self, now: Instant, longest: Duration) -> bool {
        let started = self.started;
        started.is_some_and(|started| now.saturating_duration_since(started.at) > longest)
    }

    /// Keeps a packet that was built into `bytes`, at most [`super::blocks::BLOCK`] of them.
    pub(super) fn push(
        &mut self,
        now: Instant,
        packet: &MediaPacket<'_>,
        bytes: &[u8],
        pool: &mut Pool,
    ) {
        let Some(started) = &mut self.started else {
            return;
        };
        if packet.sequence > started.newest_sequence {
            started.newest_sequence = packet.sequence;
            if packet.timestamp != started.newest.timestamp {
                started.newest = LiveFrame {
                    at: now,
                    timestamp: packet.timestamp,
                };
            }
        }
        let kept = Packet {
            media: MediaPacket {
                payload: &[],
                ..*packet
            },
            place: self.blocks.push(bytes, pool),
        };
        self.size += kept.size();
        // At the end, nearly always.
        let at = self.find(packet.sequence);
        self.packets.insert(at, kept);
    }

    /// Forgets everything until the next key frame.
    pub(super) fn clear(&mut self, pool: &mut Pool) {
        self.started = None;
        self.packets.clear();
        self.packets.shrink_to(KEPT_PACKETS);
        self.size = 0;
        self.blocks.release(u64::MAX, pool);
    }

    /// Bytes of its packets and of what is noted of each; at least those of the blocks that are held for
    /// them, but the one that is being filled.
    pub(super) fn size(&self) -> usize {
        self.size.max(self.blocks.used().saturating_sub(1) * BLOCK)
    }

    /// What one more packet of so many bytes adds to [`Self::size`].
    pub(super) fn size_of(bytes: usize) -> usize {
        bytes + size_of::<Packet>()
    }

    /// Blocks in use, and how many more it used before.
    pub(super) fn blocks(&self) -> (usize, usize) {
        (self.blocks.used(), self.blocks.expected())
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
            let bytes = self.blocks.get(packet.place);
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
        let bytes = self.blocks.get(packet.place);
        (packet.media.sequence == sequence).then(|| {
            let at = now.checked_sub(SEEMING_AGE).unwrap_or(now);
            Kept::new(at, packet.media, bytes)
        })
    }

    /// A key frame begins. Packets of it that came before its first one stay; several parameter
    /// sets in one frame are one beginning.
    pub(super) fn start(&mut self, now: Instant, packet: &MediaPacket<'_>, pool: &mut Pool) {
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
        self.packets.shrink_to(KEPT_PACKETS);
        self.size = self.packets.iter().map(Packet::size).sum();
        let blocks = self.packets.iter().map(|packet| packet.place.block);
        let needed = blocks.min().unwrap_or(u64::MAX);
        self.blocks.release(needed, pool);
        self.started = Some(Started {
            at: now,
            sequence,
            timestamp,
            newest,
            newest_sequence,
        });
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
        self.place.len + size_of::<Self>()
    }
}
