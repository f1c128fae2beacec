//! Dialects D and D′: frontends after the multi-party examples with a producer and a consumer
//! transport. D acknowledges in the manner of Node's callbacks, D′ with the bare answer.

use std::collections::BTreeSet;

use ortc::types::MediaKind;
use serde_json::{Value, json};

use super::{
    Dialect, Event,
    answer::{Answer, Told, failure},
    event, shapes, union,
};
use crate::{
    error::ApiError,
    signaling::request::{
        Consumers, Direction, Hears, Notification, Payload, Producer, ProducerEntry, Reply,
        Request, Transport, Which,
    },
};

/// Names for what a shared screen and everything else is.
const SCREEN: &str = "share_screen";
const STREAM: &str = "stream";

pub(super) const DIALECT: Dialect = Dialect {
    name: "d",
    events: EVENTS,
    encode,
    fail,
    notify,
    hears: Hears::FromJoin,
    // mediasoup-client before 3.5 is among its clients.
    without_mid: true,
    ..super::COMPAT
};

/// The same words with one-argument acknowledgements, for one publisher and many who watch.
pub(super) const PRIME: Dialect = Dialect {
    name: "d-prime",
    events: PRIME_EVENTS,
    encode: union::encode,
    notify: notify_prime,
    hears: Hears::FromJoin,
    // mediasoup-client before 3.5 is among its clients.
    without_mid: true,
    ..super::COMPAT
};

const EVENTS: &[Event] = &[
    event("getRouterRtpCapabilities", union::enter_or_stay),
    event("prepare_room", union::join),
    event("createProducerTransport", |_| {
        Ok(union::make(Direction::Send))
    }),
    event("connectProducerTransport", union::connect_send),
    event("produce", produce),
    event("createConsumerTransport", |_| {
        Ok(union::make(Direction::Receive))
    }),
    event("connectConsumerTransport", union::connect_receive),
    event("getCurrentProducers", |_| Ok(Request::Producers)).answered(current_producers),
    event("consumeAdd", consume_add),
    event("resumeAdd", resume_add),
    event("producerStopShareScreen", stop_screen),
    event("consume", union::consume_newest),
    event("resume", resume),
];

const PRIME_EVENTS: &[Event] = &[
    event("getRouterRtpCapabilities", union::enter_or_stay),
    event("createProducerTransport", |_| {
        Ok(union::make(Direction::Send))
    }),
    event("createConsumerTransport", |_| {
        Ok(union::make(Direction::Receive))
    }),
    event("connectProducerTransport", union::connect_send).answered(union::encode_empty),
    event("connectConsumerTransport", union::connect_receive).answered(union::encode_empty),
    event("produce", union::produce),
    event("consume", union::consume_newest),
    event("resume", resume).answered(union::encode_empty),
];

/// Whether a payload speaks of a shared screen, if it says.
fn display(payload: &Payload) -> Option<bool> {
    let mode = shapes::text_under(payload, &["mode"])?;
    Some(mode == SCREEN)
}

fn produce(payload: &Payload) -> Result<Request, ApiError> {
    let transport = shapes::id_under(payload, &["transportId"]);
    let transport = transport.map_or(Transport::Implied(Direction::Send), Transport::Id);
    let mut produce = shapes::produce(payload, transport)?;
    if let Some(display) = display(payload) {
        produce.display = display;
        produce.app_data = Some(json!({ "mode": mode(display) }).to_string());
    }
    Ok(Request::Produce(Box::new(produce)))
}

/// A remote peer's source. Its audio is never resumed, so it starts at once.
fn consume_add(payload: &Payload) -> Result<Request, ApiError> {
    let which = remote(payload)?;
    let paused = which.kind == Some(MediaKind::Video);
    union::consume_this(payload, Producer::Newest(which), paused)
}

fn resume_add(payload: &Payload) -> Result<Request, ApiError> {
    let which = remote(payload)?;
    Ok(Request::ResumeConsumers(Consumers::Which(which)))
}

fn remote(payload: &Payload) -> Result<Which, ApiError> {
    let peer = shapes::text_under(payload, &["remoteId"]);
    Ok(Which {
        peer: Some(peer.ok_or(ApiError::bad_request("missing field `remoteId`"))?),
        kind: shapes::kind(payload),
        display: display(payload),
    })
}

fn resume(payload: &Payload) -> Result<Request, ApiError> {
    Ok(Request::ResumeConsumers(Consumers::Which(Which {
        kind: shapes::kind(payload),
        ..Which::default()
    })))
}

fn stop_screen(_: &Payload) -> Result<Request, ApiError> {
    Ok(Request::CloseProducers(Which {
        display: Some(true),
        ..Which::default()
    }))
}

fn encode(reply: Reply) -> Answer {
    let answer = match reply {
        Reply::Connected | Reply::Resumed | Reply::Closed => json!({}),
        other => union::answer(other),
    };
    Answer::node_style(Value::Null, answer)
}

fn fail(_: &str, error: &ApiError) -> Answer {
    Answer::node_style(failure(error), Value::Null)
}

fn current_producers(reply: Reply) -> Answer {
    let Reply::Producers(producers) = reply else {
        return encode(reply);
    };
    let owners = |kind| {
        let of_kind = producers.iter().filter(|entry| entry.kind == kind);
        of_kind.map(|entry| &entry.peer).collect::<BTreeSet<_>>()
    };
    let answer = json!({
        "remoteVideoIds": owners(MediaKind::Video),
        "remoteAudioIds": owners(MediaKind::Audio),
    });
    Answer::node_style(Value::Null, answer)
}

fn mode(display: bool) -> &'static str {
    if display { SCREEN } else { STREAM }
}

fn notify(own: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::Welcome { socket, .. } => vec![union::welcome(&socket)],
        Notification::NewProducer(entry) => vec![("newProducer", new_producer(&entry))],
        Notification::ProducerClosed {
            peer,
            kind,
            display,
            ..
        } => {
            let payload = json!({
                "localId": own,
                "remoteId": peer,
                "kind": shapes::value(&kind),
                "mode": mode(display),
            });
            vec![("producerClosed", payload)]
        }
        _ => Vec::new(),
    }
}

fn new_producer(entry: &ProducerEntry) -> Value {
    let mode = json!({ "mode": mode(entry.display) });
    shapes::extend(union::producer(entry), mode)
}

/// That somebody produces is all it wants to know.
#[expect(clippy::needless_pass_by_value, reason = "every dialect's signature")]
fn notify_prime(_: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::Welcome {
            producer_exists: true,
            ..
        }
        | Notification::NewProducer(_) => vec![("newProducer", Value::Null)],
        _ => Vec::new(),
    }
}
