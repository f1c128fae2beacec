//! The native dialect: the tables of `protocol.md`, spoken by `client-react`. Every event takes one
//! object or nothing and is acknowledged by one object.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Dialect, Event,
    answer::{Answer, Told},
    event, shapes, union,
};
use crate::{
    error::ApiError,
    signaling::request::{
        Consume, Consumers, Direction, Hears, Id, Join, Notification, Payload, PeerEntry, Producer,
        ProducerEntry, Reply, Request, Transport,
    },
};

/// The dialect.
pub const DIALECT: Dialect = Dialect {
    name: "native",
    events: EVENTS,
    encode,
    notify,
    full_header_extensions: true,
    hears: Hears::FromJoin,
    resumes: true,
    pages_peers: true,
    ..super::COMPAT
};

const EVENTS: &[Event] = &[
    event("joinRoom", join),
    event("getPeers", peers),
    event("leaveRoom", |_| Ok(Request::Leave)),
    event("createWebRtcTransport", create_transport),
    event("transport-connect", connect_send),
    event("transport-recv-connect", connect_receive),
    event("restart-ice", |p| Ok(Request::RestartIce(transport_id(p)?))),
    event("transport-produce", produce),
    event("producer-close", |p| {
        Ok(Request::CloseProducer(producer_id(p)?))
    }),
    event("producer-pause", |p| {
        Ok(Request::PauseProducer(producer_id(p)?))
    }),
    event("producer-resume", |p| {
        Ok(Request::ResumeProducer(producer_id(p)?))
    }),
    event("getProducers", |_| Ok(Request::Producers)),
    event("consume", consume),
    event("consumer-resume", |p| {
        let consumer = Consumers::Id(consumer_id(p)?);
        Ok(Request::ResumeConsumers(consumer))
    }),
    event("consumer-pause", |p| {
        let consumer = Consumers::Id(consumer_id(p)?);
        Ok(Request::PauseConsumers(consumer))
    }),
    event("consumer-close", |p| {
        Ok(Request::CloseConsumer(consumer_id(p)?))
    }),
    event("consumer-set-preferred-layers", set_preferred_layers),
    event("consumer-request-key-frame", |p| {
        Ok(Request::RequestKeyFrame(consumer_id(p)?))
    }),
    event("get-stats", |p| Ok(Request::Stats(transport_id(p)?))),
];

/// Every event clients of this dialect are told, in the order of `protocol.md`.
pub const NOTIFICATIONS: &[&str] = &[
    "connection-success",
    "new-peer",
    "peer-left",
    "new-producer",
    "producer-closed",
    "producer-paused",
    "producer-resumed",
    "consumer-layers-changed",
    "producer-score",
    "transport-closed",
    "room-closed",
];

fn join(payload: &Payload) -> Result<Request, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        room_name: String,
        display_name: Option<String>,
        resume_token: Option<String>,
    }
    let join: Named = payload.parse()?;
    Ok(Request::Join(Join {
        room: Some(join.room_name),
        display_name: join.display_name,
        resume_token: join.resume_token,
        ..Join::default()
    }))
}

fn peers(payload: &Payload) -> Result<Request, ApiError> {
    #[derive(Deserialize)]
    struct Place {
        after: u64,
    }
    let Place { after } = payload.parse()?;
    Ok(Request::MorePeers { after })
}

fn create_transport(payload: &Payload) -> Result<Request, ApiError> {
    #[derive(Deserialize)]
    struct Wanted {
        consumer: bool,
    }
    let wanted: Wanted = payload.parse()?;
    Ok(union::make(if wanted.consumer {
        Direction::Receive
    } else {
        Direction::Send
    }))
}

fn connect_send(payload: &Payload) -> Result<Request, ApiError> {
    let transport = Transport::Id(transport_id(payload)?);
    Ok(Request::ConnectTransport(transport, shapes::dtls(payload)?))
}

fn connect_receive(payload: &Payload) -> Result<Request, ApiError> {
    let transport = Transport::Id(receive_transport_id(payload)?);
    Ok(Request::ConnectTransport(transport, shapes::dtls(payload)?))
}

fn produce(payload: &Payload) -> Result<Request, ApiError> {
    let transport = Transport::Id(transport_id(payload)?);
    let produce = shapes::produce(payload, transport)?;
    Ok(Request::Produce(Box::new(produce)))
}

fn consume(payload: &Payload) -> Result<Request, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wanted {
        remote_producer_id: Id,
    }
    let wanted: Wanted = payload.parse()?;
    Ok(Request::Consume(Box::new(Consume {
        transport: Transport::Id(receive_transport_id(payload)?),
        producer: Producer::Id(wanted.remote_producer_id),
        rtp_capabilities: shapes::capabilities(payload)?,
        paused: true,
    })))
}

fn set_preferred_layers(payload: &Payload) -> Result<Request, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Layers {
        spatial_layer: u8,
        temporal_layer: Option<u8>,
    }
    let layers: Layers = payload.parse()?;
    Ok(Request::SetPreferredLayers {
        consumer: consumer_id(payload)?,
        spatial: layers.spatial_layer,
        temporal: layers.temporal_layer,
    })
}

fn transport_id(payload: &Payload) -> Result<Id, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        transport_id: Id,
    }
    payload.parse::<Named>().map(|named| named.transport_id)
}

fn receive_transport_id(payload: &Payload) -> Result<Id, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        server_consumer_transport_id: Id,
    }
    let named: Named = payload.parse()?;
    Ok(named.server_consumer_transport_id)
}

fn producer_id(payload: &Payload) -> Result<Id, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        producer_id: Id,
    }
    payload.parse::<Named>().map(|named| named.producer_id)
}

fn consumer_id(payload: &Payload) -> Result<Id, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        server_consumer_id: Id,
    }
    payload
        .parse::<Named>()
        .map(|named| named.server_consumer_id)
}

fn encode(reply: Reply) -> Answer {
    Answer::from(match reply {
        Reply::Joined {
            rtp_capabilities,
            peer,
            room,
            peers,
            more_peers,
            resume,
        } => json!({
            "rtpCapabilities": shapes::value(&rtp_capabilities),
            "peerId": peer,
            "roomName": room,
            "peers": peer_entries(&peers),
            "morePeers": more_peers,
            "resumeToken": resume.token,
            "resumed": resume.resumed,
            "own": shapes::value(&resume.own),
        }),
        Reply::MorePeers { peers, more_peers } => json!({
            "peers": peer_entries(&peers),
            "morePeers": more_peers,
        }),
        Reply::Left => json!({ "left": true }),
        Reply::Transport(options) => json!({ "params": shapes::value(&options) }),
        Reply::Connected => json!({ "connected": true }),
        Reply::IceParameters(parameters) => json!({ "iceParameters": shapes::value(&parameters) }),
        Reply::Stats(stats) => json!({ "stats": stats }),
        Reply::Produced {
            id,
            producers_exist,
            ..
        } => json!({ "id": id, "producersExist": producers_exist }),
        Reply::Producers(producers) => json!({ "producers": producer_entries(&producers) }),
        Reply::Consumer(entry) => {
            let more = json!({
                "peerId": entry.producer.peer,
                "appData": shapes::app_data(&entry.producer.app_data),
            });
            json!({ "params": shapes::extend(shapes::consumer(&entry), more) })
        }
        Reply::Closed => json!({ "closed": true }),
        Reply::Paused => json!({ "paused": true }),
        Reply::Resumed => json!({ "resumed": true }),
        // What the table above never asks for.
        other => union::answer(other),
    })
}

fn peer_entries(peers: &[PeerEntry]) -> Vec<Value> {
    peers.iter().map(peer_entry).collect()
}

fn peer_entry(peer: &PeerEntry) -> Value {
    json!({
        "peerId": peer.peer,
        "displayName": peer.display_name,
        "producers": producer_entries(&peer.producers),
    })
}

fn producer_entries(producers: &[ProducerEntry]) -> Vec<Value> {
    producers.iter().map(shapes::producer).collect()
}

fn notify(_: &str, notification: Notification) -> Vec<Told> {
    vec![match notification {
        Notification::Welcome { socket, .. } => ("connection-success", welcome(&socket)),
        Notification::NewPeer { peer, display_name } => (
            "new-peer",
            json!({ "peerId": peer, "displayName": display_name }),
        ),
        Notification::PeerLeft { peer, .. } => ("peer-left", json!({ "peerId": peer })),
        Notification::NewProducer(entry) => ("new-producer", shapes::producer(&entry)),
        Notification::ProducerClosed {
            producer,
            peer,
            consumers,
            reason,
            ..
        } => (
            "producer-closed",
            closed(producer, &peer, &consumers, reason),
        ),
        Notification::ProducerPaused {
            producer,
            peer,
            paused,
        } => (
            if paused {
                "producer-paused"
            } else {
                "producer-resumed"
            },
            json!({ "producerId": producer, "peerId": peer }),
        ),
        Notification::ConsumerLayersChanged { consumer, layers } => (
            "consumer-layers-changed",
            json!({
                "consumerId": consumer,
                "spatialLayer": layers.map(|(spatial, _)| spatial),
                "temporalLayer": layers.and_then(|(_, temporal)| temporal),
            }),
        ),
        Notification::ProducerScore { producer, scores } => (
            "producer-score",
            json!({ "producerId": producer, "scores": shapes::value(&scores) }),
        ),
        Notification::TransportClosed { transport, reason } => (
            "transport-closed",
            json!({ "transportId": transport, "reason": reason }),
        ),
        Notification::RoomClosed { reason, .. } => ("room-closed", json!({ "reason": reason })),
        Notification::PublicRooms(_) => return Vec::new(),
    }]
}

fn welcome(socket: &str) -> Value {
    json!({
        "socketId": socket,
        "dialect": DIALECT.name,
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn closed(producer: uuid::Uuid, peer: &str, consumers: &[uuid::Uuid], reason: &str) -> Value {
    let mut payload = json!({
        "remoteProducerId": producer,
        "producerId": producer,
        "peerId": peer,
        "reason": reason,
    });
    if let Some(consumer) = consumers.first() {
        payload["consumerId"] = json!(consumer);
    }
    payload
}
