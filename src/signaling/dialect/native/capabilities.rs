//! What a room can receive, as clients of the native dialect are told: what mediasoup-client's
//! `Device.load` fills in is left out. It is most of the largest answer there is, and a WebSocket's
//! buffer stays as large as the largest message it ever wrote.

use ortc::types::{
    CodecParameters, HeaderExtensionDirection, MediaKind, RtcpFeedback, RtpCapabilities,
    RtpCodecCapability, RtpHeaderExtension,
};
use serde::Serialize;

use super::answers::list;

/// What the room can receive; for `Device.load`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RouterRtpCapabilities {
    /// Media and RTX codecs.
    codecs: Vec<RouterCodec>,
    /// RTP header extensions.
    header_extensions: Vec<RouterHeaderExtension>,
}

impl From<RtpCapabilities> for RouterRtpCapabilities {
    fn from(capabilities: RtpCapabilities) -> Self {
        Self {
            codecs: list(capabilities.codecs),
            header_extensions: list(capabilities.header_extensions),
        }
    }
}

/// One codec of a room.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct RouterCodec {
    /// Audio or video.
    kind: MediaKind,
    /// `audio/opus`, `video/VP8`, `video/rtx`…
    mime_type: String,
    /// Its payload type.
    preferred_payload_type: Option<u8>,
    /// RTP clock rate in hertz.
    clock_rate: u32,
    /// Number of audio channels; absent for video.
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<u8>,
    /// Codec-specific parameters; absent: none.
    #[serde(skip_serializing_if = "CodecParameters::is_empty")]
    parameters: CodecParameters,
    /// RTCP feedback; absent: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rtcp_feedback: Vec<RouterFeedback>,
}

impl From<RtpCodecCapability> for RouterCodec {
    fn from(codec: RtpCodecCapability) -> Self {
        Self {
            kind: codec.kind,
            mime_type: codec.mime_type,
            preferred_payload_type: codec.preferred_payload_type,
            clock_rate: codec.clock_rate,
            channels: codec.channels,
            parameters: codec.parameters,
            rtcp_feedback: list(codec.rtcp_feedback),
        }
    }
}

/// One RTCP feedback mechanism of a room's codec.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema))]
struct RouterFeedback {
    /// `nack`, `ccm`, `goog-remb`, `transport-cc`.
    #[serde(rename = "type")]
    kind: String,
    /// `pli` or `fir`; absent: the mechanism itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    parameter: String,
}

impl From<RtcpFeedback> for RouterFeedback {
    fn from(feedback: RtcpFeedback) -> Self {
        Self {
            kind: feedback.kind,
            parameter: feedback.parameter,
        }
    }
}

/// One RTP header extension of a room.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct RouterHeaderExtension {
    /// Audio or video.
    kind: MediaKind,
    /// The extension's URI.
    uri: String,
    /// Its identifier.
    preferred_id: u8,
    /// Whether the value is encrypted; absent: no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    preferred_encrypt: bool,
    /// Seen from the room; absent: `sendrecv`.
    #[serde(skip_serializing_if = "both_ways")]
    direction: HeaderExtensionDirection,
}

impl From<RtpHeaderExtension> for RouterHeaderExtension {
    fn from(extension: RtpHeaderExtension) -> Self {
        Self {
            kind: extension.kind,
            uri: extension.uri,
            preferred_id: extension.preferred_id,
            preferred_encrypt: extension.preferred_encrypt,
            direction: extension.direction,
        }
    }
}

/// To TypeScript it is mediasoup-client's own type, which may lack the same members.
#[cfg(feature = "contracts")]
impl ts_rs::TS for RouterRtpCapabilities {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &ts_rs::Config) -> String {
        "RouterRtpCapabilities".into()
    }

    fn inline(_: &ts_rs::Config) -> String {
        "types.RtpCapabilities".into()
    }

    fn decl(config: &ts_rs::Config) -> String {
        format!("type {} = {};", Self::name(config), Self::inline(config))
    }

    fn output_path() -> Option<std::path::PathBuf> {
        Some("RouterRtpCapabilities.ts".into())
    }
}

fn both_ways(direction: &HeaderExtensionDirection) -> bool {
    *direction == HeaderExtensionDirection::SendRecv
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::Profile;

    #[test]
    fn what_is_left_out_is_what_reading_fills_in() {
        let whole = (*Profile::Full.rtp_capabilities()).clone();
        let told = RouterRtpCapabilities::from(whole.clone());
        let text = serde_json::to_string(&told).unwrap();
        for default in [r#""""#, "[]", "{}", "false", "sendrecv"] {
            assert!(!text.contains(default), "{default} in {text}");
        }
        let read: RtpCapabilities = serde_json::from_str(&text).unwrap();
        assert_eq!(read, whole);
    }
}
