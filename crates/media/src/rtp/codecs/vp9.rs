//! What a forwarder must know of a VP9 payload (RFC 9628 §4.2): key frame, layers.

use super::{PayloadInfo, Resolution, bits::Bits};

/// Reads the start of the payload descriptor, as far as the layer indices.
pub(super) fn parse(payload: &[u8]) -> Option<PayloadInfo> {
    let flags = *payload.first()?;
    let mut at = 1;
    if flags & PICTURE_ID != 0 {
        at += if *payload.get(at)? & 0x80 == 0 { 1 } else { 2 };
    }
    let layers = if flags & LAYERS == 0 {
        None
    } else {
        Some(*payload.get(at)?)
    };
    // The second byte of a wide picture id, or the first of what follows, must exist.
    payload.get(at)?;
    let spatial_layer = layers.map(|byte| (byte >> 1) & 0x07);
    Some(PayloadInfo {
        // Not predicted from another picture, start of the lowest layer's frame (RFC 9628 §4.2).
        key_frame: flags & INTER_PREDICTED == 0
            && flags & START_OF_FRAME != 0
            && spatial_layer.unwrap_or(0) == 0,
        temporal_layer: layers.map(|byte| byte >> 5),
        spatial_layer,
        vp8: None,
    })
}

/// The size of the largest layer in the scalability structure, or that in the frame's own header.
pub(super) fn resolution(payload: &[u8]) -> Option<Resolution> {
    let flags = *payload.first()?;
    let mut rest = payload.get(1..)?;
    if flags & PICTURE_ID != 0 {
        let wide = rest.first()? & 0x80 != 0;
        rest = rest.get(if wide { 2 } else { 1 }..)?;
    }
    if flags & LAYERS != 0 {
        let flexible = flags & FLEXIBLE != 0;
        rest = rest.get(if flexible { 1 } else { 2 }..)?;
    }
    if flags & INTER_PREDICTED != 0 {
        return None;
    }
    if flags & STRUCTURE != 0 {
        let (largest, behind) = read_structure(rest)?;
        if largest.is_some() {
            return largest;
        }
        rest = behind;
    }
    frame_resolution(&mut Bits::new(rest))
}

/// RFC 9628 §4.2.1: the largest layer, if sizes are told, and what comes behind the structure.
fn read_structure(bytes: &[u8]) -> Option<(Option<Resolution>, &[u8])> {
    let (head, mut rest) = bytes.split_first()?;
    let (layers, sizes, groups) = ((head >> 5) + 1, head & 0x10 != 0, head & 0x08 != 0);
    let mut largest = None;
    for _ in 0..if sizes { layers } else { 0 } {
        let (size, behind) = rest.split_first_chunk::<4>()?;
        let length = |at: usize| u32::from(u16::from_be_bytes([size[at], size[at + 1]]));
        largest = largest.max(Some((length(0), length(2))));
        rest = behind;
    }
    if groups {
        let (count, behind) = rest.split_first()?;
        rest = behind;
        for _ in 0..*count {
            let references = usize::from(rest.first()? >> 2 & 0x03);
            rest = rest.get(1 + references..)?;
        }
    }
    Some((largest, rest))
}

/// VP9 bitstream specification §6.2, of a key frame.
fn frame_resolution(bits: &mut Bits<'_>) -> Option<Resolution> {
    const FRAME_MARKER: u32 = 2;
    const SYNC_CODE: u32 = 0x49_8342;
    const RGB: u32 = 7;
    if bits.number(2)? != FRAME_MARKER {
        return None;
    }
    let profile = bits.number(1)? | bits.number(1)? << 1;
    if profile == 3 {
        bits.skip(1)?;
    }
    let (existing, inter) = (bits.flag()?, bits.flag()?);
    bits.skip(2)?; // shown, resilient
    if existing || inter || bits.number(24)? != SYNC_CODE {
        return None;
    }
    if profile >= 2 {
        bits.skip(1)?; // depth
    }
    let subsampled = profile & 1 == 1;
    if bits.number(3)? == RGB {
        bits.skip(u32::from(subsampled))?;
    } else {
        bits.skip(if subsampled { 4 } else { 1 })?; // range, subsampling
    }
    Some((bits.number(16)? + 1, bits.number(16)? + 1))
}

const PICTURE_ID: u8 = 0x80;
const INTER_PREDICTED: u8 = 0x40;
const LAYERS: u8 = 0x20;
const FLEXIBLE: u8 = 0x10;
const START_OF_FRAME: u8 = 0x08;
const STRUCTURE: u8 = 0x02;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_frame_is_unpredicted_start_of_the_lowest_layer() {
        assert!(parse(&[0x08, 0x00]).unwrap().key_frame);
        assert!(!parse(&[0x00, 0x00]).unwrap().key_frame, "not the start");
        assert!(!parse(&[0x48, 0x00]).unwrap().key_frame, "predicted");
        // I, L, B; 7-bit picture id; TID 0 SID 1 D 1; TL0PICIDX.
        assert!(
            !parse(&[0xA8, 0x11, 0x03, 0x00]).unwrap().key_frame,
            "upper layer"
        );
    }

    #[test]
    fn layers_are_read_behind_either_picture_id() {
        let narrow = parse(&[0xA8, 0x11, 0x44, 0x00]).unwrap();
        assert_eq!(
            (narrow.temporal_layer, narrow.spatial_layer),
            (Some(2), Some(2))
        );
        let wide = parse(&[0xA8, 0x91, 0x23, 0x22, 0x00]).unwrap();
        assert_eq!(
            (wide.temporal_layer, wide.spatial_layer),
            (Some(1), Some(1))
        );
        let none = parse(&[0x88, 0x11, 0x00]).unwrap();
        assert_eq!((none.temporal_layer, none.spatial_layer), (None, None));
    }

    #[test]
    fn truncated_descriptors_are_malformed() {
        for bytes in [
            &[][..],
            &[0x08],
            &[0x88],
            &[0x88, 0x11],
            &[0x88, 0x91, 0x23],
            &[0xA8, 0x11],
        ] {
            assert_eq!(parse(bytes), None, "{bytes:x?}");
        }
    }
}
