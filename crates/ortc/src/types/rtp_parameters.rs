//! How one media source is sent (`RtpParameters`), and how a router renames it (`RtpMapping`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lenient::{null_as_default, whole_number};
use super::{RtcpFeedback, RtpHeaderExtensionParameters};

/// Audio or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// Codec-specific parameters by name.
pub type CodecParameters = BTreeMap<String, ParameterValue>;

/// A codec parameter as JSON carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ParameterValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
}

impl ParameterValue {
    /// The whole number it is, whether written `1` or `1.0`.
    pub fn as_integer(&self) -> Option<i64> {
        match *self {
            Self::Integer(value) => Some(value),
            Self::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => Some(value as i64),
            Self::Float(_) | Self::Bool(_) | Self::Text(_) => None,
        }
    }

    /// Whether both are the same in JSON, where `1` and `1.0` are one number.
    pub fn same(&self, other: &Self) -> bool {
        self == other
            || self
                .as_integer()
                .is_some_and(|value| other.as_integer() == Some(value))
    }

    /// Whether it says as little as an absent parameter: `0`, `""`, `false`.
    pub fn is_falsy(&self) -> bool {
        match self {
            Self::Bool(value) => !value,
            Self::Text(text) => text.is_empty(),
            Self::Integer(_) | Self::Float(_) => self.as_integer() == Some(0),
        }
    }
}

/// How one media source is sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RtpParameters {
    /// Media identification (RFC 8843 `a=mid`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mid: Option<String>,
    /// The codecs in use, media codec first, its RTX after it.
    pub codecs: Vec<RtpCodecParameters>,
    /// The header extensions in use.
    #[serde(default, deserialize_with = "null_as_default")]
    pub header_extensions: Vec<RtpHeaderExtensionParameters>,
    /// One entry per simulcast or plain stream.
    #[serde(default, deserialize_with = "null_as_default")]
    pub encodings: Vec<RtpEncodingParameters>,
    /// RTCP settings.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rtcp: RtcpParameters,
    /// MediaStream and track id (RFC 8830), as newer clients send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msid: Option<String>,
}

/// One codec in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RtpCodecParameters {
    /// `audio/opus`, `video/VP8`, `video/rtx`…
    pub mime_type: String,
    /// The payload type on the wire.
    pub payload_type: u8,
    /// RTP clock rate in hertz.
    pub clock_rate: u32,
    /// Number of audio channels; absent for video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<u8>,
    /// Codec-specific parameters.
    #[serde(default, deserialize_with = "null_as_default")]
    pub parameters: CodecParameters,
    /// Feedback in use.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rtcp_feedback: Vec<RtcpFeedback>,
}

/// One RTP stream of a source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RtpEncodingParameters {
    /// Synchronisation source, when known in advance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssrc: Option<u32>,
    /// Restriction identifier (RFC 8851) of a simulcast stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rid: Option<String>,
    /// The payload type, when encodings use different codecs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codec_payload_type: Option<u8>,
    /// The retransmission stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtx: Option<RtxEncoding>,
    /// Discontinuous transmission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dtx: Option<bool>,
    /// `L1T3`, `S3T3`, `L3T3_KEY`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scalability_mode: Option<String>,
    /// Resolution divider, as the browser's encoder was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_resolution_down_by: Option<f64>,
    /// Upper bound of the bitrate in bits per second.
    #[serde(
        default,
        deserialize_with = "whole_number",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub max_bitrate: Option<u64>,
}

/// The retransmission stream of an encoding (RFC 4588).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RtxEncoding {
    /// Its synchronisation source.
    pub ssrc: u32,
}

/// RTCP settings of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RtcpParameters {
    /// Canonical name (RFC 3550 §6.5.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cname: Option<String>,
    /// Reduced-size RTCP (RFC 5506).
    #[serde(default = "yes")]
    pub reduced_size: bool,
}

impl Default for RtcpParameters {
    fn default() -> Self {
        Self {
            cname: None,
            reduced_size: true,
        }
    }
}

fn yes() -> bool {
    true
}

/// How a router renames a producer's payload types and streams.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RtpMapping {
    /// Payload types, producer → router.
    pub codecs: Vec<RtpMappingCodec>,
    /// Streams, producer → router.
    pub encodings: Vec<RtpMappingEncoding>,
}

/// One payload type's renaming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RtpMappingCodec {
    /// What the producer sends.
    pub payload_type: u8,
    /// What consumers get.
    pub mapped_payload_type: u8,
}

/// One stream's renaming.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RtpMappingEncoding {
    /// The producer's stream, when it named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssrc: Option<u32>,
    /// The producer's restriction identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rid: Option<String>,
    /// Scalability of this stream, as the producer stated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scalability_mode: Option<String>,
    /// The stream's name inside the router.
    pub mapped_ssrc: u32,
}

/// How a producer or a consumer carries its layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum RtpType {
    /// One stream.
    Simple,
    /// Several streams of one source.
    Simulcast,
    /// One stream with spatial or temporal layers.
    Svc,
    /// Everything, between routers.
    Pipe,
}
