//! What clients of the native dialect are answered: one type per acknowledgement.

use std::fmt;

use ortc::types::{IceParameters, MediaKind, RtpParameters, RtpType};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::capabilities::RouterRtpCapabilities;
#[cfg(feature = "contracts")]
use super::contract::AppData;
#[cfg(feature = "contracts")]
use crate::error::ErrorCode;
use crate::{
    config::IceServer,
    error::ApiError,
    signaling::{
        dialect::shapes,
        request::{ConsumerEntry, Own, PeerEntry, ProducerEntry, TransportOptions},
    },
};

/// The client is in the room.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct JoinAnswer {
    /// What the room can receive; for `Device.load`.
    pub(super) rtp_capabilities: RouterRtpCapabilities,
    /// The client's own id in the room.
    pub(super) peer_id: String,
    /// The room's name.
    pub(super) room_name: String,
    /// The others, those who send first, as far as they fit.
    pub(super) peers: Vec<PeerInfo>,
    /// Where `getPeers` goes on, or null.
    pub(super) more_peers: Option<u64>,
    /// What the next `joinRoom` shows to be this peer again, or null where nobody can.
    pub(super) resume_token: Option<String>,
    /// Whether the client is the peer it was.
    pub(super) resumed: bool,
    /// What of that peer lives.
    pub(super) own: Own,
}

/// More of the others in the room.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PeersPage {
    /// As many as fit.
    pub(super) peers: Vec<PeerInfo>,
    /// Where `getPeers` goes on, or null.
    pub(super) more_peers: Option<u64>,
}

/// The client is in no room.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Left {
    #[cfg_attr(feature = "contracts", schemars(extend("const" = true)), ts(type = "true"))]
    pub(super) left: bool,
}

/// A new transport.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct TransportAnswer {
    pub(super) params: TransportInfo,
}

/// What a client needs to build its side of a transport.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TransportInfo {
    /// The transport itself.
    #[serde(flatten)]
    options: TransportOptions,
    /// STUN and TURN servers for the browser; absent: none is needed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "contracts", ts(as = "Option<Vec<IceServerInfo>>", optional))]
    ice_servers: Vec<IceServerInfo>,
}

impl TransportInfo {
    pub(super) fn of(options: TransportOptions, ice_servers: Vec<IceServer>) -> Self {
        Self {
            options,
            ice_servers: list(ice_servers),
        }
    }
}

/// A STUN or TURN server: an `RTCIceServer` of browsers.
#[derive(Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct IceServerInfo {
    /// `stun:…` or `turn:…`.
    urls: String,
    /// User name of a TURN server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contracts", schemars(with = "String"), ts(optional))]
    username: Option<String>,
    /// Its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contracts", schemars(with = "String"), ts(optional))]
    credential: Option<String>,
}

impl From<IceServer> for IceServerInfo {
    fn from(server: IceServer) -> Self {
        let (username, credential) = server.credentials.unzip();
        Self {
            urls: server.url,
            username,
            credential,
        }
    }
}

impl fmt::Debug for IceServerInfo {
    /// Nothing of the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.urls)
    }
}

/// The transport knows the client's certificate.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Connected {
    #[cfg_attr(feature = "contracts", schemars(extend("const" = true)), ts(type = "true"))]
    pub(super) connected: bool,
}

/// New ICE credentials.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct IceAnswer {
    /// For mediasoup-client's `restartIce`.
    pub(super) ice_parameters: IceParameters,
}

/// A new producer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Produced {
    /// The producer's id.
    pub(super) id: Uuid,
    /// Whether others of the room produce, too.
    pub(super) producers_exist: bool,
}

/// It is closed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Closed {
    #[cfg_attr(feature = "contracts", schemars(extend("const" = true)), ts(type = "true"))]
    pub(super) closed: bool,
}

/// It is paused.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Paused {
    #[cfg_attr(feature = "contracts", schemars(extend("const" = true)), ts(type = "true"))]
    pub(super) paused: bool,
}

/// It flows again.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Resumed {
    #[cfg_attr(feature = "contracts", schemars(extend("const" = true)), ts(type = "true"))]
    pub(super) resumed: bool,
}

/// The others' producers, oldest first.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ProducersAnswer {
    pub(super) producers: Vec<ProducerInfo>,
}

/// A new consumer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ConsumerAnswer {
    pub(super) params: ConsumerInfo,
}

/// Nothing to say.
#[derive(Debug, Serialize)]
#[cfg_attr(
    feature = "contracts",
    derive(schemars::JsonSchema, ts_rs::TS),
    ts(type = "Record<string, never>")
)]
pub struct Done {}

/// Counters of a transport.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct StatsAnswer {
    #[cfg_attr(
        feature = "contracts",
        schemars(with = "TransportStats"),
        ts(as = "TransportStats")
    )]
    pub(super) stats: Value,
}

// The media engine writes them; a test compares.
/// Counters of a transport since it was made.
#[cfg(feature = "contracts")]
#[derive(Debug, Serialize, schemars::JsonSchema, ts_rs::TS)]
#[serde(rename_all = "camelCase")]
struct TransportStats {
    /// `new`, `connected`, `completed`, `disconnected` or `closed`.
    ice_state: String,
    /// `new`, `connecting`, `connected`, `failed` or `closed`.
    dtls_state: String,
    /// The client's address in use, null until ICE has found one.
    ice_selected_tuple: Option<String>,
    /// Bytes of datagrams from the client.
    bytes_received: u64,
    /// Bytes of datagrams to the client.
    bytes_sent: u64,
    /// RTP packets from the client.
    rtp_packets_received: u64,
    /// RTP packets to the client.
    rtp_packets_sent: u64,
    /// Bits per second from the client, lately.
    recv_bitrate: u64,
    /// Bits per second to the client, lately.
    send_bitrate: u64,
    /// Packets that were not authentic, or came twice.
    srtp_failures: u64,
    /// Datagrams dropped for other reasons.
    dropped: u64,
    /// Bits per second the client was told it may send, null until it was.
    available_incoming_bitrate: Option<u64>,
    /// Bits per second the client told it can receive, null until it did.
    available_outgoing_bitrate: Option<u64>,
    /// The SRTP protection profile, null until DTLS is done.
    srtp_profile: Option<String>,
}

/// Another peer of the room.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PeerInfo {
    /// Its id.
    peer_id: String,
    /// How it calls itself, or null.
    display_name: Option<String>,
    /// What it sends.
    producers: Vec<ProducerInfo>,
}

impl From<PeerEntry> for PeerInfo {
    fn from(peer: PeerEntry) -> Self {
        Self {
            peer_id: peer.peer,
            display_name: peer.display_name,
            producers: list(peer.producers),
        }
    }
}

/// Somebody's producer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ProducerInfo {
    /// Its id.
    producer_id: Uuid,
    /// Whose it is.
    peer_id: String,
    /// Audio or video.
    kind: MediaKind,
    /// What its owner gave, or null.
    #[cfg_attr(
        feature = "contracts",
        schemars(with = "Option<AppData>"),
        ts(as = "Option<AppData>")
    )]
    app_data: Value,
    /// Whether its owner paused it.
    paused: bool,
}

impl From<ProducerEntry> for ProducerInfo {
    fn from(entry: ProducerEntry) -> Self {
        Self {
            producer_id: entry.producer,
            app_data: shapes::app_data(&entry.app_data),
            peer_id: entry.peer,
            kind: entry.kind,
            paused: entry.paused,
        }
    }
}

/// What mediasoup-client's `consume` takes, and more.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ConsumerInfo {
    /// The consumer's id.
    id: Uuid,
    /// The same.
    server_consumer_id: Uuid,
    /// The producer it receives.
    producer_id: Uuid,
    /// Whose that is.
    peer_id: String,
    /// Audio or video.
    kind: MediaKind,
    /// How it arrives.
    rtp_parameters: RtpParameters,
    /// Whether the producer sends one stream, several, or one with layers.
    #[serde(rename = "type")]
    rtp_type: RtpType,
    /// Whether the producer's owner paused it.
    producer_paused: bool,
    /// What the producer's owner gave, or null.
    #[cfg_attr(
        feature = "contracts",
        schemars(with = "Option<AppData>"),
        ts(as = "Option<AppData>")
    )]
    app_data: Value,
}

impl From<ConsumerEntry> for ConsumerInfo {
    fn from(entry: ConsumerEntry) -> Self {
        Self {
            id: entry.id,
            server_consumer_id: entry.id,
            producer_id: entry.producer.producer,
            app_data: shapes::app_data(&entry.producer.app_data),
            peer_id: entry.producer.peer,
            kind: entry.producer.kind,
            rtp_parameters: entry.rtp_parameters,
            rtp_type: entry.rtp_type,
            producer_paused: entry.producer.paused,
        }
    }
}

/// Why an event failed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ErrorAnswer {
    /// A sentence for people.
    error: String,
    /// A stable word for programs.
    #[cfg_attr(
        feature = "contracts",
        schemars(with = "ErrorCode"),
        ts(as = "ErrorCode")
    )]
    code: &'static str,
    /// Both again.
    params: ErrorParams,
}

/// Why an event failed, for clients that look there.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ErrorParams {
    /// A sentence for people.
    error: String,
    /// A stable word for programs.
    #[cfg_attr(
        feature = "contracts",
        schemars(with = "ErrorCode"),
        ts(as = "ErrorCode")
    )]
    code: &'static str,
}

impl From<&ApiError> for ErrorAnswer {
    fn from(error: &ApiError) -> Self {
        let (sentence, code) = (error.message.to_string(), error.code.as_str());
        Self {
            error: sentence.clone(),
            code,
            params: ErrorParams {
                error: sentence,
                code,
            },
        }
    }
}

/// Canonical entries as what is sent.
pub(super) fn list<Entry, Info: From<Entry>>(entries: Vec<Entry>) -> Vec<Info> {
    entries.into_iter().map(Info::from).collect()
}
