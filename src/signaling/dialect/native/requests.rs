//! What clients of the native dialect send: one type per event that carries something. Members nobody
//! knows are ignored.

use ortc::types::{DtlsParameters, MediaKind, RtpCapabilities, RtpParameters};
use serde::Deserialize;
use serde_json::Value;

#[cfg(feature = "contracts")]
use super::contract::AppData;
use crate::signaling::{
    dialect::{shapes, union},
    request::{Consume, Consumers, Direction, Id, Join, Produce, Producer, Request, Transport},
};

/// Enters a room.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct JoinRoom {
    /// The room's name, 1 to 256 characters.
    room_name: String,
    /// How the client calls itself, 1 to 256 characters.
    display_name: Option<String>,
    /// The token of the last answer to a join: to be that peer again.
    resume_token: Option<String>,
}

impl From<JoinRoom> for Request {
    fn from(join: JoinRoom) -> Self {
        Self::Join(Join {
            room: Some(join.room_name),
            display_name: join.display_name,
            resume_token: join.resume_token,
            ..Join::default()
        })
    }
}

/// Asks for the next of the others.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct GetPeers {
    /// `morePeers` of the answer before.
    after: u64,
}

impl From<GetPeers> for Request {
    fn from(GetPeers { after }: GetPeers) -> Self {
        Self::MorePeers { after }
    }
}

/// Makes a transport.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CreateWebRtcTransport {
    /// Whether the client will receive on it; otherwise it will send.
    consumer: bool,
}

impl From<CreateWebRtcTransport> for Request {
    fn from(wanted: CreateWebRtcTransport) -> Self {
        union::make(if wanted.consumer {
            Direction::Receive
        } else {
            Direction::Send
        })
    }
}

/// Tells a transport the client's certificate.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ConnectTransport {
    /// The client's transport.
    transport_id: Id,
    /// The client's certificate and role.
    dtls_parameters: DtlsParameters,
}

impl From<ConnectTransport> for Request {
    fn from(connect: ConnectTransport) -> Self {
        let transport = Transport::Id(connect.transport_id);
        Self::ConnectTransport(transport, connect.dtls_parameters)
    }
}

/// Tells a receive transport the client's certificate.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ConnectReceiveTransport {
    /// The client's transport.
    server_consumer_transport_id: Id,
    /// The client's certificate and role.
    dtls_parameters: DtlsParameters,
}

impl From<ConnectReceiveTransport> for Request {
    fn from(connect: ConnectReceiveTransport) -> Self {
        let transport = Transport::Id(connect.server_consumer_transport_id);
        Self::ConnectTransport(transport, connect.dtls_parameters)
    }
}

/// Asks for new ICE credentials.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RestartIce {
    /// The client's transport.
    transport_id: Id,
}

impl From<RestartIce> for Request {
    fn from(restart: RestartIce) -> Self {
        Self::RestartIce(restart.transport_id)
    }
}

/// Sends a source.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ProduceOnTransport {
    /// The client's transport.
    transport_id: Id,
    /// Audio or video.
    kind: MediaKind,
    /// How it is sent.
    rtp_parameters: RtpParameters,
    /// Shown to the others as it is: up to 4 KiB of JSON.
    #[serde(default)]
    #[cfg_attr(feature = "contracts", schemars(with = "Option<AppData>"), ts(as = "Option<AppData>", optional = nullable))]
    app_data: Option<Value>,
    /// Whether it starts paused.
    #[serde(default)]
    #[cfg_attr(feature = "contracts", ts(as = "Option<bool>", optional))]
    paused: bool,
}

impl From<ProduceOnTransport> for Request {
    fn from(source: ProduceOnTransport) -> Self {
        let said = source.app_data.as_ref();
        Self::Produce(Box::new(Produce {
            transport: Transport::Id(source.transport_id),
            kind: source.kind,
            rtp_parameters: source.rtp_parameters,
            display: said.is_some_and(shapes::captures_display),
            app_data: source.app_data.map(|data| data.to_string()),
            paused: source.paused,
        }))
    }
}

/// Ends one's own producer.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CloseProducer {
    /// The client's producer.
    producer_id: Id,
}

impl From<CloseProducer> for Request {
    fn from(close: CloseProducer) -> Self {
        Self::CloseProducer(close.producer_id)
    }
}

/// Stops forwarding one's own producer.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PauseProducer {
    /// The client's producer.
    producer_id: Id,
}

impl From<PauseProducer> for Request {
    fn from(pause: PauseProducer) -> Self {
        Self::PauseProducer(pause.producer_id)
    }
}

/// Forwards one's own producer again.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ResumeProducer {
    /// The client's producer.
    producer_id: Id,
}

impl From<ResumeProducer> for Request {
    fn from(resume: ResumeProducer) -> Self {
        Self::ResumeProducer(resume.producer_id)
    }
}

/// Receives another peer's producer.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ConsumeProducer {
    /// What the client can receive.
    rtp_capabilities: RtpCapabilities,
    /// Somebody else's producer.
    remote_producer_id: Id,
    /// The client's transport.
    server_consumer_transport_id: Id,
}

impl From<ConsumeProducer> for Request {
    fn from(wanted: ConsumeProducer) -> Self {
        Self::Consume(Box::new(Consume {
            transport: Transport::Id(wanted.server_consumer_transport_id),
            producer: Producer::Id(wanted.remote_producer_id),
            rtp_capabilities: wanted.rtp_capabilities,
            paused: true,
        }))
    }
}

/// Starts a consumer.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ResumeConsumer {
    /// The client's consumer.
    server_consumer_id: Id,
}

impl From<ResumeConsumer> for Request {
    fn from(resume: ResumeConsumer) -> Self {
        Self::ResumeConsumers(Consumers::Id(resume.server_consumer_id))
    }
}

/// Stops a consumer.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PauseConsumer {
    /// The client's consumer.
    server_consumer_id: Id,
}

impl From<PauseConsumer> for Request {
    fn from(pause: PauseConsumer) -> Self {
        Self::PauseConsumers(Consumers::Id(pause.server_consumer_id))
    }
}

/// Ends a consumer.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CloseConsumer {
    /// The client's consumer.
    server_consumer_id: Id,
}

impl From<CloseConsumer> for Request {
    fn from(close: CloseConsumer) -> Self {
        Self::CloseConsumer(close.server_consumer_id)
    }
}

/// Bounds the layers a consumer gets.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct SetPreferredLayers {
    /// The client's consumer.
    server_consumer_id: Id,
    /// The highest spatial layer wanted; 0 is the smallest.
    spatial_layer: u8,
    /// The highest temporal layer wanted; all of them when it is left out.
    temporal_layer: Option<u8>,
}

impl From<SetPreferredLayers> for Request {
    fn from(layers: SetPreferredLayers) -> Self {
        Self::SetPreferredLayers {
            consumer: layers.server_consumer_id,
            spatial: layers.spatial_layer,
            temporal: layers.temporal_layer,
        }
    }
}

/// Asks a consumer's producer for a key frame.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RequestKeyFrame {
    /// The client's consumer.
    server_consumer_id: Id,
}

impl From<RequestKeyFrame> for Request {
    fn from(ask: RequestKeyFrame) -> Self {
        Self::RequestKeyFrame(ask.server_consumer_id)
    }
}

/// Asks for the counters of a transport.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct GetStats {
    /// The client's transport.
    transport_id: Id,
}

impl From<GetStats> for Request {
    fn from(stats: GetStats) -> Self {
        Self::Stats(stats.transport_id)
    }
}
