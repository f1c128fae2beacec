//! Payloads whose every byte can be checked: a stamp that says which packet it is and when it was
//! sent, and a pattern that follows from the stamp. Video wears a VP8 descriptor (RFC 7741 §4.2)
//! with a 15-bit picture id, the one field a server may renumber.

use std::time::Duration;

use ortc::types::MediaKind;

/// Smallest payload: descriptor, frame header, stamp, and some pattern.
pub(crate) const MIN_SIZE: usize = 64;
/// Largest: leaves an Ethernet frame room for headers and tags.
pub(crate) const MAX_SIZE: usize = 1_300;

const MAGIC: [u8; 4] = *b"miso";
/// VP8: X, then I, then two bytes of picture id.
const DESCRIPTOR: usize = 4;
/// VP8: what starts a key frame; other packets keep the room.
const FRAME_HEADER: [u8; 10] = [0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01];
/// Magic, publisher, flags, index, picture, time.
const STAMP: usize = 4 + 4 + 1 + 8 + 4 + 8;
const FLAG_KEY: u8 = 0x80;
const FLAG_START: u8 = 0x40;

/// Which packet this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Who sent it.
    pub(crate) publisher: u32,
    /// Which of its encodings.
    pub(crate) encoding: u8,
    /// Counts the packets of the encoding.
    pub(crate) index: u64,
    /// Counts its pictures.
    pub(crate) picture: u32,
    /// Part of a key frame.
    pub(crate) key: bool,
    /// First packet of a picture.
    pub(crate) start: bool,
    /// When it was sent, since 1970.
    pub(crate) sent: Duration,
}

/// A payload that is not what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Corrupt {
    /// Too short for its content.
    #[error("the payload is too short")]
    Short,
    /// The VP8 descriptor or frame header is another.
    #[error("the VP8 descriptor changed")]
    Descriptor,
    /// The stamp is none.
    #[error("the payload is not one of ours")]
    Foreign,
    /// Stamp and pattern do not fit.
    #[error("the content changed")]
    Pattern,
}

impl Stamp {
    /// Appends the payload, `size` bytes long.
    pub(crate) fn write(&self, kind: MediaKind, size: usize, out: &mut Vec<u8>) {
        let end = out.len() + size;
        if kind == MediaKind::Video {
            let picture_id = self.picture as u16 | 0x8000;
            out.extend([self.first_byte(), 0x80]);
            out.extend(picture_id.to_be_bytes());
            out.extend(self.frame_header());
        }
        out.extend(MAGIC);
        out.extend(self.publisher.to_be_bytes());
        out.push(self.flags());
        out.extend(self.index.to_be_bytes());
        out.extend(self.picture.to_be_bytes());
        out.extend((self.sent.as_nanos() as u64).to_be_bytes());
        let mut words = self.pattern();
        while out.len() < end {
            let word = words.next().unwrap_or_default().to_le_bytes();
            let rest = (end - out.len()).min(word.len());
            out.extend_from_slice(&word[..rest]);
        }
    }

    /// Reads a payload and checks every byte of it; also tells the picture id it carries, if any.
    pub(crate) fn read(kind: MediaKind, payload: &[u8]) -> Result<(Self, Option<u16>), Corrupt> {
        let (descriptor, rest) = match kind {
            MediaKind::Audio => (None, payload),
            MediaKind::Video => {
                let split = payload.split_at_checked(DESCRIPTOR + FRAME_HEADER.len());
                let (head, rest) = split.ok_or(Corrupt::Short)?;
                (Some(head), rest)
            }
        };
        let (stamp, pattern) = rest.split_at_checked(STAMP).ok_or(Corrupt::Short)?;
        let stamp = Self::parse(stamp)?;
        let picture_id = descriptor.map(|head| stamp.picture_id(head)).transpose()?;
        let (whole, rest) = pattern.as_chunks::<8>();
        let mut words = stamp.pattern();
        let mut expected = || words.next().unwrap_or_default();
        let same = whole
            .iter()
            .all(|chunk| u64::from_le_bytes(*chunk) == expected())
            && expected().to_le_bytes().starts_with(rest);
        if same {
            Ok((stamp, picture_id))
        } else {
            Err(Corrupt::Pattern)
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, Corrupt> {
        let word = |at: usize| {
            bytes[at..at + 4]
                .iter()
                .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
        };
        let long = |at: usize| u64::from(word(at)) << 32 | u64::from(word(at + 4));
        let flags = bytes[8];
        if bytes[..4] != MAGIC {
            return Err(Corrupt::Foreign);
        }
        Ok(Self {
            publisher: word(4),
            encoding: flags & !(FLAG_KEY | FLAG_START),
            index: long(9),
            picture: word(17),
            key: flags & FLAG_KEY != 0,
            start: flags & FLAG_START != 0,
            sent: Duration::from_nanos(long(21)),
        })
    }

    /// Checks descriptor and frame header against the stamp; returns the picture id.
    fn picture_id(&self, head: &[u8]) -> Result<u16, Corrupt> {
        let id = u16::from_be_bytes([head[2], head[3]]);
        let same = head[0] == self.first_byte()
            && head[1] == 0x80
            && id & 0x8000 != 0
            && head[DESCRIPTOR..] == self.frame_header();
        if same {
            Ok(id & 0x7FFF)
        } else {
            Err(Corrupt::Descriptor)
        }
    }

    fn first_byte(&self) -> u8 {
        0x80 | u8::from(self.start) << 4
    }

    fn flags(&self) -> u8 {
        let key = if self.key { FLAG_KEY } else { 0 };
        let start = if self.start { FLAG_START } else { 0 };
        self.encoding | key | start
    }

    /// The lowest bit says that it is no key frame.
    fn frame_header(&self) -> [u8; FRAME_HEADER.len()] {
        let mut header = FRAME_HEADER;
        header[0] |= u8::from(!self.key);
        header
    }

    /// Follows from everything in the stamp, so that no bit of it can change unseen.
    fn pattern(&self) -> impl Iterator<Item = u64> + use<> {
        let who = u64::from(self.publisher) << 32 | u64::from(self.picture);
        let seed =
            mix(self.index ^ mix(who ^ mix(self.sent.as_nanos() as u64 ^ u64::from(self.flags()))));
        (0_u64..).map(move |nth| {
            let word = seed.wrapping_add(nth.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            word ^ word >> 29
        })
    }
}

/// Spreads every input bit over the word.
fn mix(word: u64) -> u64 {
    let word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ word >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp() -> Stamp {
        Stamp {
            publisher: 3,
            encoding: 2,
            index: 1 << 40 | 77,
            picture: 40_000,
            key: true,
            start: true,
            sent: Duration::from_nanos(1_800_000_000_123_456_789),
        }
    }

    #[test]
    fn payloads_survive_and_have_the_size_asked_for() {
        for kind in [MediaKind::Audio, MediaKind::Video] {
            for size in [MIN_SIZE, 65, 120, 1_100, MAX_SIZE] {
                for (key, start) in [(true, true), (false, true), (false, false)] {
                    let stamp = Stamp {
                        key,
                        start,
                        ..stamp()
                    };
                    let mut payload = Vec::new();
                    stamp.write(kind, size, &mut payload);
                    assert_eq!(payload.len(), size);
                    let picture_id = (kind == MediaKind::Video).then_some(40_000 & 0x7FFF);
                    assert_eq!(Stamp::read(kind, &payload), Ok((stamp, picture_id)));
                }
            }
        }
    }

    #[test]
    fn every_changed_byte_is_noticed_but_the_picture_id() {
        let mut payload = Vec::new();
        stamp().write(MediaKind::Video, 200, &mut payload);
        for at in 0..payload.len() {
            for bit in 0..8 {
                let mut changed = payload.clone();
                changed[at] ^= 1 << bit;
                let result = Stamp::read(MediaKind::Video, &changed);
                let is_picture_id = at == 3 || at == 2 && bit < 7;
                assert_eq!(result.is_ok(), is_picture_id, "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn short_payloads_are_refused() {
        let mut payload = Vec::new();
        stamp().write(MediaKind::Video, 100, &mut payload);
        for length in 0..DESCRIPTOR + FRAME_HEADER.len() + STAMP {
            let result = Stamp::read(MediaKind::Video, &payload[..length]);
            assert_eq!(result, Err(Corrupt::Short));
        }
    }
}
