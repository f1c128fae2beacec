//! Dialects B and B2: mediasoup tutorials without rooms. Everybody is in one room, a tab may receive
//! what it sends, and `consumer-resume` names nothing.

use serde_json::json;

use super::{Dialect, Event, answer::Told, event, shapes, union};
use crate::{
    error::ApiError,
    signaling::request::{Direction, Hears, Notification, Payload, Producer, Request, Transport},
};

pub(super) const DIALECT: Dialect = Dialect {
    name: "b",
    events: EVENTS,
    encode: union::encode,
    notify,
    hears: Hears::OnceAsked,
    ..super::COMPAT
};

/// The same under other names.
pub(super) const B2: Dialect = Dialect {
    name: "b2",
    events: B2_EVENTS,
    encode: union::encode,
    notify: union::notify_connected,
    ..super::COMPAT
};

const EVENTS: &[Event] = &[
    event("getRtpCapabilities", union::enter),
    event("createRoom", union::enter),
    event("createWebRtcTransport", create_transport),
    event("createWebRtcTransportSend", |_| {
        Ok(union::make(Direction::Send))
    }),
    event("createWebRtcTransportRcv", |_| {
        Ok(union::make(Direction::Receive))
    }),
    event("transport-connect", union::connect_send),
    event("transport-produce", union::produce),
    event("transport-recv-connect", connect_receive),
    event("consume", consume),
    event("consumer-resume", union::resume_consumer),
    event("getProducers", |_| Ok(Request::AllProducers)),
    event("tracksEnded", union::close_producers),
    // A socket that is in the default room asks this by mistake; the room answers it.
    event("joinRoom", union::join),
];

const B2_EVENTS: &[Event] = &[
    event("getRouterRtpCapabilities", union::enter),
    event("createTransport", union::create_transport_bare),
    event("connectProducerTransport", union::connect_send),
    event("transport-produce", union::produce),
    event("connectConsumerTransport", union::connect_receive),
    event("consumeMedia", union::consume_newest),
    event("resumePausedConsumer", union::resume_consumer),
];

/// The producer a receive transport is for, where a frontend has one for each.
fn remote(payload: &Payload) -> Option<String> {
    shapes::text_under(payload, &["producerId"])
}

fn create_transport(payload: &Payload) -> Result<Request, ApiError> {
    let mut request = union::create_transport(payload)?;
    if let Request::CreateTransport { label, .. } = &mut request {
        *label = remote(payload);
    }
    Ok(request)
}

fn connect_receive(payload: &Payload) -> Result<Request, ApiError> {
    match remote(payload) {
        Some(label) => union::connect(payload, Transport::Label(label)),
        None => union::connect_receive(payload),
    }
}

fn consume(payload: &Payload) -> Result<Request, ApiError> {
    let (Some(label), Some(id)) = (remote(payload), shapes::id_under(payload, &["producerId"]))
    else {
        return union::consume_newest(payload);
    };
    union::consume_on(payload, Transport::Label(label), Producer::Any(id), true)
}

/// Of producers hears only who asked for them.
fn notify(own: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::NewProducer(entry) => vec![("producer-add", json!(entry.producer))],
        Notification::ProducerClosed { producer, .. } => vec![("producer-remove", json!(producer))],
        other => union::notify_connected(own, other),
    }
}
