//! Answers that suit several families of old frontends at once: each reads the members it knows.

use serde::Deserialize;
use serde_json::{Value, json};

use super::shapes;
use crate::{
    error::ApiError,
    signaling::request::{
        ConsumerEntry, Direction, Id, Payload, Produce, ProducerEntry, Reply, Request, Transport,
    },
};

pub(super) fn create_transport(payload: &Payload) -> Result<Request, ApiError> {
    #[derive(Deserialize)]
    struct Wanted {
        consumer: Option<bool>,
        sender: Option<bool>,
    }
    let wanted: Wanted = payload.parse()?;
    let receive = wanted.consumer.or(wanted.sender.map(|sender| !sender));
    let receive = receive.ok_or(ApiError::bad_request("missing field `consumer`"))?;
    Ok(Request::CreateTransport(direction(receive)))
}

fn direction(receive: bool) -> Direction {
    if receive {
        Direction::Receive
    } else {
        Direction::Send
    }
}

pub(super) fn connect_send(payload: &Payload) -> Result<Request, ApiError> {
    let dtls: shapes::Dtls = payload.parse()?;
    let named: NamedTransport = payload.parse()?;
    Ok(Request::ConnectTransport(
        named.or(Direction::Send),
        dtls.dtls_parameters,
    ))
}

pub(super) fn connect_receive(payload: &Payload) -> Result<Request, ApiError> {
    let dtls: shapes::Dtls = payload.parse()?;
    let named: NamedTransport = payload.parse()?;
    Ok(Request::ConnectTransport(
        named.or(Direction::Receive),
        dtls.dtls_parameters,
    ))
}

pub(super) fn produce(payload: &Payload) -> Result<Request, ApiError> {
    let source: shapes::Source = payload.parse()?;
    let named: NamedTransport = payload.parse()?;
    Ok(Request::Produce(Box::new(Produce {
        transport: named.or(Direction::Send),
        kind: source.kind,
        rtp_parameters: source.rtp_parameters,
        app_data: source.app_data.map(|data| data.to_string()),
        paused: source.paused,
    })))
}

/// A transport's name, where a frontend gives one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NamedTransport {
    #[serde(alias = "transportId")]
    server_consumer_transport_id: Option<Id>,
}

impl NamedTransport {
    pub(super) fn or(self, direction: Direction) -> Transport {
        let named = self.server_consumer_transport_id;
        named.map_or(Transport::Implied(direction), Transport::Id)
    }
}

pub(super) fn resume_consumer(payload: &Payload) -> Result<Request, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Which {
        server_consumer_id: Option<Id>,
    }
    if payload.first().is_null() {
        return Ok(Request::ResumeConsumer(None));
    }
    let which: Which = payload.parse()?;
    Ok(Request::ResumeConsumer(which.server_consumer_id))
}

/// The acknowledgement of a success.
pub(super) fn encode(reply: Reply) -> Value {
    match reply {
        Reply::Joined {
            rtp_capabilities, ..
        } => {
            let caps = shapes::value(&rtp_capabilities);
            let more = json!({ "rtpCapabilities": caps, "routerRtpCapabilities": caps });
            shapes::extend(caps, more)
        }
        Reply::Transport(options) => {
            let params = shapes::value(&options);
            shapes::extend(params.clone(), json!({ "params": params }))
        }
        Reply::Produced {
            id,
            producers_exist,
        } => json!({
            "id": id,
            "producerId": id,
            "producer_id": id,
            "producersExist": producers_exist,
            "producerExist": producers_exist,
            "alredyExists": false,
        }),
        Reply::Producers(producers) => producers
            .iter()
            .map(|entry| json!(entry.producer))
            .collect(),
        Reply::Consumer(entry) => consumer(&entry),
        // Frontends that ask whether the transport "was connected already" wait for this false.
        Reply::Connected => json!(false),
        Reply::Resumed => json!({ "resumed": true }),
        Reply::Paused => json!({ "paused": true }),
        Reply::Closed => json!({ "closed": true }),
        Reply::Left => json!({ "left": true }),
        Reply::IceParameters(parameters) => json!({ "iceParameters": shapes::value(&parameters) }),
        Reply::Stats(stats) => json!({ "stats": stats }),
        Reply::Done => json!({}),
    }
}

fn consumer(entry: &ConsumerEntry) -> Value {
    let more = json!({ "serverside_ConsumerId": entry.id });
    let params = shapes::extend(shapes::consumer(entry), more);
    let more = json!({ "params": params, "consumerData": params });
    shapes::extend(params, more)
}

/// `new-producer` with every name its owner and it go by.
pub(super) fn new_producer(entry: &ProducerEntry) -> Value {
    let more = json!({ "socketId": entry.peer, "produceSocket": entry.peer });
    shapes::extend(shapes::producer(entry), more)
}
