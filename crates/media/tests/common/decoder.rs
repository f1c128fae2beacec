//! Puts pictures together from numbered packets and checks that they could be decoded.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, Instant};

use super::sink::Arrival;
use super::vp8::{Descriptor, Piece};

/// A picture that was complete and whose reference was there.
#[derive(Clone, Copy, Debug)]
pub struct Picture {
    /// When its last missing packet came.
    pub at: Instant,
    pub first_sequence: u64,
    pub last_sequence: u64,
    /// Unwrapped.
    pub timestamp: u64,
    pub piece: Piece,
    pub descriptor: Descriptor,
}

/// A receiver that decodes in order and jumps to a key frame when it cannot.
#[derive(Debug, Default)]
pub struct Decoder {
    next: Option<u64>,
    key_starts: BTreeSet<u64>,
    /// Encoding and number of what was decoded since the last key frame.
    references: HashSet<(u8, u32)>,
    /// In decoding order.
    pub pictures: Vec<Picture>,
    /// How often a key frame was jumped to.
    pub jumps: u32,
    /// Pictures that were complete and in order and yet not decodable.
    pub errors: Vec<String>,
}

impl Decoder {
    /// A packet was added to `packets`.
    pub fn handle_arrival(
        &mut self,
        now: Instant,
        sequence: u64,
        packets: &BTreeMap<u64, Arrival>,
    ) {
        let video = packets.get(&sequence).and_then(|packet| packet.video);
        if video.is_some_and(|(_, piece)| piece.key && piece.index == 0) {
            self.key_starts.insert(sequence);
        }
        while self.decode_next(now, packets) {}
    }

    /// Whether packets come that cannot be decoded.
    pub fn is_stuck(&self, highest: u64) -> bool {
        self.next.is_none_or(|next| next <= highest)
    }

    /// The longest time between two pictures up to `end`.
    pub fn longest_freeze(&self, end: Instant) -> Duration {
        let times = self.pictures.iter().map(|picture| picture.at).chain([end]);
        let times: Vec<Instant> = times.collect();
        let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
        gaps.max().unwrap_or_default()
    }

    /// What must be continuous between neighbours: picture id, TL0PICIDX, order of timestamps.
    pub fn assert_continuous(&self) {
        for pair in self.pictures.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            assert!(
                after.timestamp > before.timestamp,
                "timestamp {before:?} {after:?}"
            );
            if before.last_sequence + 1 != after.first_sequence {
                continue;
            }
            let ids = before.descriptor.ids.zip(after.descriptor.ids);
            let Some(((id_before, tl0_before), (id_after, tl0_after))) = ids else {
                continue;
            };
            let step = id_after.wrapping_sub(id_before) & 0x7FFF;
            assert_eq!(step, 1, "picture id {before:?} {after:?}");
            let step = tl0_after.wrapping_sub(tl0_before);
            let base = u8::from(after.piece.temporal == 0);
            assert_eq!(step, base, "tl0 {before:?} {after:?}");
        }
    }

    fn decode_next(&mut self, now: Instant, packets: &BTreeMap<u64, Arrival>) -> bool {
        if let Some(next) = self.next
            && let Some(picture) = assemble(next, now, packets, &mut self.errors)
        {
            self.decode(picture);
            return true;
        }
        let from = self.next.map_or(0, |next| next + 1);
        let mut errors = Vec::new();
        let starts = self.key_starts.range(from..);
        let found = starts
            .filter_map(|start| assemble(*start, now, packets, &mut errors))
            .next();
        let Some(picture) = found else {
            return false;
        };
        self.jumps += u32::from(self.next.is_some());
        self.key_starts = self.key_starts.split_off(&picture.first_sequence);
        self.decode(picture);
        true
    }

    fn decode(&mut self, picture: Picture) {
        let Piece {
            encoding,
            picture: number,
            reference,
            key,
            ..
        } = picture.piece;
        if key {
            self.references.clear();
        } else if !self.references.contains(&(encoding, reference)) {
            self.errors.push(format!("reference missing: {picture:?}"));
            self.next = Some(picture.last_sequence + 1);
            return;
        }
        self.references.insert((encoding, number));
        self.next = Some(picture.last_sequence + 1);
        self.pictures.push(picture);
    }
}

/// The complete picture whose first packet is `start`.
fn assemble(
    start: u64,
    now: Instant,
    packets: &BTreeMap<u64, Arrival>,
    errors: &mut Vec<String>,
) -> Option<Picture> {
    let first = packets.get(&start)?;
    let (descriptor, piece) = first.video?;
    if piece.index != 0 {
        let error = format!("sequence {start} should start a picture: {piece:?}");
        if errors.last() != Some(&error) {
            errors.push(error);
        }
        return None;
    }
    for index in 1..piece.count {
        let packet = packets.get(&(start + u64::from(index)))?;
        let expected = Piece { index, ..piece };
        if packet.video.map(|(_, piece)| piece) != Some(expected) {
            errors.push(format!(
                "sequence {start}+{index} belongs to another picture"
            ));
            return None;
        }
        let last = index + 1 == piece.count;
        if packet.timestamp != first.timestamp || packet.marker != last {
            errors.push(format!("timestamp or marker of sequence {start}+{index}"));
        }
    }
    Some(Picture {
        at: now,
        first_sequence: start,
        last_sequence: start + u64::from(piece.count) - 1,
        timestamp: first.timestamp,
        piece,
        descriptor,
    })
}
