//! The native dialect: the tables of `protocol.md`, spoken by `client-react`. Every event takes one
//! object or nothing and is acknowledged by one object.

pub mod answers;
pub mod capabilities;
pub mod contract;
#[cfg(feature = "contracts")]
mod described;
pub mod notifications;
pub mod requests;

use answers::{
    Closed, Connected, ConsumerAnswer, Done, IceAnswer, JoinAnswer, Left, Paused, PeersPage,
    Produced, ProducersAnswer, Resumed, StatsAnswer, TransportAnswer, TransportInfo, list,
};
use contract::{Ask, Notice, Tell as _, ask, ask_nothing, events, notice};
use notifications::{
    ConnectionSuccess, ConsumerLayersChanged, NewPeer, NewProducer, PeerLeft, ProducerClosed,
    ProducerPaused, ProducerResumed, ProducerScore, RoomClosed, ServerDraining, ServerNotice,
    TransportClosed,
};
use requests::{
    CloseConsumer, CloseProducer, ConnectReceiveTransport, ConnectTransport, ConsumeProducer,
    CreateWebRtcTransport, GetPeers, GetStats, JoinRoom, PauseConsumer, PauseProducer,
    ProduceOnTransport, RequestKeyFrame, RestartIce, ResumeConsumer, ResumeProducer,
    SetPreferredLayers,
};
use uuid::Uuid;

use super::{
    Dialect, Event,
    answer::{Answer, Told},
    shapes, union,
};
use crate::{
    error::ErrorCode::{
        self, AlreadyConnected, AlreadyJoined, CannotConsume, Forbidden, InvalidDtlsParameters,
        InvalidRtpParameters, LimitConsumers, LimitJoins, LimitPeers, LimitProducers, LimitRooms,
        LimitTokens, LimitTransports, NotFound, Unauthorized,
    },
    signaling::request::{Hears, Notification, Reply, Request},
};

/// The dialect.
pub const DIALECT: Dialect = Dialect {
    name: "native",
    events: &EVENTS,
    encode,
    notify,
    full_header_extensions: true,
    lists_at_join: true,
    hears: Hears::FromJoin,
    resumes: true,
    pages_peers: true,
    ..super::COMPAT
};

/// Every event clients of this dialect may send, with what it carries, in the order of `protocol.md`.
pub const ASKS: [Ask; 19] = [
    ask::<JoinRoom, JoinAnswer>("joinRoom", ENTERING),
    ask::<GetPeers, PeersPage>("getPeers", &[]),
    ask_nothing::<Left>("leaveRoom", |_| Ok(Request::Leave)),
    ask::<CreateWebRtcTransport, TransportAnswer>("createWebRtcTransport", &[LimitTransports]),
    ask::<ConnectTransport, Connected>("transport-connect", CONNECTING),
    ask::<ConnectReceiveTransport, Connected>("transport-recv-connect", CONNECTING),
    ask::<RestartIce, IceAnswer>("restart-ice", &[NotFound]),
    ask::<ProduceOnTransport, Produced>(
        "transport-produce",
        &[Forbidden, NotFound, InvalidRtpParameters, LimitProducers],
    ),
    ask::<CloseProducer, Closed>("producer-close", &[NotFound]),
    ask::<PauseProducer, Paused>("producer-pause", &[NotFound]),
    ask::<ResumeProducer, Resumed>("producer-resume", &[NotFound]),
    ask_nothing::<ProducersAnswer>("getProducers", |_| Ok(Request::Producers)),
    ask::<ConsumeProducer, ConsumerAnswer>(
        "consume",
        &[Forbidden, NotFound, CannotConsume, LimitConsumers],
    ),
    ask::<ResumeConsumer, Resumed>("consumer-resume", &[NotFound]),
    ask::<PauseConsumer, Paused>("consumer-pause", &[NotFound]),
    ask::<CloseConsumer, Closed>("consumer-close", &[NotFound]),
    ask::<SetPreferredLayers, Done>("consumer-set-preferred-layers", &[NotFound]),
    ask::<RequestKeyFrame, Done>("consumer-request-key-frame", &[NotFound]),
    ask::<GetStats, StatsAnswer>("get-stats", &[NotFound]),
];

/// What may be wrong with entering a room.
const ENTERING: &[ErrorCode] = &[
    AlreadyJoined,
    Unauthorized,
    Forbidden,
    LimitPeers,
    LimitRooms,
    LimitJoins,
    LimitTokens,
    ErrorCode::ServerDraining,
];

/// What may be wrong with connecting a transport.
const CONNECTING: &[ErrorCode] = &[NotFound, AlreadyConnected, InvalidDtlsParameters];

const EVENTS: [Event; ASKS.len()] = events(&ASKS);

/// Every event clients of this dialect are told, with what it carries, in the order of `protocol.md`.
pub const NOTICES: [Notice; 13] = [
    notice::<ConnectionSuccess>(),
    notice::<NewPeer>(),
    notice::<PeerLeft>(),
    notice::<NewProducer>(),
    notice::<ProducerClosed>(),
    notice::<ProducerPaused>(),
    notice::<ProducerResumed>(),
    notice::<ConsumerLayersChanged>(),
    notice::<ProducerScore>(),
    notice::<TransportClosed>(),
    notice::<ServerNotice>(),
    notice::<ServerDraining>(),
    notice::<RoomClosed>(),
];

fn encode(reply: Reply) -> Answer {
    Answer::from(match reply {
        Reply::Joined {
            rtp_capabilities,
            peer,
            room,
            peers,
            more_peers,
            resume,
        } => shapes::value(&JoinAnswer {
            rtp_capabilities: rtp_capabilities.into(),
            peer_id: peer,
            room_name: room,
            peers: list(peers),
            more_peers,
            resume_token: resume.token,
            resumed: resume.resumed,
            own: resume.own,
        }),
        Reply::MorePeers { peers, more_peers } => shapes::value(&PeersPage {
            peers: list(peers),
            more_peers,
        }),
        Reply::Left => shapes::value(&Left { left: true }),
        Reply::Transport(options, ice_servers) => shapes::value(&TransportAnswer {
            params: TransportInfo::of(options, ice_servers),
        }),
        Reply::Connected => shapes::value(&Connected { connected: true }),
        Reply::IceParameters(ice_parameters) => shapes::value(&IceAnswer { ice_parameters }),
        Reply::Stats(stats) => shapes::value(&StatsAnswer { stats }),
        Reply::Produced {
            id,
            producers_exist,
            ..
        } => shapes::value(&Produced {
            id,
            producers_exist,
        }),
        Reply::Producers(producers) => shapes::value(&ProducersAnswer {
            producers: list(producers),
        }),
        Reply::Consumer(entry) => shapes::value(&ConsumerAnswer {
            params: (*entry).into(),
        }),
        Reply::Closed => shapes::value(&Closed { closed: true }),
        Reply::Paused => shapes::value(&Paused { paused: true }),
        Reply::Resumed => shapes::value(&Resumed { resumed: true }),
        Reply::Done => shapes::value(&Done {}),
        // What the table above never asks for.
        other => union::answer(other),
    })
}

fn notify(_: &str, notification: Notification) -> Vec<Told> {
    vec![match notification {
        Notification::Welcome { socket, .. } => ConnectionSuccess::of(socket, DIALECT.name).told(),
        Notification::NewPeer { peer, display_name } => NewPeer {
            peer_id: peer,
            display_name,
        }
        .told(),
        Notification::PeerLeft { peer, .. } => PeerLeft { peer_id: peer }.told(),
        Notification::NewProducer(entry) => NewProducer::from(entry).told(),
        Notification::ProducerClosed {
            producer,
            peer,
            consumers,
            reason,
            ..
        } => closed(producer, peer, consumers.first().copied(), reason),
        Notification::OwnProducerClosed {
            producer,
            peer,
            reason,
        } => closed(producer, peer, None, reason),
        Notification::ProducerPaused {
            producer,
            peer,
            paused,
        } => paused_or_resumed(producer, peer, paused),
        Notification::ConsumerLayersChanged { consumer, layers } => ConsumerLayersChanged {
            consumer_id: consumer,
            spatial_layer: layers.map(|(spatial, _)| spatial),
            temporal_layer: layers.and_then(|(_, temporal)| temporal),
        }
        .told(),
        Notification::ProducerScore { producer, scores } => ProducerScore {
            producer_id: producer,
            scores,
        }
        .told(),
        Notification::TransportClosed { transport, reason } => TransportClosed {
            transport_id: transport,
            reason,
        }
        .told(),
        Notification::Notice { message } => ServerNotice { message }.told(),
        Notification::ServerDraining { seconds } => ServerDraining { seconds }.told(),
        Notification::RoomClosed { reason, .. } => RoomClosed { reason }.told(),
        Notification::PublicRooms(_) => return Vec::new(),
    }]
}

fn closed(
    producer_id: Uuid,
    peer_id: String,
    consumer_id: Option<Uuid>,
    reason: &'static str,
) -> Told {
    ProducerClosed {
        remote_producer_id: producer_id,
        producer_id,
        peer_id,
        consumer_id,
        reason,
    }
    .told()
}

fn paused_or_resumed(producer_id: Uuid, peer_id: String, paused: bool) -> Told {
    if paused {
        ProducerPaused {
            producer_id,
            peer_id,
        }
        .told()
    } else {
        ProducerResumed {
            producer_id,
            peer_id,
        }
        .told()
    }
}
