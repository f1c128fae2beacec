//! What a forwarder must know of an AV1 payload (AOM RTP specification 1.0): key frame, layers.
//!
//! Reads headers only; never reassembles OBUs.

use super::{PayloadInfo, Resolution, bits::Bits};

/// Reads the aggregation header and the header of the first OBU that starts in the packet.
pub(super) fn parse(payload: &[u8]) -> Option<PayloadInfo> {
    let (&aggregation, elements) = payload.split_first()?;
    let continues = aggregation & 0x80 != 0;
    let count = (aggregation >> 4) & 0x03;
    let new_sequence = aggregation & 0x08 != 0;
    // N says that a coded video sequence starts here; with a fragment in front it cannot (§4.4).
    let mut info = PayloadInfo {
        key_frame: new_sequence && !continues,
        ..PayloadInfo::default()
    };
    let walk = Elements {
        rest: elements,
        count,
        index: 0,
    };
    for (index, element) in walk.enumerate() {
        if index == 0 && continues {
            continue;
        }
        let Some(header) = ObuHeader::parse(element) else {
            break;
        };
        info.key_frame |= header.kind == SEQUENCE_HEADER && !continues;
        if let Some((temporal, spatial)) = header.layers {
            info.temporal_layer = Some(temporal);
            info.spatial_layer = Some(spatial);
            break;
        }
    }
    Some(info)
}

/// Whether a dependency descriptor (AOM RTP specification, appendix A) opens a decodable sequence:
/// first packet of a frame, with a template structure.
pub(super) fn starts_sequence(dependency_descriptor: &[u8]) -> bool {
    match dependency_descriptor {
        [mandatory, _, _, extended, ..] => mandatory & 0x80 != 0 && extended & 0x80 != 0,
        _ => false,
    }
}

/// The size in the packet's sequence header, which is that of the largest layer.
pub(super) fn resolution(payload: &[u8]) -> Option<Resolution> {
    let (&aggregation, rest) = payload.split_first()?;
    let count = (aggregation >> 4) & 0x03;
    let index = 0;
    let mut elements = Elements { rest, count, index };
    let sequence = elements.find_map(|element| {
        let header = ObuHeader::parse(element)?;
        let behind = element.get(if header.layers.is_some() { 2 } else { 1 }..)?;
        (header.kind == SEQUENCE_HEADER).then_some((header.sized, behind))
    });
    let (sized, body) = sequence?;
    let skipped = if sized { leb128(body)?.1 } else { 0 };
    sequence_resolution(&mut Bits::new(&body[skipped..]))
}

/// AV1 bitstream specification §5.5.1.
fn sequence_resolution(bits: &mut Bits<'_>) -> Option<Resolution> {
    bits.skip(4)?; // profile, still picture
    if bits.flag()? {
        bits.skip(5)?; // reduced: level
    } else {
        let delay_bits = skip_timing(bits)?;
        let display_delay = bits.flag()?;
        for _ in 0..=bits.number(5)? {
            skip_operating_point(bits, delay_bits, display_delay)?;
        }
    }
    let (width_bits, height_bits) = (bits.number(4)? + 1, bits.number(4)? + 1);
    Some((bits.number(width_bits)? + 1, bits.number(height_bits)? + 1))
}

/// Timing and decoder model; returns how long a buffer delay is, if operating points tell it.
fn skip_timing(bits: &mut Bits<'_>) -> Option<Option<u32>> {
    if !bits.flag()? {
        return Some(None);
    }
    bits.skip(64)?;
    if bits.flag()? {
        bits.golomb()?; // ticks of a picture
    }
    if !bits.flag()? {
        return Some(None);
    }
    let delay_bits = bits.number(5)? + 1;
    bits.skip(32 + 5 + 5)?;
    Some(Some(delay_bits))
}

fn skip_operating_point(
    bits: &mut Bits<'_>,
    delay_bits: Option<u32>,
    display_delay: bool,
) -> Option<()> {
    const LAST_LEVEL_WITHOUT_TIER: u32 = 7;
    bits.skip(12)?;
    if bits.number(5)? > LAST_LEVEL_WITHOUT_TIER {
        bits.skip(1)?;
    }
    if let Some(delay_bits) = delay_bits
        && bits.flag()?
    {
        bits.skip(2 * delay_bits + 1)?;
    }
    if display_delay && bits.flag()? {
        bits.skip(4)?;
    }
    Some(())
}

struct ObuHeader {
    kind: u8,
    /// Its length stands behind it.
    sized: bool,
    layers: Option<(u8, u8)>,
}

impl ObuHeader {
    /// AV1 bitstream specification §5.3.2 and §5.3.3.
    fn parse(element: &[u8]) -> Option<Self> {
        let first = *element.first()?;
        if first & 0x80 != 0 {
            return None;
        }
        let layers = if first & 0x04 == 0 {
            None
        } else {
            element
                .get(1)
                .map(|extension| (extension >> 5, (extension >> 3) & 0x03))
        };
        Some(Self {
            kind: (first >> 3) & 0x0F,
            sized: first & 0x02 != 0,
            layers,
        })
    }
}

/// The OBU elements of a packet: `count` of them, the last without a length; 0: all with lengths.
struct Elements<'a> {
    rest: &'a [u8],
    count: u8,
    index: u8,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.index = self.index.saturating_add(1);
        if self.index == self.count {
            return Some(std::mem::take(&mut self.rest));
        }
        let (len, taken) = leb128(self.rest)?;
        let (element, rest) = self.rest[taken..].split_at_checked(len)?;
        self.rest = rest;
        Some(element)
    }
}

/// An unsigned LEB128 of at most four bytes, more than any packet can hold; and its length.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

const SEQUENCE_HEADER: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_sequence_bit_or_sequence_header_starts_a_key_frame() {
        assert!(parse(&[0x18, 0x30, 0x00]).unwrap().key_frame, "N");
        assert!(
            parse(&[0x10, 0x08, 0x00]).unwrap().key_frame,
            "W=1, sequence header"
        );
        assert!(
            parse(&[0x00, 2, 0x30, 0, 2, 0x08, 0]).unwrap().key_frame,
            "second element"
        );
        assert!(
            !parse(&[0x10, 0x30, 0x00]).unwrap().key_frame,
            "frame OBU alone"
        );
        assert!(
            !parse(&[0x98, 0x08, 0x00]).unwrap().key_frame,
            "continuation of a fragment"
        );
    }

    #[test]
    fn layers_come_from_the_first_obu_with_an_extension() {
        // W=2: a temporal-unit sequence header without, a frame with extension: T 2, S 1.
        let info = parse(&[0x20, 2, 0x08, 0x00, 0x34, 0x48, 0x00]).unwrap();
        assert_eq!(
            (info.temporal_layer, info.spatial_layer),
            (Some(2), Some(1))
        );
        assert!(info.key_frame);
        assert_eq!(parse(&[0x10, 0x30]).unwrap().temporal_layer, None);
    }

    #[test]
    fn dependency_descriptor_with_structure_at_frame_start_opens_a_sequence() {
        assert!(starts_sequence(&[0x80, 0, 1, 0x80, 0, 0]));
        assert!(
            !starts_sequence(&[0x00, 0, 1, 0x80, 0, 0]),
            "not the frame's first packet"
        );
        assert!(!starts_sequence(&[0x80, 0, 1, 0x40, 0, 0]), "no structure");
        assert!(!starts_sequence(&[0x80, 0, 1]), "mandatory fields only");
        assert!(!starts_sequence(&[]));
    }

    #[test]
    fn malformed_payloads_do_not_stop_the_forwarder() {
        assert_eq!(parse(&[]), None);
        for bytes in [
            &[0x00][..],
            &[0x00, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x20, 9, 8],
            &[0x10, 0x80],
        ] {
            assert_eq!(parse(bytes), Some(PayloadInfo::default()), "{bytes:x?}");
        }
        // A length that needs five bytes, and the bytes that broke a depacketizer.
        assert!(leb128(&[0x80, 0x80, 0x80, 0x80, 0x01]).is_none());
        let _ = parse(&[0x40, 0x27, 0x46, 0x01, 0xFC, 0xC1, 0x00, 0xA8]);
    }
}
