//! RTP header extensions (RFC 8285) as negotiated.

use serde::{Deserialize, Serialize};

use super::lenient::null_as_default;
use super::{CodecParameters, MediaKind};

/// A header extension in capabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RtpHeaderExtension {
    /// The media kind it is listed under; never used for matching.
    pub kind: MediaKind,
    /// The extension's URI.
    pub uri: String,
    /// The identifier the endpoint prefers (RFC 8285: 1 to 14 in the one-byte form).
    pub preferred_id: u8,
    /// Whether the endpoint prefers to encrypt the value (RFC 6904).
    #[serde(default, deserialize_with = "null_as_default")]
    pub preferred_encrypt: bool,
    /// Seen from the endpoint that lists it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub direction: HeaderExtensionDirection,
}

/// Direction of a header extension, seen from the endpoint that lists it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HeaderExtensionDirection {
    /// Sent and received.
    #[default]
    SendRecv,
    /// Sent only.
    SendOnly,
    /// Received only.
    RecvOnly,
    /// Known but not used.
    Inactive,
}

/// A header extension in use by one RTP sender or receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RtpHeaderExtensionParameters {
    /// The extension's URI.
    pub uri: String,
    /// The identifier on the wire.
    pub id: u8,
    /// Whether the value is encrypted (RFC 6904).
    #[serde(default, deserialize_with = "null_as_default")]
    pub encrypt: bool,
    /// Extension parameters; none is defined today.
    #[serde(default, deserialize_with = "null_as_default")]
    pub parameters: CodecParameters,
}

/// URIs of the header extensions a router knows.
pub mod uri {
    /// RFC 8843: which media section a packet belongs to.
    pub const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
    /// RFC 8852: which simulcast stream a packet belongs to.
    pub const RTP_STREAM_ID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
    /// RFC 8852: which simulcast stream a retransmission repairs.
    pub const REPAIRED_RTP_STREAM_ID: &str =
        "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
    /// When a packet left, 24 bits, for receiver-side bandwidth estimation.
    pub const ABS_SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
    /// Transport-wide sequence number, for sender-side bandwidth estimation.
    pub const TRANSPORT_WIDE_CC: &str =
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
    /// RFC 6464: loudness of a packet.
    pub const SSRC_AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
    /// AV1 RTP: layers of a frame and what they depend on.
    pub const DEPENDENCY_DESCRIPTOR: &str =
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
    /// 3GPP TS 26.114: rotation of the picture.
    pub const VIDEO_ORIENTATION: &str = "urn:3gpp:video-orientation";
    /// RFC 5450: transmission time offset.
    pub const TIME_OFFSET: &str = "urn:ietf:params:rtp-hdrext:toffset";
    /// When a frame was captured, by the sender's clock.
    pub const ABS_CAPTURE_TIME: &str =
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";
    /// Bounds on the receiver's playout delay.
    pub const PLAYOUT_DELAY: &str = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
}
