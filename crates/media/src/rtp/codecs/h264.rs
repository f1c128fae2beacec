//! What a forwarder must know of an H264 payload (RFC 6184): key frame.
//!
//! A key frame begins where its sequence parameter set begins, not at its IDR slice: a receiver that
//! joins at the slice, because the parameter set was late, cannot decode it.

use super::{PayloadInfo, Resolution, bits::Bits};

/// Looks for the start of a sequence parameter set in a single NAL unit, STAP-A or FU-A.
pub(super) fn parse(payload: &[u8]) -> Option<PayloadInfo> {
    let key_frame = match payload.first()? & 0x1F {
        SEQUENCE_PARAMETER_SET => payload.len() > 1,
        STAP_A => units(&payload[1..]).any(|unit| kind(unit) == Some(SEQUENCE_PARAMETER_SET)),
        FU_A => {
            let header = *payload.get(1)?;
            header & 0x80 != 0 && header & 0x1F == SEQUENCE_PARAMETER_SET
        }
        _ => false,
    };
    Some(PayloadInfo {
        key_frame,
        ..PayloadInfo::default()
    })
}

/// The size in the packet's sequence parameter set, unless that is cut into fragments.
pub(super) fn resolution(payload: &[u8]) -> Option<Resolution> {
    let unit = match kind(payload)? {
        SEQUENCE_PARAMETER_SET => payload,
        STAP_A => units(&payload[1..]).find(|unit| kind(unit) == Some(SEQUENCE_PARAMETER_SET))?,
        _ => return None,
    };
    parameter_set_resolution(&mut Bits::escaped(&unit[1..]))
}

/// NAL units inside a STAP-A (RFC 6184 §5.7.1); a unit that passes the end ends the walk.
fn units(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, units) = rest.split_first_chunk::<2>()?;
        let (unit, next) = units.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        rest = next;
        Some(unit)
    })
}

fn kind(unit: &[u8]) -> Option<u8> {
    unit.first().map(|header| header & 0x1F)
}

/// ITU-T H.264 §7.3.2.1.1, as far as the cropping. What the level allows is not looked at: encoders
/// name a lower one than they use.
fn parameter_set_resolution(bits: &mut Bits<'_>) -> Option<Resolution> {
    let profile = bits.number(8)?;
    bits.skip(16)?; // constraints, level
    bits.golomb()?; // id
    let chroma = if HIGH_PROFILES.contains(&profile) {
        read_chroma_and_scaling(bits)?
    } else {
        YUV420
    };
    bits.golomb()?; // bits of a frame number
    skip_picture_order(bits)?;
    bits.golomb()?; // reference frames
    bits.skip(1)?; // gaps allowed
    let (width, height) = (bits.golomb()?, bits.golomb()?);
    let frames_only = bits.flag()?;
    if !frames_only {
        bits.skip(1)?; // adaptive
    }
    bits.skip(1)?; // direct inference
    let crop = if bits.flag()? {
        [(); 4].map(|()| bits.golomb())
    } else {
        [Some(0); 4]
    };
    let [left, right, top, bottom] = crop.map(|edge| edge.map(u64::from));
    let (unit_x, unit_y) = match chroma {
        YUV420 => (2, 2),
        YUV422 => (2, 1),
        _ => (1, 1),
    };
    let fields = if frames_only { 1 } else { 2 };
    let length = |macroblocks: u32, by: u64, cropped: u64| {
        let whole = (u64::from(macroblocks) + 1) * 16 * by;
        u32::try_from(whole.checked_sub(cropped)?).ok()
    };
    Some((
        length(width, 1, (left? + right?) * unit_x)?,
        length(height, fields, (top? + bottom?) * unit_y * fields)?,
    ))
}

/// Returns the chroma format, 0 where the planes are separate.
fn read_chroma_and_scaling(bits: &mut Bits<'_>) -> Option<u32> {
    let chroma = bits.golomb()?;
    let separate = chroma == YUV444 && bits.flag()?;
    bits.golomb()?; // depth of luma
    bits.golomb()?; // and of chroma
    bits.skip(1)?; // lossless
    if bits.flag()? {
        for list in 0..if chroma == YUV444 { 12 } else { 8 } {
            if bits.flag()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(if separate { 0 } else { chroma })
}

/// §7.3.2.1.1.1.
fn skip_scaling_list(bits: &mut Bits<'_>, size: u32) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..size {
        if next != 0 {
            next = (last + bits.signed_golomb()?).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

fn skip_picture_order(bits: &mut Bits<'_>) -> Option<()> {
    match bits.golomb()? {
        0 => bits.golomb().map(|_| ()),
        1 => {
            bits.skip(1)?;
            bits.golomb()?;
            bits.golomb()?;
            // At most 255 (§7.4.2.1.1).
            let count = bits.golomb().filter(|count| *count <= 255)?;
            (0..count).try_for_each(|_| bits.golomb().map(|_| ()))
        }
        _ => Some(()),
    }
}

/// Profiles whose parameter sets tell the chroma format (§7.3.2.1.1).
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
const YUV420: u32 = 1;
const YUV422: u32 = 2;
const YUV444: u32 = 3;
const SEQUENCE_PARAMETER_SET: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

#[cfg(test)]
mod tests {
    use super::*;

    fn key_frame(payload: &[u8]) -> bool {
        parse(payload).unwrap_or_default().key_frame
    }

    #[test]
    fn single_parameter_set_starts_a_key_frame() {
        assert!(key_frame(&[0x67, 0x42, 0x00]));
        assert!(!key_frame(&[0x68, 0x42]), "picture parameter set");
        assert!(
            !key_frame(&[0x65, 0x88]),
            "slice: its parameter sets came before"
        );
        assert!(!key_frame(&[0x61, 0x88]), "inter slice");
    }

    #[test]
    fn aggregated_parameter_set_starts_a_key_frame_wherever_it_stands() {
        assert!(key_frame(&[0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xCE]));
        assert!(
            key_frame(&[0x78, 0, 2, 0x09, 0x10, 0, 2, 0x67, 0x42]),
            "after a delimiter"
        );
        assert!(!key_frame(&[0x78, 0, 2, 0x61, 0x42, 0, 2, 0x61, 0xCE]));
    }

    #[test]
    fn fragmented_parameter_set_counts_at_its_start_only() {
        assert!(key_frame(&[0x7C, 0x87, 0x00]));
        assert!(!key_frame(&[0x7C, 0x07, 0x00]));
        assert!(!key_frame(&[0x7C, 0x85, 0x00]), "fragmented slice");
    }

    #[test]
    fn malformed_payloads_are_no_key_frames() {
        for bytes in [
            &[][..],
            &[0x67],
            &[0x78],
            &[0x78, 0, 9, 0x67],
            &[0x78, 0, 0],
            &[0x7C],
        ] {
            assert!(!key_frame(bytes), "{bytes:x?}");
        }
    }
}
