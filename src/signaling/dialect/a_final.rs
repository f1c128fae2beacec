//! Dialect A-final: frontends whose join makes both transports and lists everybody. Consumers start
//! at once; nobody resumes them.

use serde_json::{Value, json};

use super::{
    Dialect, Event,
    answer::{Answer, Told, failure},
    event, shapes, union,
};
use crate::{
    error::ApiError,
    signaling::request::{Direction, Hears, Notification, Payload, Reply, Request},
};

pub(super) const DIALECT: Dialect = Dialect {
    name: "a-final",
    events: EVENTS,
    encode: union::encode,
    fail,
    notify,
    hears: Hears::FromJoin,
    ..super::COMPAT
};

const EVENTS: &[Event] = &[
    event("join-room", join).answered(joined),
    event("connect-transport", union::connect_send).answered(connected),
    event("produce", union::produce),
    event("consume", union::consume_at_once),
    event("leave-room", union::leave),
];

fn join(payload: &Payload) -> Result<Request, ApiError> {
    Ok(Request::All(vec![
        union::join(payload)?,
        union::make(Direction::Send),
        union::make(Direction::Receive),
        Request::Peers,
        Request::Producers,
    ]))
}

fn joined(reply: Reply) -> Answer {
    let Reply::All(replies) = reply else {
        return union::encode(reply);
    };
    let mut answer = json!({});
    let mut transports = ["recvTransportOptions", "sendTransportOptions"].to_vec();
    for reply in replies {
        let (member, value) = match reply {
            Reply::Joined {
                rtp_capabilities, ..
            } => ("rtpCapabilities", shapes::value(&rtp_capabilities)),
            Reply::Transport(options, _) => match transports.pop() {
                Some(member) => (member, shapes::value(&options)),
                None => continue,
            },
            Reply::Peers(peers) => {
                let ids: Vec<_> = peers.into_iter().map(|peer| peer.peer).collect();
                ("peerIds", json!(ids))
            }
            Reply::Producers(producers) => {
                let producers = producers.iter().map(union::producer).collect();
                ("existingProducers", producers)
            }
            _ => continue,
        };
        answer[member] = value;
    }
    let peers = json!({ "peerIds": answer["peerIds"] });
    Answer::from(answer).after("update-peer-list", peers)
}

fn connected(_: Reply) -> Answer {
    json!({ "connected": true }).into()
}

/// Some of its clients wait for the event, some look into the acknowledgement.
fn fail(event: &str, error: &ApiError) -> Answer {
    let failed = match event {
        "join-room" => "join-room-error",
        "produce" => "produce-error",
        "consume" => "consume-error",
        _ => return failure(error).into(),
    };
    Answer::from(failure(error)).after(failed, json!({ "error": error.message }))
}

fn notify(_: &str, notification: Notification) -> Vec<Told> {
    let told = |event, payload: Value| vec![(event, payload)];
    match notification {
        Notification::NewPeer { peer, display_name } => {
            told("new-peer", union::peer(&peer, display_name.as_deref()))
        }
        Notification::PeerLeft { peer, .. } => told("peer-left", union::peer(&peer, None)),
        Notification::NewProducer(entry) => told("new-producer", union::producer(&entry)),
        _ => Vec::new(),
    }
}
