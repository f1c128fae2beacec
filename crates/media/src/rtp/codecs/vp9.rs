//! What a forwarder must know of a VP9 payload (RFC 9628 §4.2): key frame, layers.

use super::PayloadInfo;

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

const PICTURE_ID: u8 = 0x80;
const INTER_PREDICTED: u8 = 0x40;
const LAYERS: u8 = 0x20;
const START_OF_FRAME: u8 = 0x08;

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
