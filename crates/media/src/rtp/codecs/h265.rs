//! What a forwarder must know of an H265 payload (RFC 7798): key frame, temporal layer.
//!
//! As with H264 a key frame begins where its parameter sets begin.

use super::PayloadInfo;

/// Looks for the start of a video or sequence parameter set in a single NAL unit, AP or FU.
pub(super) fn parse(payload: &[u8]) -> Option<PayloadInfo> {
    let (header, rest) = payload.split_first_chunk::<2>()?;
    let key_frame = match nal_type(header[0]) {
        kind @ (VIDEO_PARAMETER_SET | SEQUENCE_PARAMETER_SET) => {
            starts_decoding(kind) && !rest.is_empty()
        }
        AGGREGATION => aggregated_types(rest).any(starts_decoding),
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

/// NAL unit types inside an aggregation packet (RFC 7798 §4.4.2), without DONL.
fn aggregated_types(mut rest: &[u8]) -> impl Iterator<Item = u8> + '_ {
    std::iter::from_fn(move || {
        let (len, units) = rest.split_first_chunk::<2>()?;
        let (unit, next) = units.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        rest = next;
        unit.first().copied().map(nal_type)
    })
}

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
