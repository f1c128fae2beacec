//! What a forwarder must know of an H264 payload (RFC 6184): key frame.
//!
//! A key frame begins where its sequence parameter set begins, not at its IDR slice: a receiver that
//! joins at the slice, because the parameter set was late, cannot decode it.

use super::PayloadInfo;

/// Looks for the start of a sequence parameter set in a single NAL unit, STAP-A or FU-A.
pub(super) fn parse(payload: &[u8]) -> Option<PayloadInfo> {
    let key_frame = match payload.first()? & 0x1F {
        SEQUENCE_PARAMETER_SET => payload.len() > 1,
        STAP_A => aggregated_types(&payload[1..]).any(|kind| kind == SEQUENCE_PARAMETER_SET),
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

/// NAL unit types inside a STAP-A (RFC 6184 §5.7.1); a unit that passes the end ends the walk.
fn aggregated_types(mut rest: &[u8]) -> impl Iterator<Item = u8> + '_ {
    std::iter::from_fn(move || {
        let (len, units) = rest.split_first_chunk::<2>()?;
        let (unit, next) = units.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        rest = next;
        unit.first().map(|header| header & 0x1F)
    })
}

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
