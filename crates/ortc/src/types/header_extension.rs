//! RTP header extensions (RFC 8285) as negotiated.

use serde::{Deserialize, Serialize};

use super::lenient::null_as_default;
use super::{CodecParameters, MediaKind};

/// A header extension in capabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
