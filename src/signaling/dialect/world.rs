//! Dialect "world": namespace `/world`, one world for everybody, whose clients are told whom to
//! receive and ask by a name of their own.

use serde_json::{Value, json};

use super::{
    Dialect, Event,
    answer::{Answer, Told},
    event, shapes, union,
};
use crate::{
    error::ApiError,
    signaling::request::{Hears, Join, Notification, Payload, ProducerEntry, Reply, Request},
};

/// Producers to receive.
const PRODUCERS: &str = "consume-producers";

pub(super) const DIALECT: Dialect = Dialect {
    name: "world",
    events: EVENTS,
    encode: union::encode,
    notify,
    hears: Hears::FromJoin,
    ..super::COMPAT
};

const EVENTS: &[Event] = &[
    event("join-game", join).answered(joined),
    event("createWebRtcTransport", union::create_transport),
    event("transport-connect", union::connect_send),
    event("transport-produce", union::produce),
    event("transport-recv-connect", union::connect_receive),
    event("server-consume", union::consume_paused),
    event("consumer-resume", union::resume_consumer),
];

fn join(payload: &Payload) -> Result<Request, ApiError> {
    let join = Request::Join(Join {
        room: union::room(payload),
        display_name: shapes::text_under(payload, &["userName"]),
        ..Join::default()
    });
    Ok(Request::All(vec![join, Request::Producers]))
}

/// Who sends already is told as who begins later is: the client keeps it until it is ready.
fn joined(reply: Reply) -> Answer {
    let Reply::All(replies) = reply else {
        return union::encode(reply);
    };
    let (mut answer, mut told) = (json!({}), None);
    for reply in replies {
        match reply {
            Reply::Producers(producers) => told = Some(producers_told(&producers)),
            other => answer = union::answer(other),
        }
    }
    let answer = Answer::from(shapes::extend(answer, json!({ "selfProducerIds": [] })));
    match told {
        Some((event, producers)) => answer.after(event, producers),
        None => answer,
    }
}

fn producers_told(producers: &[ProducerEntry]) -> Told {
    let ids: Value = producers
        .iter()
        .map(|entry| json!(entry.producer))
        .collect();
    (PRODUCERS, json!({ "producerIds": ids }))
}

fn notify(_: &str, notification: Notification) -> Vec<Told> {
    let remote = |producer: uuid::Uuid| json!({ "remoteProducerId": producer });
    match notification {
        Notification::NewProducer(entry) => vec![producers_told(&[entry])],
        Notification::ProducerClosed { producer, .. } => vec![union::producer_closed(producer)],
        Notification::ProducerPaused {
            producer, paused, ..
        } => {
            let event = if paused {
                "consumer-paused"
            } else {
                "consumer-resumed"
            };
            vec![(event, remote(producer))]
        }
        _ => Vec::new(),
    }
}
