//! What clients of the native dialect are told without asking: one type per event.

use serde::Serialize;
use uuid::Uuid;

use super::{answers::ProducerInfo, contract::Tell};
use crate::signaling::request::{ProducerEntry, Score};

/// The socket is open.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ConnectionSuccess {
    /// The socket's id.
    socket_id: String,
    /// How the socket speaks: `native`, or `unknown` when its handshake did not say.
    dialect: &'static str,
    /// The version of server and protocol.
    version: &'static str,
}

impl Tell for ConnectionSuccess {
    const EVENT: &'static str = "connection-success";
}

impl ConnectionSuccess {
    pub(in crate::signaling::dialect) fn of(socket_id: String, dialect: &'static str) -> Self {
        Self {
            socket_id,
            dialect,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Another peer joined.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct NewPeer {
    /// The other's id.
    pub(super) peer_id: String,
    /// How it calls itself, or null.
    pub(super) display_name: Option<String>,
}

impl Tell for NewPeer {
    const EVENT: &'static str = "new-peer";
}

/// Another peer left.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PeerLeft {
    /// The other's id.
    pub(super) peer_id: String,
}

impl Tell for PeerLeft {
    const EVENT: &'static str = "peer-left";
}

/// Another peer's producer can be consumed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(transparent)]
pub struct NewProducer(ProducerInfo);

impl Tell for NewProducer {
    const EVENT: &'static str = "new-producer";
}

impl From<ProducerEntry> for NewProducer {
    fn from(entry: ProducerEntry) -> Self {
        Self(entry.into())
    }
}

/// A producer is gone: another peer's, or the client's own that somebody else ended.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ProducerClosed {
    /// The producer's id.
    pub(super) remote_producer_id: Uuid,
    /// The same.
    pub(super) producer_id: Uuid,
    /// Whose it was.
    pub(super) peer_id: String,
    /// The client's consumer of it, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contracts", schemars(with = "Uuid"), ts(optional))]
    pub(super) consumer_id: Option<Uuid>,
    /// Why.
    #[cfg_attr(
        feature = "contracts",
        schemars(with = "ends::ProducerEnd"),
        ts(as = "ends::ProducerEnd", inline)
    )]
    pub(super) reason: &'static str,
}

impl Tell for ProducerClosed {
    const EVENT: &'static str = "producer-closed";
}

/// Another peer paused its producer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ProducerPaused {
    /// The producer's id.
    pub(super) producer_id: Uuid,
    /// Whose it is.
    pub(super) peer_id: String,
}

impl Tell for ProducerPaused {
    const EVENT: &'static str = "producer-paused";
}

/// Another peer resumed its producer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ProducerResumed {
    /// The producer's id.
    pub(super) producer_id: Uuid,
    /// Whose it is.
    pub(super) peer_id: String,
}

impl Tell for ProducerResumed {
    const EVENT: &'static str = "producer-resumed";
}

/// The client's consumer is sent other layers.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ConsumerLayersChanged {
    /// The client's consumer.
    pub(super) consumer_id: Uuid,
    /// What it is sent, null when that is nothing.
    pub(super) spatial_layer: Option<u8>,
    /// What it is sent, null when that is nothing or the codec does not tell.
    pub(super) temporal_layer: Option<u8>,
}

impl Tell for ConsumerLayersChanged {
    const EVENT: &'static str = "consumer-layers-changed";
}

/// How well the client's own producer arrives.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ProducerScore {
    /// The client's producer.
    pub(super) producer_id: Uuid,
    /// One entry per stream.
    pub(super) scores: Vec<Score>,
}

impl Tell for ProducerScore {
    const EVENT: &'static str = "producer-score";
}

/// The client's transport is gone with everything on it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TransportClosed {
    /// The client's transport.
    pub(super) transport_id: Uuid,
    /// Why.
    #[cfg_attr(
        feature = "contracts",
        schemars(with = "ends::TransportEnd"),
        ts(as = "ends::TransportEnd", inline)
    )]
    pub(super) reason: &'static str,
}

impl Tell for TransportClosed {
    const EVENT: &'static str = "transport-closed";
}

/// Who operates the server has something to say.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ServerNotice {
    /// A text for people.
    pub(super) message: String,
}

impl Tell for ServerNotice {
    const EVENT: &'static str = "notice";
}

/// The server is going down: it opens no rooms any more and waits for those that are open.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ServerDraining {
    /// Until it ends, at the latest.
    pub(super) seconds: u64,
}

impl Tell for ServerDraining {
    const EVENT: &'static str = "server-draining";
}

/// The room is gone with everything in it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RoomClosed {
    /// Why.
    #[cfg_attr(
        feature = "contracts",
        schemars(with = "ends::RoomEnd"),
        ts(as = "ends::RoomEnd", inline)
    )]
    pub(super) reason: &'static str,
}

impl Tell for RoomClosed {
    const EVENT: &'static str = "room-closed";
}

// The rooms and the media engine write them.
/// Why something ended, as words.
#[cfg(feature = "contracts")]
pub mod ends {
    use serde::Serialize;

    /// Why a producer is gone.
    #[derive(Debug, Serialize, schemars::JsonSchema, ts_rs::TS)]
    #[schemars(inline)]
    #[serde(rename_all = "kebab-case")]
    pub enum ProducerEnd {
        /// Its owner closed it.
        ProducerClosed,
        /// Who operates the server closed it: its owner is told, too.
        ClosedByOperator,
        /// Its owner left.
        PeerLeft,
        /// Its transport was closed.
        TransportClosed,
        /// A fault of the server.
        Internal,
        /// It goes on; the client's place among those who receive was given to another.
        Evicted,
    }

    /// Why a transport is gone.
    #[derive(Debug, Serialize, schemars::JsonSchema, ts_rs::TS)]
    #[schemars(inline)]
    #[serde(rename_all = "kebab-case")]
    pub enum TransportEnd {
        /// The client was silent for too long.
        ConsentExpired,
        /// The client never connected it.
        ConnectTimeout,
        /// The DTLS handshake failed.
        DtlsFailed,
        /// The client's certificate is not the one it told.
        FingerprintMismatch,
        /// The client closed DTLS.
        DtlsClosed,
        /// A fault of the server.
        Internal,
    }

    /// Why a room is gone.
    #[derive(Debug, Serialize, schemars::JsonSchema, ts_rs::TS)]
    #[schemars(inline)]
    #[serde(rename_all = "kebab-case")]
    pub enum RoomEnd {
        /// Its media worker died; it can be joined again.
        WorkerDied,
        /// It was closed.
        RoomClosed,
        /// Who operates the server took the client out of it.
        Kicked,
    }
}
