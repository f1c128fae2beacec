//! Dialect B: mediasoup tutorials without rooms. Everybody is in one room, a tab may receive what
//! it sends, and `consumer-resume` names nothing.

use serde_json::{Value, json};

use super::{Dialect, Event, shapes, union};
use crate::{
    error::ApiError,
    signaling::request::{Consume, Direction, Notification, Payload, Request},
};

pub(super) const DIALECT: Dialect = Dialect {
    name: "b",
    events: EVENTS,
    encode: union::encode,
    notify,
    full_header_extensions: false,
    hears_from_join: false,
};

const EVENTS: &[Event] = &[
    event("getRtpCapabilities", join),
    event("createRoom", join),
    event("createWebRtcTransport", union::create_transport),
    event("transport-connect", union::connect_send),
    event("transport-produce", union::produce),
    event("transport-recv-connect", union::connect_receive),
    event("consume", consume),
    event("consumer-resume", union::resume_consumer),
    // A socket that is in the default room asks this by mistake; the room answers it.
    event("joinRoom", super::c::join),
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

pub(super) fn join(_: &Payload) -> Result<Request, ApiError> {
    Ok(Request::Join {
        room: None,
        display_name: None,
    })
}

fn consume(payload: &Payload) -> Result<Request, ApiError> {
    let capabilities: shapes::Capabilities = payload.parse()?;
    Ok(Request::Consume(Box::new(Consume {
        transport: crate::signaling::request::Transport::Implied(Direction::Receive),
        producer: None,
        rtp_capabilities: capabilities.rtp_capabilities,
    })))
}

fn notify(notification: Notification) -> Vec<(&'static str, Value)> {
    match notification {
        Notification::Welcome { .. } => welcome(notification),
        _ => Vec::new(),
    }
}

/// Sent before anybody knows the dialect, so it has every member the families read.
pub(super) fn welcome(notification: Notification) -> Vec<(&'static str, Value)> {
    let Notification::Welcome {
        socket,
        producer_exists,
    } = notification
    else {
        return Vec::new();
    };
    let payload = json!({
        "socketId": socket,
        "existsProducer": producer_exists,
        "isProducerExist": producer_exists,
        "existProducer": producer_exists,
    });
    vec![("connection-success", payload)]
}
