//! Dialect "geni": one event makes both transports, and one call receives everybody.

use serde_json::{Value, json};

use super::{
    Dialect, Event,
    answer::{Answer, Told},
    event, shapes, union,
};
use crate::{
    error::ApiError,
    signaling::request::{
        ConsumerEntry, Direction, Join, Notification, Payload, ProducerEntry, Reply, Request,
        Transport, Which,
    },
};

/// Somebody produces; with that peer's name.
const NEWS: &str = "new-transport";

pub(super) const DIALECT: Dialect = Dialect {
    name: "geni",
    events: EVENTS,
    encode: union::encode,
    notify,
    ..super::COMPAT
};

const EVENTS: &[Event] = &[
    event("joinRoom", join),
    event("createWebRTCTransport", create_transports).answered(transports),
    event("transport-connect", union::connect_send),
    event("transport-produce", union::produce).answered(produced),
    event("transport-recv-connect", union::connect_receive),
    event("consume", consume).answered(consuming),
    // (user, consumerId)
    event("consumer-resume", union::resume_consumer),
];

fn join(payload: &Payload) -> Result<Request, ApiError> {
    let room = shapes::text_under(payload, &["param", "roomName", "roomId"]);
    let room = room.ok_or(ApiError::bad_request("missing field `param`"))?;
    Ok(Request::Join(Join {
        room: Some(room),
        display_name: shapes::text_under(payload, &["username"]),
        ..Join::default()
    }))
}

fn create_transports(_: &Payload) -> Result<Request, ApiError> {
    Ok(Request::All(union::make_both()))
}

fn transports(reply: Reply) -> Answer {
    let Value::Array(made) = union::answer(reply) else {
        return Answer::empty();
    };
    let mut made = made.into_iter();
    json!({ "producer": made.next(), "consumer": made.next() }).into()
}

/// Who produces is told that somebody does, as the others are: it receives them thereupon.
fn produced(reply: Reply) -> Answer {
    let name = match &reply {
        Reply::Produced { peer_name, .. } => json!(peer_name),
        _ => Value::Null,
    };
    union::encode(reply).after(NEWS, name)
}

fn consume(payload: &Payload) -> Result<Request, ApiError> {
    Ok(Request::ConsumeAll {
        transport: Transport::Implied(Direction::Receive),
        which: Which::default(),
        rtp_capabilities: shapes::capabilities(payload)?,
        paused: true,
    })
}

fn consuming(reply: Reply) -> Answer {
    let Reply::Consumers(entries) = reply else {
        return union::encode(reply);
    };
    let params = |entry: &ConsumerEntry| {
        let user = json!({ "user": user(&entry.producer) });
        shapes::extend(shapes::consumer(entry), user)
    };
    let list: Value = entries.iter().map(params).collect();
    json!({ "paramsList": list }).into()
}

/// How a peer is called on the page.
fn user(entry: &ProducerEntry) -> &str {
    entry.peer_name.as_deref().unwrap_or(&entry.peer)
}

fn notify(own: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::NewProducer(entry) => vec![(NEWS, json!(user(&entry)))],
        Notification::PeerLeft { peer, display_name } => {
            vec![("remove video", json!(display_name.unwrap_or(peer)))]
        }
        other => union::notify_connected(own, other),
    }
}
