//! What a router receives, from the codecs it is configured with; knows no client.

use crate::matching::same_codec;
use crate::supported::supported_rtp_capabilities;
use crate::types::{
    CodecParameters, MediaKind, ParameterValue, RtpCapabilities, RtpCodecCapability,
};
use crate::validate::{CodecError, limits::MAX_CODECS, normalize_codec_capability};

/// Why a list of media codecs makes no router.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouterRtpCapabilitiesError {
    /// More codecs than payload types could name.
    #[error("too many media codecs")]
    TooManyCodecs,
    /// A codec is malformed.
    #[error("media codec {index} is invalid: {source}")]
    InvalidCodec {
        /// Its place in the list.
        index: usize,
        /// What is wrong with it.
        source: CodecError,
    },
    /// A codec this server cannot route.
    #[error("media codec not supported: {mime_type}")]
    UnsupportedCodec {
        /// Its name.
        mime_type: String,
    },
    /// The dynamic payload types are used up.
    #[error("no dynamic payload type left")]
    NoPayloadTypeLeft,
    /// Two codecs with one payload type.
    #[error("payload type {0} is used twice")]
    DuplicatePayloadType(u8),
}

/// The capabilities of a router that routes `media_codecs`: each completed from the supported ones,
/// with its payload type, and followed by its RTX codec if it is video.
///
/// # Errors
///
/// When a codec is malformed or unsupported, or payload types collide or run out.
pub fn router_rtp_capabilities(
    media_codecs: &[RtpCodecCapability],
) -> Result<RtpCapabilities, RouterRtpCapabilitiesError> {
    if media_codecs.len() > MAX_CODECS {
        return Err(RouterRtpCapabilitiesError::TooManyCodecs);
    }
    let supported = supported_rtp_capabilities();
    let mut payload_types = PayloadTypes::default();
    let mut codecs: Vec<RtpCodecCapability> = Vec::new();
    for (index, media_codec) in media_codecs.iter().enumerate() {
        let codec = complete(index, media_codec, &supported)?;
        let (codec, payload_type) = payload_types.assign(codec)?;
        if codecs
            .iter()
            .any(|known| known.preferred_payload_type == Some(payload_type))
        {
            return Err(RouterRtpCapabilitiesError::DuplicatePayloadType(
                payload_type,
            ));
        }
        let rtx = match codec.kind {
            MediaKind::Audio => None,
            MediaKind::Video => Some(rtx_codec(&codec, payload_type, payload_types.next()?)),
        };
        codecs.push(codec);
        codecs.extend(rtx);
    }
    Ok(RtpCapabilities {
        codecs,
        header_extensions: supported.header_extensions,
    })
}

/// The supported codec that `media_codec` means, with the latter's parameters and payload type.
fn complete(
    index: usize,
    media_codec: &RtpCodecCapability,
    supported: &RtpCapabilities,
) -> Result<RtpCodecCapability, RouterRtpCapabilitiesError> {
    let mut wanted = media_codec.clone();
    normalize_codec_capability(&mut wanted)
        .map_err(|source| RouterRtpCapabilitiesError::InvalidCodec { index, source })?;
    let Some(known) = supported
        .codecs
        .iter()
        .find(|known| same_codec(&wanted, *known))
    else {
        return Err(RouterRtpCapabilitiesError::UnsupportedCodec {
            mime_type: wanted.mime_type,
        });
    };
    let mut codec = known.clone();
    codec.parameters.extend(wanted.parameters);
    codec.preferred_payload_type = wanted
        .preferred_payload_type
        .or(known.preferred_payload_type);
    Ok(codec)
}

fn rtx_codec(codec: &RtpCodecCapability, apt: u8, payload_type: u8) -> RtpCodecCapability {
    RtpCodecCapability {
        kind: codec.kind,
        mime_type: "video/rtx".to_owned(),
        preferred_payload_type: Some(payload_type),
        clock_rate: codec.clock_rate,
        channels: None,
        parameters: CodecParameters::from([(
            "apt".to_owned(),
            ParameterValue::Integer(apt.into()),
        )]),
        rtcp_feedback: Vec::new(),
    }
}

/// The dynamic payload types not yet given out, in the order they are.
struct PayloadTypes(Vec<u8>);

impl Default for PayloadTypes {
    /// 100 to 127, then 96 to 99: browsers' own numbers begin at 96, and differing from them shows
    /// a missing mapping at once. Kept in reverse, as a stack.
    fn default() -> Self {
        Self((100..=127).chain(96..=99).rev().collect())
    }
}

impl PayloadTypes {
    /// Gives `codec` a payload type, unless it has one, which is then taken off the list.
    fn assign(
        &mut self,
        mut codec: RtpCodecCapability,
    ) -> Result<(RtpCodecCapability, u8), RouterRtpCapabilitiesError> {
        let payload_type = match codec.preferred_payload_type {
            Some(payload_type) => {
                self.0.retain(|free| *free != payload_type);
                payload_type
            }
            None => self.next()?,
        };
        codec.preferred_payload_type = Some(payload_type);
        Ok((codec, payload_type))
    }

    fn next(&mut self) -> Result<u8, RouterRtpCapabilitiesError> {
        self.0
            .pop()
            .ok_or(RouterRtpCapabilitiesError::NoPayloadTypeLeft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{default_media_codecs, validate_rtp_capabilities};

    fn codec(mime_type: &str, clock_rate: u32, channels: Option<u8>) -> RtpCodecCapability {
        RtpCodecCapability {
            kind: MediaKind::Audio,
            mime_type: mime_type.to_owned(),
            preferred_payload_type: None,
            clock_rate,
            channels,
            parameters: CodecParameters::new(),
            rtcp_feedback: Vec::new(),
        }
    }

    fn vp8(payload_type: Option<u8>) -> RtpCodecCapability {
        RtpCodecCapability {
            preferred_payload_type: payload_type,
            ..codec("video/VP8", 90_000, None)
        }
    }

    fn payload_types(codecs: &[RtpCodecCapability]) -> Vec<u8> {
        let caps = router_rtp_capabilities(codecs).unwrap();
        caps.codecs
            .iter()
            .filter_map(|codec| codec.preferred_payload_type)
            .collect()
    }

    #[test]
    fn dynamic_payload_types_count_up_from_100_with_rtx_after_each_video_codec() {
        let list = [codec("audio/opus", 48_000, Some(2)), vp8(None)];
        assert_eq!(payload_types(&list), [100, 101, 102]);
    }

    #[test]
    fn default_router_names_what_frontends_expect() {
        let caps = router_rtp_capabilities(&default_media_codecs()).unwrap();
        let names: Vec<_> = caps.codecs.iter().map(|c| c.mime_type.as_str()).collect();
        assert_eq!(
            names[..4],
            ["audio/opus", "video/VP8", "video/rtx", "video/VP9"]
        );
        assert_eq!(caps.codecs.len(), 15);
        assert_eq!(
            caps.codecs[2].parameters["apt"],
            ParameterValue::Integer(101)
        );
        assert!(
            caps.codecs
                .iter()
                .all(|c| c.preferred_payload_type.is_some())
        );
        validate_rtp_capabilities(&mut caps.clone()).unwrap();
    }

    #[test]
    fn a_preferred_payload_type_is_kept_and_not_given_out_again() {
        assert_eq!(payload_types(&[vp8(Some(100))]), [100, 101]);
        assert_eq!(payload_types(&[vp8(Some(101))]), [101, 100]);
    }

    #[test]
    fn static_payload_types_are_used_where_fixed() {
        let list = [
            codec("audio/PCMU", 8_000, None),
            codec("audio/PCMA", 8_000, Some(1)),
        ];
        assert_eq!(payload_types(&list), [0, 8]);
    }

    #[test]
    fn parameters_are_merged_over_the_supported_ones() {
        let mut h264 = codec("video/H264", 90_000, None);
        h264.parameters
            .insert("packetization-mode".into(), ParameterValue::Integer(1));
        let caps = router_rtp_capabilities(&[h264]).unwrap();
        let keys: Vec<_> = caps.codecs[0]
            .parameters
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(keys, ["level-asymmetry-allowed", "packetization-mode"]);
    }

    #[test]
    fn two_codecs_cannot_share_a_payload_type() {
        let error = router_rtp_capabilities(&[vp8(Some(96)), vp8(Some(96))]).unwrap_err();
        assert_eq!(error, RouterRtpCapabilitiesError::DuplicatePayloadType(96));
        let taken_by_rtx = router_rtp_capabilities(&[vp8(None), vp8(Some(101))]).unwrap_err();
        assert_eq!(
            taken_by_rtx,
            RouterRtpCapabilitiesError::DuplicatePayloadType(101)
        );
    }

    #[test]
    fn payload_types_run_out() {
        let sixteen = vec![vp8(None); 16];
        assert_eq!(payload_types(&sixteen).len(), 32);
        let error = router_rtp_capabilities(&vec![vp8(None); 17]).unwrap_err();
        assert_eq!(error, RouterRtpCapabilitiesError::NoPayloadTypeLeft);
    }

    #[test]
    fn refuses_what_it_cannot_route() {
        let error = router_rtp_capabilities(&[codec("video/rtx", 90_000, None)]).unwrap_err();
        assert_eq!(error.to_string(), "media codec not supported: video/rtx");
        let error = router_rtp_capabilities(&[codec("chat", 1, None)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "media codec 0 is invalid: mime type is not audio/… or video/…"
        );
        let many = vec![codec("audio/opus", 48_000, Some(2)); MAX_CODECS + 1];
        let error = router_rtp_capabilities(&many).unwrap_err();
        assert_eq!(error, RouterRtpCapabilitiesError::TooManyCodecs);
    }
}
