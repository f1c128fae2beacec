//! Dialect A-mid: frontends that list rooms before they join one, and have one receive transport per
//! remote peer, which goes by that peer's name; no transport's id is ever said.

use ortc::types::MediaKind;
use serde_json::{Value, json};

use super::{
    Dialect, Event,
    answer::{Answer, Told},
    event, shapes, union,
};
use crate::{
    error::ApiError,
    signaling::request::{
        ConsumerEntry, Direction, Notification, Payload, Reply, Request, Transport, Which,
    },
};

pub(super) const DIALECT: Dialect = Dialect {
    name: "a-mid",
    events: EVENTS,
    encode: union::encode,
    notify,
    public: true,
    ..super::COMPAT
};

const EVENTS: &[Event] = &[
    event("join-room", union::join),
    event("leave-room", union::leave),
    event("create-router", union::enter),
    event("create-webRTC-transport", create_transport),
    event("transport-connect", union::connect_send),
    event("transport-produce", produce).answered(produced),
    event("recv-connect", connect_receive),
    event("consume-all", consume).answered(consuming),
    event("consume-single", consume).answered(consuming),
];

/// The peer a receive transport is for.
fn remote(payload: &Payload) -> Option<String> {
    shapes::text_under(payload, &["produceSocketId", "produceSocket"])
}

fn create_transport(payload: &Payload) -> Result<Request, ApiError> {
    let receive = shapes::flag_under(payload, "isConsumer").unwrap_or(false);
    Ok(if receive {
        Request::CreateTransport {
            direction: Direction::Receive,
            label: remote(payload),
        }
    } else {
        union::make(Direction::Send)
    })
}

fn receiving(payload: &Payload) -> Transport {
    remote(payload).map_or(Transport::Implied(Direction::Receive), Transport::Label)
}

fn connect_receive(payload: &Payload) -> Result<Request, ApiError> {
    union::connect(payload, receiving(payload))
}

fn produce(payload: &Payload) -> Result<Request, ApiError> {
    let mut produce = shapes::produce(payload, Transport::Implied(Direction::Send))?;
    let tag = shapes::text_under(payload, &["mediaTag"]);
    produce.display = tag.as_deref() == Some("display");
    produce.app_data = Some(json!({ "mediaTag": tag }).to_string());
    Ok(Request::All(vec![
        Request::Produce(Box::new(produce)),
        Request::Peers,
    ]))
}

/// Whoever can be consumed already is named, so that the client does it.
fn produced(reply: Reply) -> Answer {
    let Reply::All(replies) = reply else {
        return union::encode(reply);
    };
    let mut answer = json!({ "existUserObj": [] });
    for reply in replies {
        answer = match reply {
            Reply::Peers(peers) => {
                let sending = peers.into_iter().filter(|peer| peer.sends);
                let sending: Vec<_> = sending.map(|peer| peer.peer).collect();
                shapes::extend(answer, json!({ "existUserObj": sending }))
            }
            other => shapes::extend(answer, union::answer(other)),
        };
    }
    answer.into()
}

fn consume(payload: &Payload) -> Result<Request, ApiError> {
    let tag = shapes::text_under(payload, &["mediaTag"]);
    let (kind, display) = match tag.as_deref() {
        Some("audio") => (Some(MediaKind::Audio), None),
        Some("camera") => (Some(MediaKind::Video), Some(false)),
        Some("display") => (None, Some(true)),
        _ => (None, None),
    };
    Ok(Request::ConsumeAll {
        transport: receiving(payload),
        which: Which {
            peer: remote(payload),
            kind,
            display,
        },
        rtp_capabilities: shapes::capabilities(payload)?,
        paused: false,
    })
}

fn consuming(reply: Reply) -> Answer {
    let Reply::Consumers(entries) = reply else {
        return union::encode(reply);
    };
    let params = |entry: &ConsumerEntry| {
        let more = json!({
            "produceSocketId": entry.producer.peer,
            "mediaTag": union::media_tag(&entry.producer),
        });
        json!({ "params": shapes::extend(shapes::consumer(entry), more) })
    };
    let params: Value = entries.iter().map(params).collect();
    json!({ "paramsArray": params }).into()
}

fn notify(_: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::NewProducer(entry) => vec![("new-producer", union::producer(&entry))],
        Notification::PublicRooms(rooms) => vec![union::status_change(&rooms)],
        _ => Vec::new(),
    }
}
