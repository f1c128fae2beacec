//! What a worker tells the control side.

use serde::Serialize;

use crate::{CommandError, ConsumerId, ProducerId, Reply, RequestId, RouterId, TransportId};

/// Something happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// The router it happened in; `None` for replies that concern the worker.
    pub router: Option<RouterId>,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// A command was carried out, or not.
    Reply {
        /// Which.
        request: RequestId,
        /// How it went.
        result: Result<Reply, CommandError>,
    },
    /// A transport's ICE state changed.
    IceStateChange {
        /// Which.
        transport: TransportId,
        /// The new state.
        state: IceState,
    },
    /// A transport's DTLS state changed.
    DtlsStateChange {
        /// Which.
        transport: TransportId,
        /// The new state.
        state: DtlsState,
    },
    /// A transport is gone; its producers and consumers were announced before it.
    TransportClosed {
        /// Which.
        transport: TransportId,
        /// Why.
        reason: CloseReason,
    },
    /// A producer is gone; its consumers were announced before it.
    ProducerClosed {
        /// Which.
        producer: ProducerId,
        /// Why.
        reason: CloseReason,
    },
    /// A consumer is gone.
    ConsumerClosed {
        /// Which.
        consumer: ConsumerId,
        /// Why.
        reason: CloseReason,
    },
    /// How well a producer's streams arrive.
    ProducerScore {
        /// Which.
        producer: ProducerId,
        /// One entry per stream.
        scores: Vec<ProducerScore>,
    },
    /// A consumer switched layers; `None`: nothing is being sent.
    ConsumerLayersChange {
        /// Which.
        consumer: ConsumerId,
        /// The layers now.
        layers: Option<ConsumerLayers>,
    },
    /// A consumer's producer was paused or resumed.
    ConsumerProducerPaused {
        /// Which.
        consumer: ConsumerId,
        /// Paused or not.
        paused: bool,
    },
    /// A router is gone, after everything in it.
    RouterClosed,
}

/// Why an entity was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloseReason {
    /// The control side asked.
    Requested,
    /// Its router was closed.
    RouterClosed,
    /// Its transport was closed.
    TransportClosed,
    /// Its producer was closed.
    ProducerClosed,
    /// No valid ICE check for 30 s (RFC 7675).
    ConsentExpired,
    /// Never connected.
    ConnectTimeout,
    /// The handshake failed.
    DtlsFailed,
    /// The certificate is not the announced one.
    FingerprintMismatch,
    /// The remote side closed DTLS.
    DtlsClosed,
    /// A panic was caught in its work.
    Internal,
}

/// ICE state of a transport (mediasoup's names).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IceState {
    /// No valid check yet.
    #[default]
    New,
    /// Valid checks, none nominated.
    Connected,
    /// A pair is nominated.
    Completed,
    /// Consent is in doubt: no valid check for half the consent timeout.
    Disconnected,
    /// Closed.
    Closed,
}

/// DTLS state of a transport (mediasoup's names).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DtlsState {
    /// No handshake yet.
    #[default]
    New,
    /// Handshake under way.
    Connecting,
    /// Keys are in place.
    Connected,
    /// The handshake failed.
    Failed,
    /// Closed.
    Closed,
}

/// How well one stream arrives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducerScore {
    /// Its place among the producer's encodings.
    pub encoding_idx: usize,
    /// Its SSRC.
    pub ssrc: u32,
    /// Its restriction identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rid: Option<String>,
    /// 0 (dead) to 10 (perfect).
    pub score: u8,
}

/// The layers a consumer is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerLayers {
    /// 0 is the smallest.
    pub spatial_layer: u8,
    /// Highest temporal layer being sent, when the codec tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporal_layer: Option<u8>,
}
