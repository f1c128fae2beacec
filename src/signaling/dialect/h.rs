//! Dialect H: frontends of rooms that are created first and joined then, whose every event is
//! acknowledged with one value that is not null. Consumers start at once.

use serde_json::{Value, json};

use super::{
    Dialect, Event,
    answer::{Answer, Told},
    event, shapes, union,
};
use crate::{
    error::ApiError,
    signaling::request::{
        Direction, Hears, Notification, Payload, PeerEntry, ProducerEntry, Reply, Request,
    },
};

pub(super) const DIALECT: Dialect = Dialect {
    name: "h",
    events: EVENTS,
    encode: union::encode,
    notify,
    hears: Hears::OnceAsked,
    ..super::COMPAT
};

const EVENTS: &[Event] = &[
    event("createRoom", create_room).answered(created),
    event("join", join).answered(joined),
    event("getRouterRtpCapabilities", |_| Ok(Request::RtpCapabilities)),
    // The client sends on the first and receives on the second, and says so by using them.
    event("createWebRtcTransport", |_| {
        Ok(union::make(Direction::Either))
    }),
    event("connectTransport", union::connect_send).answered(|_| json!("success").into()),
    event("produce", union::produce),
    event("getProducers", |_| Ok(Request::Producers)).answered(producers),
    event("consume", union::consume_at_once),
    event("producerClosed", union::close_producer),
    event("pauseProducer", |p| {
        Ok(Request::PauseProducer(own_producer(p)?))
    }),
    event("resumeProducer", |p| {
        Ok(Request::ResumeProducer(own_producer(p)?))
    }),
    event("resume", union::resume_consumer),
    event("resumeConsumer", union::resume_consumer),
    event("restartIce", restart_ice),
    event("getMyRoomInfo", |_| Ok(Request::Peers)).answered(room_info),
    event("exitRoom", union::leave).answered(|_| json!("successfully exited room").into()),
];

fn create_room(payload: &Payload) -> Result<Request, ApiError> {
    let room = union::room(payload).ok_or(ApiError::bad_request("missing field `room_id`"))?;
    Ok(Request::RoomExists(room))
}

/// A room is made by whoever joins it first, so there is nothing to do yet.
fn created(reply: Reply) -> Answer {
    match reply {
        Reply::RoomExists { exists: true, .. } => json!("already exists").into(),
        Reply::RoomExists { name, .. } => json!(name).into(),
        other => union::encode(other),
    }
}

fn join(payload: &Payload) -> Result<Request, ApiError> {
    Ok(Request::All(vec![union::join(payload)?, Request::Peers]))
}

/// `peers` is JSON within JSON: pairs of a peer's id and the peer, the client's own included.
fn joined(reply: Reply) -> Answer {
    let Reply::All(replies) = reply else {
        return union::encode(reply);
    };
    let (mut room_id, mut pairs) = (String::new(), Vec::new());
    for reply in replies {
        match reply {
            Reply::Joined { peer, room, .. } => {
                room_id = room;
                pairs.push(pair(&peer, None));
            }
            Reply::Peers(peers) => pairs.extend(peers.iter().map(peer_pair)),
            _ => {}
        }
    }
    json!({ "id": room_id, "peers": Value::Array(pairs).to_string() }).into()
}

fn room_info(reply: Reply) -> Answer {
    let Reply::Peers(peers) = reply else {
        return union::encode(reply);
    };
    let pairs: Value = peers.iter().map(peer_pair).collect();
    json!({ "peers": pairs.to_string() }).into()
}

fn peer_pair(peer: &PeerEntry) -> Value {
    pair(&peer.peer, peer.display_name.as_deref())
}

fn pair(id: &str, name: Option<&str>) -> Value {
    json!([id, { "id": id, "name": name }])
}

fn own_producer(payload: &Payload) -> Result<crate::signaling::request::Id, ApiError> {
    shapes::required_id(payload, &["producer_id", "producerId"])
}

fn restart_ice(payload: &Payload) -> Result<Request, ApiError> {
    let transport = shapes::required_id(payload, &["transport_id", "transportId"])?;
    Ok(Request::RestartIce(transport))
}

/// Told as an event; who waits for an acknowledgement gets the same.
fn producers(reply: Reply) -> Answer {
    let Reply::Producers(producers) = reply else {
        return union::encode(reply);
    };
    let list: Value = producers.iter().map(producer).collect();
    Answer::from(list.clone()).after("newProducers", list)
}

fn producer(entry: &ProducerEntry) -> Value {
    let more = json!({ "producer_id": entry.producer, "producer_socket_id": entry.peer });
    shapes::extend(union::producer(entry), more)
}

fn notify(_: &str, notification: Notification) -> Vec<Told> {
    let closed = |consumer: uuid::Uuid| ("consumerClosed", json!({ "consumer_id": consumer }));
    match notification {
        Notification::NewProducer(entry) => vec![("newProducers", json!([producer(&entry)]))],
        Notification::ProducerClosed { consumers, .. } => {
            consumers.into_iter().map(closed).collect()
        }
        _ => Vec::new(),
    }
}
