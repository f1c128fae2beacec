//! When two codecs are the same codec; looks at them, changes nothing.

use crate::h264::ProfileLevelId;
use crate::types::{
    CodecParameters, MediaKind, MimeType, ParameterValue, RtpCodecCapability, RtpCodecParameters,
};

/// What of a codec counts for matching.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodecShape<'a> {
    mime_type: &'a str,
    clock_rate: u32,
    channels: Option<u8>,
    parameters: &'a CodecParameters,
}

impl<'a> From<&'a RtpCodecCapability> for CodecShape<'a> {
    fn from(codec: &'a RtpCodecCapability) -> Self {
        Self {
            mime_type: &codec.mime_type,
            clock_rate: codec.clock_rate,
            channels: codec.channels,
            parameters: &codec.parameters,
        }
    }
}

impl<'a> From<&'a RtpCodecParameters> for CodecShape<'a> {
    fn from(codec: &'a RtpCodecParameters) -> Self {
        Self {
            mime_type: &codec.mime_type,
            clock_rate: codec.clock_rate,
            channels: codec.channels,
            parameters: &codec.parameters,
        }
    }
}

/// Whether both name one codec, whatever its profile.
pub(crate) fn same_codec<'a>(a: impl Into<CodecShape<'a>>, b: impl Into<CodecShape<'a>>) -> bool {
    same_name(a.into(), b.into()).is_some()
}

/// Whether what one sends the other decodes: the same codec in the same profile.
pub(crate) fn same_codec_and_profile<'a>(
    a: impl Into<CodecShape<'a>>,
    b: impl Into<CodecShape<'a>>,
) -> bool {
    let (a, b) = (a.into(), b.into());
    let Some(mime) = same_name(a, b) else {
        return false;
    };
    match mime.kind {
        MediaKind::Audio => true,
        MediaKind::Video if mime.is("H264") => same_h264_profile(a.parameters, b.parameters),
        MediaKind::Video if mime.is("H265") => H265_PROFILE.iter().all(|(name, default)| {
            text_of(a.parameters, name, default) == text_of(b.parameters, name, default)
        }),
        MediaKind::Video if mime.is("VP9") => {
            same_or_zero(a.parameters, b.parameters, "profile-id")
        }
        MediaKind::Video => true,
    }
}

/// The codec both name, if they do.
fn same_name<'a>(a: CodecShape<'a>, b: CodecShape<'a>) -> Option<MimeType<'a>> {
    let mime = MimeType::parse(a.mime_type)?;
    let same = a.mime_type.eq_ignore_ascii_case(b.mime_type)
        && a.clock_rate == b.clock_rate
        && channels(mime, a) == channels(mime, b)
        && (!mime.is("multiopus") || same_multiopus(a.parameters, b.parameters));
    same.then_some(mime)
}

/// Audio without a number of channels has one; video has none.
fn channels(mime: MimeType<'_>, codec: CodecShape<'_>) -> Option<u8> {
    match mime.kind {
        MediaKind::Audio => Some(codec.channels.unwrap_or(1)),
        MediaKind::Video => None,
    }
}

fn same_multiopus(a: &CodecParameters, b: &CodecParameters) -> bool {
    ["num_streams", "coupled_streams"]
        .iter()
        .all(|name| match (a.get(*name), b.get(*name)) {
            (Some(a), Some(b)) => a.same(b),
            (None, None) => true,
            _ => false,
        })
}

fn same_h264_profile(a: &CodecParameters, b: &CodecParameters) -> bool {
    if !same_or_zero(a, b, "packetization-mode") {
        return false;
    }
    match (ProfileLevelId::of(a), ProfileLevelId::of(b)) {
        (Some(a), Some(b)) => a.same_profile(b),
        _ => false,
    }
}

/// Whether a parameter is the same on both sides, where absent, empty and 0 are one.
fn same_or_zero(a: &CodecParameters, b: &CodecParameters, name: &str) -> bool {
    let stated = |parameters: &CodecParameters| {
        parameters
            .get(name)
            .filter(|value| !value.is_falsy())
            .cloned()
    };
    match (stated(a), stated(b)) {
        (None, None) => true,
        (Some(a), Some(b)) => a.same(&b),
        _ => false,
    }
}

fn text_of(parameters: &CodecParameters, name: &str, default: &str) -> String {
    match parameters.get(name) {
        None => default.to_owned(),
        Some(ParameterValue::Text(text)) => text.clone(),
        Some(ParameterValue::Bool(value)) => value.to_string(),
        Some(ParameterValue::Integer(value)) => value.to_string(),
        Some(ParameterValue::Float(value)) => value.to_string(),
    }
}

/// RFC 7798 §7.1: what two H.265 endpoints must share, with the defaults. Levels may differ.
const H265_PROFILE: &[(&str, &str)] =
    &[("profile-id", "1"), ("tier-flag", "0"), ("tx-mode", "SRST")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{RtcpFeedback, is_rtx};

    fn codec(mime_type: &str, clock_rate: u32, channels: Option<u8>) -> RtpCodecParameters {
        assert!(!is_rtx(mime_type));
        RtpCodecParameters {
            mime_type: mime_type.to_owned(),
            payload_type: 100,
            clock_rate,
            channels,
            parameters: CodecParameters::new(),
            rtcp_feedback: Vec::<RtcpFeedback>::new(),
        }
    }

    fn video(mime_type: &str, parameters: &[(&str, ParameterValue)]) -> RtpCodecParameters {
        let mut codec = codec(mime_type, 90_000, None);
        codec.parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        codec
    }

    fn int(value: i64) -> ParameterValue {
        ParameterValue::Integer(value)
    }

    fn text(value: &str) -> ParameterValue {
        ParameterValue::Text(value.to_owned())
    }

    #[test]
    fn names_match_whatever_their_case() {
        assert!(same_codec(
            &video("video/vp8", &[]),
            &video("VIDEO/VP8", &[])
        ));
        assert!(!same_codec(
            &video("video/VP8", &[]),
            &video("video/VP9", &[])
        ));
    }

    #[test]
    fn clock_rate_and_channels_count() {
        let stereo = codec("audio/opus", 48_000, Some(2));
        assert!(!same_codec(&stereo, &codec("audio/opus", 48_000, None)));
        assert!(!same_codec(&stereo, &codec("audio/opus", 16_000, Some(2))));
    }

    #[test]
    fn audio_without_channels_is_mono_and_video_has_none() {
        let mono = codec("audio/PCMU", 8_000, Some(1));
        assert!(same_codec(&mono, &codec("audio/PCMU", 8_000, None)));
        let odd = RtpCodecParameters {
            channels: Some(3),
            ..video("video/VP8", &[])
        };
        assert!(same_codec(&odd, &video("video/VP8", &[])));
    }

    #[test]
    fn multiopus_matches_by_its_streams_even_loosely() {
        let streams = |n| RtpCodecParameters {
            parameters: [("num_streams".to_owned(), int(n))].into(),
            ..codec("audio/multiopus", 48_000, Some(6))
        };
        assert!(same_codec(&streams(4), &streams(4)));
        assert!(!same_codec(&streams(4), &streams(2)));
        assert!(!same_codec(
            &streams(4),
            &codec("audio/multiopus", 48_000, Some(6))
        ));
    }

    #[test]
    fn vp9_profiles_differ_and_default_to_zero() {
        let profile = |n| video("video/VP9", &[("profile-id", int(n))]);
        assert!(same_codec_and_profile(&profile(2), &profile(2)));
        assert!(!same_codec_and_profile(&profile(2), &profile(0)));
        assert!(same_codec_and_profile(
            &profile(0),
            &video("video/VP9", &[])
        ));
        assert!(same_codec(&profile(2), &profile(0)));
    }

    #[test]
    fn h264_needs_packetization_mode_and_profile() {
        let h264 = |mode: i64, id: &str| {
            video(
                "video/H264",
                &[
                    ("packetization-mode", int(mode)),
                    ("profile-level-id", text(id)),
                ],
            )
        };
        assert!(same_codec_and_profile(
            &h264(1, "42e01f"),
            &h264(1, "42e034")
        ));
        assert!(!same_codec_and_profile(
            &h264(0, "42e01f"),
            &h264(1, "42e01f")
        ));
        assert!(!same_codec_and_profile(
            &h264(1, "4d001f"),
            &h264(1, "42e01f")
        ));
        assert!(!same_codec_and_profile(
            &h264(1, "nonsense"),
            &h264(1, "nonsense")
        ));
    }

    #[test]
    fn h265_matches_by_profile_tier_and_mode_but_not_level() {
        let h265 = |parameters: &[(&str, ParameterValue)]| video("video/H265", parameters);
        let main = h265(&[("profile-id", text("1")), ("level-id", text("93"))]);
        assert!(same_codec_and_profile(
            &main,
            &h265(&[("level-id", int(120))])
        ));
        assert!(same_codec_and_profile(
            &main,
            &h265(&[("profile-id", int(1))])
        ));
        assert!(!same_codec_and_profile(
            &main,
            &h265(&[("profile-id", int(2))])
        ));
        assert!(!same_codec_and_profile(
            &main,
            &h265(&[("tier-flag", int(1))])
        ));
    }

    #[test]
    fn av1_and_vp8_have_no_profile_to_match() {
        let av1 = |profile| video("video/AV1", &[("profile", int(profile))]);
        assert!(same_codec_and_profile(&av1(0), &av1(1)));
    }

    #[test]
    fn what_is_no_codec_matches_nothing() {
        assert!(!same_codec(
            &video("nonsense", &[]),
            &video("nonsense", &[])
        ));
    }
}
