//! Data channels: SCTP association and stream parameters, as mediasoup-client reads and writes them.

use serde::{Deserialize, Serialize};

/// How many SCTP streams one side wants (RFC 4960 §3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumSctpStreams {
    /// Outgoing streams at first.
    #[serde(rename = "OS")]
    pub os: u16,
    /// Incoming streams at most.
    #[serde(rename = "MIS")]
    pub mis: u16,
}

/// What an endpoint supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SctpCapabilities {
    /// Streams it wants.
    pub num_streams: NumSctpStreams,
}

/// A transport's SCTP association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SctpParameters {
    /// Port; 5000 in WebRTC.
    pub port: u16,
    /// Outgoing streams at first.
    #[serde(rename = "OS")]
    pub os: u16,
    /// Incoming streams at most.
    #[serde(rename = "MIS")]
    pub mis: u16,
    /// Largest message in bytes (RFC 8841).
    pub max_message_size: u32,
}

/// One data channel's stream (RFC 8832).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SctpStreamParameters {
    /// Stream identifier.
    pub stream_id: u16,
    /// Whether messages arrive in order; unstated, it follows from the two below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered: Option<bool>,
    /// Milliseconds after which a message is given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_packet_life_time: Option<u16>,
    /// Times a message is sent again before it is given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_retransmits: Option<u16>,
}
