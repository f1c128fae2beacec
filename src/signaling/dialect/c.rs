//! Dialect C: mediasoup tutorials with rooms. One receive transport per remote producer, mostly no
//! acknowledgement of connects and resumes.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Dialect, Event, shapes, union};
use crate::{
    error::ApiError,
    signaling::request::{Consume, Direction, Id, Notification, Payload, Request},
};

pub(super) const DIALECT: Dialect = Dialect {
    name: "c",
    events: EVENTS,
    encode: union::encode,
    notify,
    full_header_extensions: false,
    hears_from_join: false,
};

const EVENTS: &[Event] = &[
    event("joinRoom", join),
    event("createWebRtcTransport", union::create_transport),
    event("transport-connect", union::connect_send),
    event("transport-produce", union::produce),
    event("getProducers", |_| Ok(Request::Producers)),
    event("transport-recv-connect", union::connect_receive),
    event("consume", consume),
    event("consumer-resume", union::resume_consumer),
    // A socket that is in a room of this dialect asks these by mistake; the room answers them.
    event("getRtpCapabilities", super::b::join),
    event("createRoom", super::b::join),
    #[cfg(feature = "fault-injection")]
    event("fault-panic", |_| Ok(Request::Panic)),
    #[cfg(feature = "fault-injection")]
    event("fault-worker", |_| Ok(Request::PanicWorker)),
    #[cfg(feature = "fault-injection")]
    event("fault-stall", |_| Ok(Request::StallWorker)),
];

const fn event(name: &'static str, decode: super::Decode) -> Event {
    Event { name, decode }
}

pub(super) fn join(payload: &Payload) -> Result<Request, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Join {
        #[serde(alias = "roomId")]
        room_name: String,
        display_name: Option<String>,
    }
    let join: Join = payload.parse()?;
    Ok(Request::Join {
        room: Some(join.room_name),
        display_name: join.display_name,
    })
}

fn consume(payload: &Payload) -> Result<Request, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wanted {
        remote_producer_id: Id,
    }
    let capabilities: shapes::Capabilities = payload.parse()?;
    let wanted: Wanted = payload.parse()?;
    let named: union::NamedTransport = payload.parse()?;
    Ok(Request::Consume(Box::new(Consume {
        transport: named.or(Direction::Receive),
        producer: Some(wanted.remote_producer_id),
        rtp_capabilities: capabilities.rtp_capabilities,
    })))
}

fn notify(notification: Notification) -> Vec<(&'static str, Value)> {
    match notification {
        Notification::Welcome { .. } => super::b::welcome(notification),
        Notification::NewProducer(entry) => vec![("new-producer", union::new_producer(&entry))],
        Notification::ProducerClosed { producer, .. } => vec![producer_closed(producer)],
        // No word for it: the producers go, and the client empties its page.
        Notification::RoomClosed { producers, .. } => {
            producers.into_iter().map(producer_closed).collect()
        }
        // Some clients crash on events they do not expect.
        Notification::NewPeer { .. }
        | Notification::PeerLeft { .. }
        | Notification::ProducerPaused { .. }
        | Notification::ConsumerLayersChanged { .. }
        | Notification::ProducerScore { .. }
        | Notification::TransportClosed { .. } => Vec::new(),
    }
}

fn producer_closed(producer: uuid::Uuid) -> (&'static str, Value) {
    let payload = json!({ "remoteProducerId": producer, "producerId": producer });
    ("producer-closed", payload)
}
