//! Dialect "acme": one event makes both transports.

use serde_json::json;

use super::{Dialect, Event, answer::Answer, event, shapes, union};
use crate::signaling::request::{Direction, Reply, Request};

pub(super) const DIALECT: Dialect = Dialect {
    name: "acme",
    events: EVENTS,
    ..super::COMPAT
};

const EVENTS: &[Event] = &[
    event("enter", union::join).answered(entered),
    event("transports", |_| {
        let both = [Direction::Send, Direction::Receive];
        Ok(Request::All(both.map(union::make).to_vec()))
    }),
    event("transport-connect", union::connect_send),
    event("transport-produce", union::produce),
    event("transport-recv-connect", union::connect_receive),
    event("consume", union::consume_paused),
    event("consumer-resume", union::resume_consumer),
];

fn entered(reply: Reply) -> Answer {
    match reply {
        Reply::Joined {
            rtp_capabilities, ..
        } => json!({ "ok": true, "caps": shapes::value(&rtp_capabilities) }).into(),
        other => union::encode(other),
    }
}
