//! Payload formats, as far as a forwarder must understand them.

pub(crate) mod av1;
mod bits;
pub(crate) mod h264;
pub(crate) mod h265;
pub(crate) mod vp8;
pub(crate) mod vp9;

#[cfg(test)]
mod resolution_tests;

use ortc::types::MediaKind;
pub(crate) use vp8::Vp8Descriptor;

/// The payload formats that are looked into; everything else is forwarded blind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// Any audio: each packet stands alone.
    Audio,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264,
    /// RFC 7798.
    H265,
    /// AOM RTP specification.
    Av1,
}

impl Codec {
    /// The format of a MIME type such as `video/VP8`, in any case; what is not known is taken for
    /// [`Codec::Audio`], which is forwarded blind.
    pub(crate) fn from_mime_type(mime_type: &str, kind: MediaKind) -> Self {
        let subtype = mime_type
            .split_once('/')
            .map_or(mime_type, |(_, subtype)| subtype);
        match (kind, subtype.to_ascii_lowercase().as_str()) {
            (MediaKind::Video, "vp8") => Self::Vp8,
            (MediaKind::Video, "vp9") => Self::Vp9,
            (MediaKind::Video, "h264") => Self::H264,
            (MediaKind::Video, "h265") => Self::H265,
            (MediaKind::Video, "av1") => Self::Av1,
            _ => Self::Audio,
        }
    }
}

/// Width and height of pictures, in pixels.
pub(crate) type Resolution = (u32, u32);

/// The size of the pictures that begin with the key frame whose first packet this is, if the packet
/// tells. To be called at key frames only: it reads bit by bit.
pub(crate) fn resolution(codec: Codec, payload: &[u8]) -> Option<Resolution> {
    let (width, height) = match codec {
        Codec::Audio => None,
        Codec::Vp8 => vp8::resolution(payload),
        Codec::Vp9 => vp9::resolution(payload),
        Codec::H264 => h264::resolution(payload),
        Codec::H265 => h265::resolution(payload),
        Codec::Av1 => av1::resolution(payload),
    }?;
    let valid = |length| (1..=MAX_LENGTH).contains(&length);
    (valid(width) && valid(height)).then_some((width, height))
}

/// No format has room for more pixels a side, Exp-Golomb numbers aside.
const MAX_LENGTH: u32 = 1 << 16;

/// What one packet's payload says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PayloadInfo {
    /// First packet of a key frame: decoding can start here.
    pub(crate) key_frame: bool,
    /// Temporal layer, where the payload tells.
    pub(crate) temporal_layer: Option<u8>,
    /// Spatial layer inside the stream (SVC), where the payload tells.
    pub(crate) spatial_layer: Option<u8>,
    /// Fields of the VP8 descriptor that must stay continuous.
    pub(crate) vp8: Option<Vp8Descriptor>,
}

/// Reads what a payload says of itself; a malformed one says nothing (the default).
///
/// `dependency_descriptor` is the value of that header extension, when the packet has it. It tells
/// key frames of formats whose payload may be opaque.
pub(crate) fn parse(
    codec: Codec,
    payload: &[u8],
    dependency_descriptor: Option<&[u8]>,
) -> PayloadInfo {
    let info = match codec {
        Codec::Audio => None,
        Codec::Vp8 => vp8::parse(payload),
        Codec::Vp9 => vp9::parse(payload),
        Codec::H264 => h264::parse(payload),
        Codec::H265 => h265::parse(payload),
        Codec::Av1 => av1::parse(payload),
    };
    let mut info = info.unwrap_or_default();
    if matches!(codec, Codec::H264 | Codec::H265 | Codec::Av1) {
        info.key_frame |= dependency_descriptor.is_some_and(av1::starts_sequence);
    }
    info
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Codec; 6] = [
        Codec::Audio,
        Codec::Vp8,
        Codec::Vp9,
        Codec::H264,
        Codec::H265,
        Codec::Av1,
    ];

    #[test]
    fn mime_types_are_known_in_any_case() {
        assert_eq!(
            Codec::from_mime_type("video/VP8", MediaKind::Video),
            Codec::Vp8
        );
        assert_eq!(
            Codec::from_mime_type("VIDEO/h264", MediaKind::Video),
            Codec::H264
        );
        assert_eq!(
            Codec::from_mime_type("video/AV1", MediaKind::Video),
            Codec::Av1
        );
        assert_eq!(
            Codec::from_mime_type("audio/opus", MediaKind::Audio),
            Codec::Audio
        );
        assert_eq!(
            Codec::from_mime_type("video/other", MediaKind::Video),
            Codec::Audio
        );
    }

    #[test]
    fn empty_payloads_say_nothing() {
        for codec in ALL {
            assert_eq!(parse(codec, &[], None), PayloadInfo::default(), "{codec:?}");
        }
    }

    #[test]
    fn dependency_descriptor_tells_the_key_frame_of_an_opaque_payload() {
        let descriptor = [0x80, 0, 1, 0x80, 0];
        assert!(parse(Codec::Av1, &[0x10, 0x30], Some(&descriptor)).key_frame);
        assert!(parse(Codec::H264, &[0x41, 0], Some(&descriptor)).key_frame);
        assert!(!parse(Codec::Audio, &[1], Some(&descriptor)).key_frame);
    }

    proptest! {
        #[test]
        fn any_payload_parses_without_panic(
            mut payload in proptest::collection::vec(any::<u8>(), 0..64),
            descriptor in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..8)),
        ) {
            for codec in ALL {
                let _ = resolution(codec, &payload);
                let info = parse(codec, &payload, descriptor.as_deref());
                if let Some(vp8) = info.vp8 {
                    let before = payload.len();
                    vp8.rewrite(&mut payload, 0x1234, 0x56);
                    prop_assert_eq!(payload.len(), before);
                    let after = parse(codec, &payload, None);
                    prop_assert_eq!(after.key_frame, info.key_frame);
                    prop_assert_eq!(after.temporal_layer, info.temporal_layer);
                }
            }
        }
    }
}
