//! What a forwarder must know of an H265 payload (RFC 7798): key frame, temporal layer.
//!
//! As with H264 a key frame begins where its parameter sets begin.

use super::{PayloadInfo, Resolution, bits::Bits};

/// Looks for the start of a video or sequence parameter set in a single NAL unit, AP or FU.
pub(super) fn parse(payload: &[u8]) -> Option<PayloadInfo> {
    let (header, rest) = payload.split_first_chunk::<2>()?;
    let key_frame = match nal_type(header[0]) {
        kind @ (VIDEO_PARAMETER_SET | SEQUENCE_PARAMETER_SET) => {
            starts_decoding(kind) && !rest.is_empty()
        }
        AGGREGATION => units(rest).any(|unit| unit_type(unit).is_some_and(starts_decoding)),
        FRAGMENTATION => {
            let fragment = *rest.first()?;
            fragment & 0x80 != 0 && starts_decoding(fragment & 0x3F)
        }
        _ => false,
    };
    Some(PayloadInfo {
        key_frame,
        // TID is one more than the layer; zero is forbidden (RFC 7798 §1.1.4).
        temporal_layer: (header[1] & 0x07).checked_sub(1),
        ..PayloadInfo::default()
    })
}

/// The size in the packet's sequence parameter set, unless that is cut into fragments.
pub(super) fn resolution(payload: &[u8]) -> Option<Resolution> {
    let is_set = |unit: &&[u8]| unit_type(unit) == Some(SEQUENCE_PARAMETER_SET);
    let unit = match unit_type(payload)? {
        SEQUENCE_PARAMETER_SET => payload,
        AGGREGATION => units(payload.get(2..)?).find(is_set)?,
        _ => return None,
    };
    parameter_set_resolution(&mut Bits::escaped(unit.get(2..)?))
}

/// NAL units inside an aggregation packet (RFC 7798 §4.4.2), without DONL.
fn units(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, units) = rest.split_first_chunk::<2>()?;
        let (unit, next) = units.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        rest = next;
        Some(unit)
    })
}

/// ITU-T H.265 §7.3.2.2.1, as far as the conformance window.
fn parameter_set_resolution(bits: &mut Bits<'_>) -> Option<Resolution> {
    bits.skip(4)?; // id of the video parameter set
    let sub_layers = bits.number(3)?;
    bits.skip(1)?; // nesting
    skip_profile_tier_level(bits, sub_layers)?;
    bits.golomb()?; // id
    let chroma = bits.golomb()?;
    let separate = chroma == YUV444 && bits.flag()?;
    let (width, height) = (bits.golomb()?, bits.golomb()?);
    let window = if bits.flag()? {
        [(); 4].map(|()| bits.golomb())
    } else {
        [Some(0); 4]
    };
    let [left, right, top, bottom] = window.map(|edge| edge.map(u64::from));
    let (unit_x, unit_y) = match chroma {
        YUV420 if !separate => (2, 2),
        YUV422 if !separate => (2, 1),
        _ => (1, 1),
    };
    let length = |whole: u32, cut: u64| u32::try_from(u64::from(whole).checked_sub(cut)?).ok();
    Some((
        length(width, (left? + right?) * unit_x)?,
        length(height, (top? + bottom?) * unit_y)?,
    ))
}

/// §7.3.3: 88 bits of profile and tier, 8 of level; of each sub-layer as far as told.
fn skip_profile_tier_level(bits: &mut Bits<'_>, sub_layers: u32) -> Option<()> {
    const PROFILE: u32 = 88;
    const LEVEL: u32 = 8;
    bits.skip(PROFILE + LEVEL)?;
    let mut told = 0;
    for _ in 0..sub_layers {
        told += PROFILE * bits.number(1)? + LEVEL * bits.number(1)?;
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers))?;
    }
    bits.skip(told)
}

fn unit_type(unit: &[u8]) -> Option<u8> {
    unit.first().copied().map(nal_type)
}

const YUV420: u32 = 1;
const YUV422: u32 = 2;
const YUV444: u32 = 3;

fn nal_type(first: u8) -> u8 {
    (first >> 1) & 0x3F
}

fn starts_decoding(kind: u8) -> bool {
    matches!(kind, VIDEO_PARAMETER_SET | SEQUENCE_PARAMETER_SET)
}

const VIDEO_PARAMETER_SET: u8 = 32;
const SEQUENCE_PARAMETER_SET: u8 = 33;
const AGGREGATION: u8 = 48;
const FRAGMENTATION: u8 = 49;

#[cfg(test)]
mod tests {
    use super::*;

    fn key_frame(payload: &[u8]) -> bool {
        parse(payload).unwrap_or_default().key_frame
    }

    #[test]
    fn parameter_sets_start_a_key_frame() {
        assert!(key_frame(&[32 << 1, 1, 0x0C]));
        assert!(key_frame(&[33 << 1, 1, 0x0C]));
        assert!(!key_frame(&[34 << 1, 1, 0x0C]), "picture parameter set");
        assert!(
            !key_frame(&[19 << 1, 1, 0x0C]),
            "slice: its parameter sets came before"
        );
    }

    #[test]
    fn aggregated_and_fragmented_parameter_sets_start_a_key_frame() {
        assert!(key_frame(&[
            48 << 1,
            1,
            0,
            3,
            32 << 1,
            1,
            0,
            0,
            3,
            33 << 1,
            1,
            0
        ]));
        assert!(!key_frame(&[48 << 1, 1, 0, 3, 1 << 1, 1, 0]));
        assert!(key_frame(&[49 << 1, 1, 0x80 | 32, 0]));
        assert!(!key_frame(&[49 << 1, 1, 32, 0]), "not its start");
    }

    #[test]
    fn temporal_layer_is_one_less_than_the_header_says() {
        assert_eq!(parse(&[2, 1, 0]).unwrap().temporal_layer, Some(0));
        assert_eq!(parse(&[2, 3, 0]).unwrap().temporal_layer, Some(2));
        assert_eq!(parse(&[2, 0, 0]).unwrap().temporal_layer, None);
    }

    #[test]
    fn malformed_payloads_are_no_key_frames() {
        for bytes in [
            &[][..],
            &[64],
            &[64, 1],
            &[96, 1],
            &[96, 1, 0, 9, 64],
            &[98, 1],
        ] {
            assert!(!key_frame(bytes), "{bytes:x?}");
        }
    }
}
