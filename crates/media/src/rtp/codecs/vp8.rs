//! What a forwarder must know of a VP8 payload (RFC 7741 §4.2): key frame, temporal layer, picture ids.

use super::{PayloadInfo, Resolution};

/// Positions and values of the VP8 descriptor fields that are rewritten on a switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vp8Descriptor {
    /// Picture id, when present.
    pub(crate) picture_id: Option<u16>,
    /// Whether the picture id takes 15 bits (else 7).
    pub(crate) wide_picture_id: bool,
    /// Offset of the picture id in the payload, when present.
    pub(crate) picture_id_at: u8,
    /// TL0PICIDX, when present.
    pub(crate) tl0_picture_index: Option<u8>,
    /// Offset of TL0PICIDX in the payload, when present.
    pub(crate) tl0_picture_index_at: u8,
    /// Layer sync bit (Y).
    pub(crate) layer_sync: bool,
}

impl Vp8Descriptor {
    /// The bits a picture id has room for.
    pub(crate) fn picture_id_mask(&self) -> u16 {
        if self.wide_picture_id { 0x7FFF } else { 0x7F }
    }

    /// Writes new values where the fields are present, each in the width it has (a 7-bit picture
    /// id takes the low bits); a payload too short for the positions is left alone.
    pub(crate) fn rewrite(&self, payload: &mut [u8], picture_id: u16, tl0_picture_index: u8) {
        let at = usize::from(self.picture_id_at);
        match (self.picture_id, self.wide_picture_id) {
            (Some(_), true) => {
                if let Some(field) = payload.get_mut(at..at + 2) {
                    field.copy_from_slice(&(picture_id | 0x8000).to_be_bytes());
                }
            }
            (Some(_), false) => {
                if let Some(field) = payload.get_mut(at) {
                    *field = (picture_id & 0x7F) as u8;
                }
            }
            (None, _) => {}
        }
        let at = usize::from(self.tl0_picture_index_at);
        if let (Some(_), Some(field)) = (self.tl0_picture_index, payload.get_mut(at)) {
            *field = tl0_picture_index;
        }
    }
}

/// A payload descriptor, and where the payload header begins behind it.
struct Head {
    starts_frame: bool,
    descriptor: Vp8Descriptor,
    temporal_layer: Option<u8>,
    end: usize,
}

fn read_head(payload: &[u8]) -> Option<Head> {
    let required = *payload.first()?;
    let extended = required & 0x80 != 0;
    let mut at = 1;
    let (mut descriptor, mut temporal_layer) = (Vp8Descriptor::default(), None);
    if extended {
        let flags = *payload.get(at)?;
        at += 1;
        if flags & 0x80 != 0 {
            at += read_picture_id(payload, at, &mut descriptor)?;
        }
        if flags & 0x40 != 0 {
            descriptor.tl0_picture_index = Some(*payload.get(at)?);
            descriptor.tl0_picture_index_at = at as u8;
            at += 1;
        }
        if flags & 0x30 != 0 {
            let layer = *payload.get(at)?;
            at += 1;
            if flags & 0x20 != 0 {
                temporal_layer = Some(layer >> 6);
                descriptor.layer_sync = layer & 0x20 != 0;
            }
        }
    }
    Some(Head {
        starts_frame: required & 0x17 == 0x10,
        descriptor,
        temporal_layer,
        end: at,
    })
}

/// The size in the header of a key frame (RFC 6386 §9.1).
pub(super) fn resolution(payload: &[u8]) -> Option<Resolution> {
    const START_CODE: [u8; 3] = [0x9D, 0x01, 0x2A];
    /// The two bits above are a scale for display.
    const LENGTH: u16 = 0x3FFF;
    let head = read_head(payload)?;
    let tag = payload.get(head.end..)?.first_chunk::<10>()?;
    let key_frame = head.starts_frame && tag[0] & 1 == 0 && tag[3..6] == START_CODE;
    let length = |at: usize| u32::from(u16::from_le_bytes([tag[at], tag[at + 1]]) & LENGTH);
    key_frame.then(|| (length(6), length(8)))
}

/// Reads the descriptor and, at a partition's start, the first byte of the VP8 payload header.
pub(super) fn parse(payload: &[u8]) -> Option<PayloadInfo> {
    let Head {
        starts_frame,
        descriptor,
        temporal_layer,
        end,
    } = read_head(payload)?;
    // A descriptor without a payload is malformed (RFC 7741 §4.2 describes non-empty payloads).
    let header = *payload.get(end)?;
    Some(PayloadInfo {
        // The inverse key frame flag P is the lowest bit (RFC 7741 §4.3).
        key_frame: starts_frame && header & 0x01 == 0,
        temporal_layer,
        spatial_layer: None,
        vp8: Some(descriptor),
    })
}

/// Reads the picture id at `at`; returns the bytes it takes.
fn read_picture_id(payload: &[u8], at: usize, descriptor: &mut Vp8Descriptor) -> Option<usize> {
    let first = *payload.get(at)?;
    descriptor.picture_id_at = at as u8;
    if first & 0x80 == 0 {
        descriptor.picture_id = Some(u16::from(first));
        return Some(1);
    }
    let second = *payload.get(at + 1)?;
    descriptor.picture_id = Some(u16::from_be_bytes([first & 0x7F, second]));
    descriptor.wide_picture_id = true;
    Some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptor_of_one_byte_has_no_ids() {
        let info = parse(&[0x10, 0x00]).unwrap();
        assert!(info.key_frame);
        assert_eq!(info.vp8, Some(Vp8Descriptor::default()));
        assert_eq!(info.temporal_layer, None);
    }

    #[test]
    fn key_frame_starts_only_in_the_first_packet_of_partition_zero() {
        assert!(!parse(&[0x00, 0x00]).unwrap().key_frame, "continuation");
        assert!(!parse(&[0x11, 0x00]).unwrap().key_frame, "partition 1");
        assert!(!parse(&[0x10, 0x01]).unwrap().key_frame, "inter frame");
        assert!(
            parse(&[0x30, 0x10]).unwrap().key_frame,
            "non-reference bit does not matter"
        );
    }

    #[test]
    fn wide_picture_id_tl0_and_layer_are_read() {
        // X; I L T; picture id 0x1234; TL0PICIDX 0x56; TID 2, Y, KEYIDX 3.
        let info = parse(&[0x90, 0xE0, 0x92, 0x34, 0x56, 0xA3, 0x01]).unwrap();
        let descriptor = info.vp8.unwrap();
        assert_eq!(descriptor.picture_id, Some(0x1234));
        assert!(descriptor.wide_picture_id && descriptor.layer_sync);
        assert_eq!(descriptor.tl0_picture_index, Some(0x56));
        assert_eq!(
            (descriptor.picture_id_at, descriptor.tl0_picture_index_at),
            (2, 4)
        );
        assert_eq!(info.temporal_layer, Some(2));
    }

    #[test]
    fn key_index_alone_gives_no_temporal_layer() {
        let info = parse(&[0x80, 0x10, 0xC3, 0x01]).unwrap();
        assert_eq!(info.temporal_layer, None);
        assert!(!info.vp8.unwrap().layer_sync);
    }

    #[test]
    fn rewrite_keeps_each_field_in_its_width() {
        let mut wide = [0x90, 0xE0, 0x92, 0x34, 0x56, 0xA3, 0x01];
        parse(&wide)
            .unwrap()
            .vp8
            .unwrap()
            .rewrite(&mut wide, 0x7FFF, 9);
        assert_eq!(wide, [0x90, 0xE0, 0xFF, 0xFF, 9, 0xA3, 0x01]);
        let mut narrow = [0x90, 0xC0, 0x12, 0x56, 0x01];
        parse(&narrow)
            .unwrap()
            .vp8
            .unwrap()
            .rewrite(&mut narrow, 0x1FF, 9);
        assert_eq!(narrow, [0x90, 0xC0, 0x7F, 9, 0x01]);
        let mut none = [0x10, 0x01];
        parse(&none)
            .unwrap()
            .vp8
            .unwrap()
            .rewrite(&mut none, 0x1FF, 9);
        assert_eq!(none, [0x10, 0x01]);
    }

    #[test]
    fn rewrite_of_a_shorter_payload_does_nothing() {
        let descriptor = parse(&[0x90, 0xE0, 0x92, 0x34, 0x56, 0xA3, 0x01])
            .unwrap()
            .vp8
            .unwrap();
        let mut short = [0x90, 0xE0, 0x92];
        descriptor.rewrite(&mut short, 1, 1);
        assert_eq!(short, [0x90, 0xE0, 0x92]);
    }

    #[test]
    fn truncated_descriptors_are_malformed() {
        let whole = [0x90, 0xF0, 0x92, 0x34, 0x56, 0xA3, 0x00];
        assert!(parse(&whole).unwrap().key_frame);
        for len in 0..whole.len() {
            assert_eq!(parse(&whole[..len]), None, "{len} bytes");
        }
    }
}
