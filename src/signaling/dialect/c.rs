//! Dialect C: mediasoup tutorials with rooms, and what frontends made of them. One receive transport
//! per remote producer, mostly no acknowledgement of connects and resumes.

use ortc::types::MediaKind;
use serde_json::{Value, json};

use super::{
    Dialect, Event,
    answer::{Answer, Told},
    event, shapes, union,
};
use crate::signaling::request::{Hears, Notification, ProducerEntry, Reply, Request};

/// `joinRoom {roomName}`.
pub(super) const DIALECT: Dialect = Dialect {
    name: "c",
    events: EVENTS,
    also: super::native::DIALECT.events,
    encode: union::encode,
    notify,
    ..super::COMPAT
};

/// `joinRoom {roomId}`: producers are listed with their owners, also in the answer to a join, and
/// announced under two names.
pub(super) const BY_ID: Dialect = Dialect {
    name: "c-room-id",
    lists_at_join: true,
    hears: Hears::OnceReceiving,
    encode: encode_owned,
    notify: notify_by_id,
    ..DIALECT
};

/// Namespace `/media`: producers are announced under a name of its own.
pub(super) const MEDIA: Dialect = Dialect {
    name: "media",
    encode: encode_success,
    notify: notify_media,
    ..DIALECT
};

/// `joinRoom {roomName, displayName}`: peers are told, too.
pub(super) const WITH_NAMES: Dialect = Dialect {
    name: "c-names",
    lists_at_join: true,
    encode: encode_owned,
    notify: notify_names,
    ..DIALECT
};

const EVENTS: &[Event] = &[
    event("joinRoom", union::join),
    event("join-conference", union::join),
    event("create-conference", union::join),
    event("createWebRtcTransport", union::create_transport),
    event("createWebRTCTransport", union::create_transport),
    event("transport-connect", union::connect_send),
    event("transport-produce", union::produce),
    event("getProducers", |_| Ok(Request::Producers)),
    event("get-producers", |_| Ok(Request::Producers)),
    event("getProducersPipedAlt", |_| Ok(Request::Producers)),
    event("getPeers", |_| Ok(Request::Peers)),
    event("transport-recv-connect", union::connect_receive),
    event("consume", union::consume_paused),
    event("consumer-resume", union::resume_consumer),
    event("consumer-pause", union::pause_consumer),
    event("producer-close", union::close_producer),
    event("check-video-exists", |_| {
        Ok(Request::Produces(MediaKind::Video))
    }),
    event("check-audio-exists", |_| {
        Ok(Request::Produces(MediaKind::Audio))
    }),
    event("exitRoom", union::leave).answered(union::encode_empty),
    // The client stops sending, and waits for the answer before it closes what it has.
    event("produceClose", union::close_producers).answered(union::encode_empty),
    // A socket that is in a room of this dialect asks these by mistake; the room answers them.
    event("getRtpCapabilities", union::enter),
    event("createRoom", union::enter),
];

/// Producers as objects.
fn encode_owned(reply: Reply) -> Answer {
    let answer = match reply {
        Reply::Producers(producers) => producers.iter().map(union::producer).collect(),
        Reply::Joined {
            rtp_capabilities,
            peers,
            ..
        } => {
            let producers = peers.iter().flat_map(|peer| &peer.producers);
            let producers: Value = producers.map(union::producer).collect();
            let capabilities = union::answer(Reply::RtpCapabilities(rtp_capabilities));
            shapes::extend(capabilities, json!({ "peers": producers }))
        }
        other => union::answer(other),
    };
    Answer::from(answer)
}

/// A join is a success in so many words.
fn encode_success(reply: Reply) -> Answer {
    let joined = matches!(reply, Reply::Joined { .. });
    let answer = union::answer(reply);
    if joined {
        return shapes::extend(answer, json!({ "success": true })).into();
    }
    answer.into()
}

fn notify(own: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::NewProducer(entry) => vec![new_producer(&entry)],
        Notification::ProducerClosed { producer, .. } => vec![union::producer_closed(producer)],
        // Some clients crash on events they do not expect.
        other => union::notify_connected(own, other),
    }
}

fn notify_by_id(own: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::NewProducer(entry) => {
            vec![
                new_producer(&entry),
                ("newProducer", union::producer(&entry)),
            ]
        }
        other => notify(own, other),
    }
}

fn notify_media(own: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::NewProducer(entry) => {
            // Of the level of everybody who is not the host.
            let more = json!({ "islevel": "1" });
            let payload = shapes::extend(union::producer(&entry), more);
            vec![("new-pipe-producer", payload)]
        }
        other => notify(own, other),
    }
}

fn notify_names(own: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::NewPeer { peer, display_name } => {
            vec![("new-peer", union::peer(&peer, display_name.as_deref()))]
        }
        Notification::PeerLeft { peer, .. } => vec![("peer-left", union::peer(&peer, None))],
        other => notify(own, other),
    }
}

fn new_producer(entry: &ProducerEntry) -> Told {
    ("new-producer", union::producer(entry))
}
