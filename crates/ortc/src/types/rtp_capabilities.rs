//! What an endpoint can send or receive (`RtpCapabilities`).

use serde::{Deserialize, Serialize};

use super::lenient::null_as_default;
use super::{CodecParameters, MediaKind, RtpHeaderExtension};

/// What a router or an endpoint can receive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RtpCapabilities {
    /// Supported media and RTX codecs.
    #[serde(default, deserialize_with = "null_as_default")]
    pub codecs: Vec<RtpCodecCapability>,
    /// Supported RTP header extensions.
    #[serde(default, deserialize_with = "null_as_default")]
    pub header_extensions: Vec<RtpHeaderExtension>,
}

/// One codec an endpoint supports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RtpCodecCapability {
    /// Audio or video.
    pub kind: MediaKind,
    /// `audio/opus`, `video/VP8`, `video/rtx`…
    pub mime_type: String,
    /// The payload type this endpoint prefers for the codec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_payload_type: Option<u8>,
    /// RTP clock rate in hertz.
    pub clock_rate: u32,
    /// Number of audio channels; absent for video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<u8>,
    /// Codec-specific parameters (SDP `a=fmtp`).
    #[serde(default, deserialize_with = "null_as_default")]
    pub parameters: CodecParameters,
    /// Transport-layer and codec-specific feedback (SDP `a=rtcp-fb`).
    #[serde(default, deserialize_with = "null_as_default")]
    pub rtcp_feedback: Vec<RtcpFeedback>,
}

/// One RTCP feedback mechanism.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RtcpFeedback {
    /// `nack`, `ccm`, `goog-remb`, `transport-cc`…
    #[serde(rename = "type")]
    pub kind: String,
    /// `pli`, `fir`, or empty.
    #[serde(default, deserialize_with = "null_as_default")]
    pub parameter: String,
}
