//! Dialect "call": namespace `/call`, where every event names the room and the direction.

use super::{Dialect, Event, answer::Told, event, shapes, union};
use crate::{
    error::ApiError,
    signaling::request::{Direction, Notification, Payload, Producer, Request, Transport},
};

pub(super) const DIALECT: Dialect = Dialect {
    name: "call",
    events: EVENTS,
    encode: union::encode,
    notify,
    ..super::COMPAT
};

/// The client asks for a transport per remote producer and uses the first it got for all.
const RECEIVING: Transport = Transport::First(Direction::Receive);

const EVENTS: &[Event] = &[
    event("create-peer", create_peer),
    event("join-room", union::join),
    event("create-transport", union::create_transport),
    event("connect-transport", connect),
    event("produce-transport", union::produce),
    event("get-producers", |_| Ok(Request::Producers)),
    event("consume-transport", consume),
    event("resume-consumer", union::resume_consumer),
];

/// The room may be named here already.
fn create_peer(payload: &Payload) -> Result<Request, ApiError> {
    match union::room(payload) {
        Some(_) if payload.first().is_object() => union::join(payload),
        _ => Ok(Request::Nothing),
    }
}

fn connect(payload: &Payload) -> Result<Request, ApiError> {
    if shapes::flag_under(payload, "consumer") == Some(true) {
        union::connect(payload, RECEIVING)
    } else {
        union::connect_send(payload)
    }
}

fn consume(payload: &Payload) -> Result<Request, ApiError> {
    let producer = Producer::Id(shapes::required_id(payload, &["remoteProducerId"])?);
    union::consume_on(payload, RECEIVING, producer, true)
}

fn notify(own: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::NewProducer(entry) => vec![("new-producer", union::producer(&entry))],
        Notification::ProducerClosed { producer, .. } => vec![union::producer_closed(producer)],
        other => union::notify_connected(own, other),
    }
}
