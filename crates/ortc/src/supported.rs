//! What this server can route: one table of codecs, one of header extensions. No negotiation here.

use crate::types::{
    CodecParameters, HeaderExtensionDirection, MediaKind, ParameterValue, RtcpFeedback,
    RtpCapabilities, RtpCodecCapability, RtpHeaderExtension, uri,
};

use HeaderExtensionDirection::{RecvOnly, SendRecv};
use MediaKind::{Audio, Video};

/// Everything a router can be configured with. Codecs carry a payload type only where RFC 3551
/// fixes one.
pub fn supported_rtp_capabilities() -> RtpCapabilities {
    RtpCapabilities {
        codecs: CODECS.iter().map(Codec::capability).collect(),
        header_extensions: HEADER_EXTENSIONS.iter().map(extension).collect(),
    }
}

/// The codecs of a router unless configured otherwise, in the order clients prefer them: Opus, VP8
/// (spoken by every browser, with simulcast), VP9, H.264 (for Safari and hardware), AV1.
///
/// `audio/red` is not among them: its blocks name the sender's payload types, which a router
/// renames.
pub fn default_media_codecs() -> Vec<RtpCodecCapability> {
    DEFAULT_CODECS.iter().map(Codec::capability).collect()
}

/// H265, for a router that shall have it, too: mediasoup's has not.
pub fn h265_media_codec() -> RtpCodecCapability {
    H265.capability()
}

struct Codec {
    mime_type: &'static str,
    payload_type: Option<u8>,
    clock_rate: u32,
    channels: Option<u8>,
    parameters: &'static [(&'static str, Value)],
    rtcp_feedback: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy)]
enum Value {
    Integer(i64),
    Text(&'static str),
}

impl Codec {
    const fn audio(mime_type: &'static str, clock_rate: u32) -> Self {
        Self {
            mime_type,
            payload_type: None,
            clock_rate,
            channels: Some(1),
            parameters: &[],
            rtcp_feedback: &[("transport-cc", "")],
        }
    }

    const fn video(mime_type: &'static str) -> Self {
        Self {
            mime_type,
            payload_type: None,
            clock_rate: 90_000,
            channels: None,
            parameters: &[],
            rtcp_feedback: VIDEO_FEEDBACK,
        }
    }

    const fn payload_type(self, payload_type: u8) -> Self {
        Self {
            payload_type: Some(payload_type),
            ..self
        }
    }

    const fn channels(self, channels: u8) -> Self {
        Self {
            channels: Some(channels),
            ..self
        }
    }

    const fn parameters(self, parameters: &'static [(&'static str, Value)]) -> Self {
        Self { parameters, ..self }
    }

    const fn feedback(self, rtcp_feedback: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            rtcp_feedback,
            ..self
        }
    }

    fn capability(&self) -> RtpCodecCapability {
        RtpCodecCapability {
            kind: if self.channels.is_some() {
                Audio
            } else {
                Video
            },
            mime_type: self.mime_type.to_owned(),
            preferred_payload_type: self.payload_type,
            clock_rate: self.clock_rate,
            channels: self.channels,
            parameters: parameters(self.parameters),
            rtcp_feedback: self.rtcp_feedback.iter().map(feedback).collect(),
        }
    }
}

fn parameters(table: &[(&str, Value)]) -> CodecParameters {
    let value = |value: &Value| match *value {
        Value::Integer(value) => ParameterValue::Integer(value),
        Value::Text(value) => ParameterValue::Text(value.to_owned()),
    };
    table
        .iter()
        .map(|(name, v)| ((*name).to_owned(), value(v)))
        .collect()
}

fn feedback((kind, parameter): &(&str, &str)) -> RtcpFeedback {
    RtcpFeedback {
        kind: (*kind).to_owned(),
        parameter: (*parameter).to_owned(),
    }
}

fn extension(
    (kind, uri, id, direction): &(MediaKind, &str, u8, HeaderExtensionDirection),
) -> RtpHeaderExtension {
    RtpHeaderExtension {
        kind: *kind,
        uri: (*uri).to_owned(),
        preferred_id: *id,
        preferred_encrypt: false,
        direction: *direction,
    }
}

const OPUS_FEEDBACK: &[(&str, &str)] = &[("nack", ""), ("transport-cc", "")];

const VIDEO_FEEDBACK: &[(&str, &str)] = &[
    ("nack", ""),
    ("nack", "pli"),
    ("ccm", "fir"),
    ("goog-remb", ""),
    ("transport-cc", ""),
];

const CODECS: &[Codec] = &[
    Codec::audio("audio/opus", 48_000)
        .channels(2)
        .feedback(OPUS_FEEDBACK),
    // Quad, 5.1 and 7.1, as Chromium maps them.
    Codec::audio("audio/multiopus", 48_000)
        .channels(4)
        .feedback(OPUS_FEEDBACK)
        .parameters(&[
            ("channel_mapping", Value::Text("0,1,2,3")),
            ("num_streams", Value::Integer(2)),
            ("coupled_streams", Value::Integer(2)),
        ]),
    Codec::audio("audio/multiopus", 48_000)
        .channels(6)
        .feedback(OPUS_FEEDBACK)
        .parameters(&[
            ("channel_mapping", Value::Text("0,4,1,2,3,5")),
            ("num_streams", Value::Integer(4)),
            ("coupled_streams", Value::Integer(2)),
        ]),
    Codec::audio("audio/multiopus", 48_000)
        .channels(8)
        .feedback(OPUS_FEEDBACK)
        .parameters(&[
            ("channel_mapping", Value::Text("0,6,1,2,3,4,5,7")),
            ("num_streams", Value::Integer(5)),
            ("coupled_streams", Value::Integer(3)),
        ]),
    Codec::audio("audio/PCMU", 8_000).payload_type(0),
    Codec::audio("audio/PCMA", 8_000).payload_type(8),
    Codec::audio("audio/ISAC", 32_000),
    Codec::audio("audio/ISAC", 16_000),
    Codec::audio("audio/G722", 8_000).payload_type(9),
    Codec::audio("audio/iLBC", 8_000),
    Codec::audio("audio/SILK", 24_000),
    Codec::audio("audio/SILK", 16_000),
    Codec::audio("audio/SILK", 12_000),
    Codec::audio("audio/SILK", 8_000),
    Codec::audio("audio/CN", 32_000)
        .payload_type(13)
        .feedback(&[]),
    Codec::audio("audio/CN", 16_000)
        .payload_type(13)
        .feedback(&[]),
    Codec::audio("audio/CN", 8_000)
        .payload_type(13)
        .feedback(&[]),
    Codec::audio("audio/telephone-event", 48_000).feedback(&[]),
    Codec::audio("audio/telephone-event", 32_000).feedback(&[]),
    Codec::audio("audio/telephone-event", 16_000).feedback(&[]),
    Codec::audio("audio/telephone-event", 8_000).feedback(&[]),
    // RFC 2198 around Opus; no NACK, redundancy is its point.
    Codec::audio("audio/red", 48_000).channels(2),
    Codec::video("video/VP8"),
    Codec::video("video/VP9"),
    Codec::video("video/H264").parameters(&[("level-asymmetry-allowed", Value::Integer(1))]),
    Codec::video("video/H265"),
    Codec::video("video/AV1"),
];

/// Spares a sender the slow ramp from Chromium's 300 kbit/s; others ignore it.
const START_BITRATE: (&str, Value) = ("x-google-start-bitrate", Value::Integer(1000));

const DEFAULT_CODECS: &[Codec] = &[
    Codec::audio("audio/opus", 48_000).channels(2),
    Codec::video("video/VP8").parameters(&[START_BITRATE]),
    Codec::video("video/VP9").parameters(&[("profile-id", Value::Integer(0)), START_BITRATE]),
    Codec::video("video/VP9").parameters(&[("profile-id", Value::Integer(2)), START_BITRATE]),
    // Constrained Baseline: what Safari, Firefox and hardware encoders share.
    Codec::video("video/H264").parameters(&[
        ("packetization-mode", Value::Integer(1)),
        ("profile-level-id", Value::Text("42e01f")),
        ("level-asymmetry-allowed", Value::Integer(1)),
        START_BITRATE,
    ]),
    // Main, level 5: what desktop Chromium offers beside it.
    Codec::video("video/H264").parameters(&[
        ("packetization-mode", Value::Integer(1)),
        ("profile-level-id", Value::Text("4d0032")),
        ("level-asymmetry-allowed", Value::Integer(1)),
        START_BITRATE,
    ]),
    Codec::video("video/AV1").parameters(&[START_BITRATE]),
    // High: what encoders outside of browsers publish.
    Codec::video("video/H264").parameters(&[
        ("packetization-mode", Value::Integer(1)),
        ("profile-level-id", Value::Text("64001f")),
        ("level-asymmetry-allowed", Value::Integer(1)),
        START_BITRATE,
    ]),
];

/// In its Main profile, from encoders outside of browsers to those that can show it.
const H265: Codec = Codec::video("video/H265").parameters(&[START_BITRATE]);

/// Audio receives transport-wide sequence numbers but does not send them: audio is not what a
/// receiver's bandwidth is spent on. The dependency descriptor is read by the router and not
/// forwarded.
const HEADER_EXTENSIONS: &[(MediaKind, &str, u8, HeaderExtensionDirection)] = &[
    (Audio, uri::MID, 1, SendRecv),
    (Video, uri::MID, 1, SendRecv),
    (Video, uri::RTP_STREAM_ID, 2, RecvOnly),
    (Video, uri::REPAIRED_RTP_STREAM_ID, 3, RecvOnly),
    (Audio, uri::ABS_SEND_TIME, 4, SendRecv),
    (Video, uri::ABS_SEND_TIME, 4, SendRecv),
    (Audio, uri::TRANSPORT_WIDE_CC, 5, RecvOnly),
    (Video, uri::TRANSPORT_WIDE_CC, 5, SendRecv),
    (Audio, uri::SSRC_AUDIO_LEVEL, 6, SendRecv),
    (Video, uri::DEPENDENCY_DESCRIPTOR, 7, RecvOnly),
    (Video, uri::VIDEO_ORIENTATION, 8, SendRecv),
    (Video, uri::TIME_OFFSET, 9, SendRecv),
    (Audio, uri::ABS_CAPTURE_TIME, 10, SendRecv),
    (Video, uri::ABS_CAPTURE_TIME, 10, SendRecv),
    (Audio, uri::PLAYOUT_DELAY, 11, SendRecv),
    (Video, uri::PLAYOUT_DELAY, 11, SendRecv),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate_rtp_capabilities;

    #[test]
    fn the_table_is_valid_and_already_normalised() {
        let mut caps = supported_rtp_capabilities();
        let before = caps.clone();
        validate_rtp_capabilities(&mut caps).unwrap();
        assert_eq!(caps, before);
    }

    #[test]
    fn an_extension_has_one_id_whatever_its_kind() {
        for a in HEADER_EXTENSIONS {
            for b in HEADER_EXTENSIONS {
                assert_eq!(a.1 == b.1, a.2 == b.2, "{} and {}", a.1, b.1);
            }
        }
    }

    #[test]
    fn every_extension_fits_the_one_byte_form() {
        assert!(
            HEADER_EXTENSIONS
                .iter()
                .all(|(_, _, id, _)| (1..=14).contains(id))
        );
    }
}
