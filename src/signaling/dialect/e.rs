//! Dialect E: one event, `message`, both ways and without acknowledgements; its `type` is the verb.

use serde_json::{Value, json};

use super::{
    Dialect,
    answer::{Ack, Answer, Told, failure},
    event, shapes, union,
};
use crate::{
    error::ApiError,
    signaling::request::{
        Direction, Id, Join, Notification, Payload, Producer, Reply, Request, Transport,
    },
};

/// The only event.
const MESSAGE: &str = "message";

pub(super) const DIALECT: Dialect = Dialect {
    name: "e",
    events: &[event(MESSAGE, decode)],
    encode,
    fail,
    notify,
    ..super::COMPAT
};

fn decode(payload: &Payload) -> Result<Request, ApiError> {
    let verb = shapes::text_under(payload, &["type"]).unwrap_or_default();
    // `id` is the transport's in every message.
    let transport = shapes::id_under(payload, &["id"]);
    match verb.as_str() {
        "rtpCapabilities" => Ok(Request::Join(Join {
            room: shapes::text_under(payload, &["roomName", "roomId"]),
            stay: true,
            ..Join::default()
        })),
        "transport" => Ok(Request::All(union::make_both())),
        "connect" => union::connect(payload, named(transport, Direction::Send)),
        "produce" => {
            let source = payload.first().get("parameters").cloned();
            let source = Payload::new(vec![source.unwrap_or(Value::Null)]);
            let produce = shapes::produce(&source, named(transport, Direction::Send))?;
            Ok(Request::Produce(Box::new(produce)))
        }
        "consume" => {
            let producer = Producer::Id(shapes::required_id(payload, &["producerId"])?);
            union::consume_on(
                payload,
                named(transport, Direction::Receive),
                producer,
                false,
            )
        }
        _ => Err(ApiError::bad_request("unknown type of message")),
    }
}

fn named(id: Option<Id>, direction: Direction) -> Transport {
    id.map_or(Transport::Implied(direction), Transport::Id)
}

fn encode(reply: Reply) -> Answer {
    let (verb, answer) = match reply {
        Reply::Joined {
            rtp_capabilities, ..
        } => {
            let caps = shapes::value(&rtp_capabilities);
            ("rtpCapabilities", json!({ "rtpCapabilities": caps }))
        }
        Reply::All(transports) => {
            let mut made = transports.into_iter().map(union::answer);
            let both = json!({ "sendTransport": made.next(), "recvTransport": made.next() });
            ("transport", both)
        }
        Reply::Connected => ("connect", json!({})),
        Reply::Produced { id, .. } => ("produce", json!({ "id": id })),
        Reply::Consumer(entry) => ("consume", shapes::consumer(&entry)),
        other => ("done", union::answer(other)),
    };
    message(verb, answer)
}

fn fail(_: &str, error: &ApiError) -> Answer {
    message("error", failure(error))
}

fn message(verb: &str, answer: Value) -> Answer {
    let envelope = shapes::extend(answer, json!({ "type": verb }));
    Answer {
        told: vec![(MESSAGE, envelope)],
        ack: Ack::Empty,
    }
}

/// Producers' ids are handed on by people.
fn notify(_: &str, _: Notification) -> Vec<Told> {
    Vec::new()
}
