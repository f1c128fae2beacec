//! Questions and answers that suit several families of old frontends at once: each names an object
//! by the member it knows and reads the members it knows.

use serde_json::{Value, json};

use super::{
    answer::{Answer, Told},
    native::notifications::ConnectionSuccess,
    shapes,
};
use crate::{
    error::ApiError,
    signaling::request::{
        Consume, ConsumerEntry, Consumers, Direction, Join, Notification, Payload, Producer,
        ProducerEntry, Reply, Request, Transport, Which,
    },
};

/// What a transport to send on goes by.
const SEND: &[&str] = &[
    "transportId",
    "serverProducerTransportId",
    "producerTransportId",
    "serverTransportId",
    "transport_id",
];
/// What a transport to receive on goes by.
const RECEIVE: &[&str] = &[
    "serverConsumerTransportId",
    "serverside_ConsumerTransportId",
    "consumerTransportId",
    "serverTransportId",
    "transportId",
    "transport_id",
];
/// What a consumer goes by.
const CONSUMER: &[&str] = &[
    "serverConsumerId",
    "serverside_ConsumerId",
    "consumerId",
    "consumer_id",
];
/// What a producer goes by.
const PRODUCER: &[&str] = &["remoteProducerId", "producerId", "producer_id"];
/// What a room goes by.
const ROOM: &[&str] = &["roomName", "roomId", "room_id", "room"];
/// How a client calls itself.
const NAME: &[&str] = &["displayName", "username", "userName", "name"];

/// Enters a room, which an object names, or a bare text, or the address of the page.
pub(super) fn join(payload: &Payload) -> Result<Request, ApiError> {
    let on_page = || payload.page_room().map(str::to_owned);
    let room = room(payload)
        .or_else(on_page)
        .ok_or(ApiError::bad_request("missing field `roomName`"))?;
    Ok(Request::Join(Join {
        room: Some(room),
        display_name: shapes::text_under(payload, NAME),
        ..Join::default()
    }))
}

/// Enters the room that is named, else the default one.
pub(super) fn enter(payload: &Payload) -> Result<Request, ApiError> {
    Ok(Request::Join(Join {
        // Nothing typed into a field that may stay empty.
        room: room(payload).filter(|name| !name.is_empty()),
        display_name: shapes::text_under(payload, NAME),
        ..Join::default()
    }))
}

/// Enters the room that is named, else stays in the one it is in, else enters the default one.
pub(super) fn enter_or_stay(payload: &Payload) -> Result<Request, ApiError> {
    Ok(Request::Join(Join {
        room: room(payload),
        stay: true,
        display_name: shapes::text_under(payload, NAME),
        ..Join::default()
    }))
}

/// The room an object or a bare text names. An empty name is given on, to be refused.
pub(super) fn room(payload: &Payload) -> Option<String> {
    let first = payload.first();
    let mut members = ROOM.iter().filter_map(|member| first.get(member));
    let named = members.find(|value| !value.is_null()).unwrap_or(first);
    named.as_str().map(str::to_owned)
}

pub(super) fn create_transport(payload: &Payload) -> Result<Request, ApiError> {
    let consumer = shapes::flag_under(payload, "consumer");
    let consumer = consumer.or_else(|| shapes::flag_under(payload, "isConsumer"));
    let sender = shapes::flag_under(payload, "sender");
    let receive = consumer.or(sender.map(|sender| !sender));
    let receive = receive.ok_or(ApiError::bad_request("missing field `consumer`"))?;
    Ok(make(if receive {
        Direction::Receive
    } else {
        Direction::Send
    }))
}

/// The same; a bare truth tells whether it is to receive.
pub(super) fn create_transport_bare(payload: &Payload) -> Result<Request, ApiError> {
    match payload.first().as_bool() {
        Some(true) => Ok(make(Direction::Receive)),
        Some(false) => Ok(make(Direction::Send)),
        None => create_transport(payload),
    }
}

/// A transport to send on and one to receive on.
pub(super) fn make_both() -> Vec<Request> {
    [Direction::Send, Direction::Receive].map(make).to_vec()
}

/// A transport without a name of the client's.
pub(super) fn make(direction: Direction) -> Request {
    Request::CreateTransport {
        direction,
        label: None,
    }
}

/// The transport to send on, unless the client says that it means the other.
pub(super) fn connect_send(payload: &Payload) -> Result<Request, ApiError> {
    if shapes::flag_under(payload, "isSender") == Some(false) {
        return connect_receive(payload);
    }
    connect(payload, to_send(payload))
}

pub(super) fn connect_receive(payload: &Payload) -> Result<Request, ApiError> {
    connect(payload, to_receive(payload))
}

/// Tells this transport the client's certificate.
pub(super) fn connect(payload: &Payload, transport: Transport) -> Result<Request, ApiError> {
    Ok(Request::ConnectTransport(transport, shapes::dtls(payload)?))
}

pub(super) fn produce(payload: &Payload) -> Result<Request, ApiError> {
    let produce = shapes::produce(payload, to_send(payload))?;
    Ok(Request::Produce(Box::new(produce)))
}

pub(super) fn consume_paused(payload: &Payload) -> Result<Request, ApiError> {
    consume(payload, true)
}

pub(super) fn consume_at_once(payload: &Payload) -> Result<Request, ApiError> {
    consume(payload, false)
}

fn consume(payload: &Payload, paused: bool) -> Result<Request, ApiError> {
    let producer = Producer::Id(shapes::required_id(payload, PRODUCER)?);
    consume_this(payload, producer, paused)
}

/// Receives the newest producer of the kind, if one is given.
pub(super) fn consume_newest(payload: &Payload) -> Result<Request, ApiError> {
    let kind = shapes::kind(payload);
    let newest = Which {
        kind,
        ..Which::default()
    };
    consume_this(payload, Producer::Newest(newest), true)
}

/// Receives this producer on the transport that is named or fits.
pub(super) fn consume_this(
    payload: &Payload,
    producer: Producer,
    paused: bool,
) -> Result<Request, ApiError> {
    consume_on(payload, to_receive(payload), producer, paused)
}

/// Receives this producer on this transport.
pub(super) fn consume_on(
    payload: &Payload,
    transport: Transport,
    producer: Producer,
    paused: bool,
) -> Result<Request, ApiError> {
    Ok(Request::Consume(Box::new(Consume {
        transport,
        producer,
        rtp_capabilities: shapes::capabilities(payload)?,
        paused,
    })))
}

fn to_send(payload: &Payload) -> Transport {
    let named = shapes::id_under(payload, SEND);
    named.map_or(Transport::Implied(Direction::Send), Transport::Id)
}

fn to_receive(payload: &Payload) -> Transport {
    let named = shapes::id_under(payload, RECEIVE);
    named.map_or(Transport::Implied(Direction::Receive), Transport::Id)
}

pub(super) fn resume_consumer(payload: &Payload) -> Result<Request, ApiError> {
    consumers(payload).map(Request::ResumeConsumers)
}

pub(super) fn pause_consumer(payload: &Payload) -> Result<Request, ApiError> {
    consumers(payload).map(Request::PauseConsumers)
}

/// An object that names a consumer or its producer, a bare id, an id behind something else; nothing
/// at all means every consumer.
fn consumers(payload: &Payload) -> Result<Consumers, ApiError> {
    if let Some(id) = shapes::id_under(payload, CONSUMER) {
        return Ok(Consumers::Id(id));
    }
    if let Some(id) = shapes::id_under(payload, PRODUCER) {
        return Ok(Consumers::Of(id));
    }
    match payload.last_text() {
        Some(id) => Ok(Consumers::Id(id)),
        None if payload.first().is_null() || payload.first().is_object() => {
            Ok(Consumers::Which(Which::default()))
        }
        None => Err(ApiError::bad_request("the payload must be an object")),
    }
}

pub(super) fn close_producer(payload: &Payload) -> Result<Request, ApiError> {
    Ok(Request::CloseProducer(shapes::required_id(
        payload,
        PRODUCER_OWN,
    )?))
}

/// What one's own producer goes by.
const PRODUCER_OWN: &[&str] = &["producerId", "producer_id"];

/// Ends everything the client sends.
pub(super) fn close_producers(_: &Payload) -> Result<Request, ApiError> {
    Ok(Request::CloseProducers(Which::default()))
}

pub(super) fn leave(_: &Payload) -> Result<Request, ApiError> {
    Ok(Request::Leave)
}

/// The acknowledgement of a success, as one object.
pub(super) fn encode(reply: Reply) -> Answer {
    answer(reply).into()
}

/// The acknowledgement of a success, without arguments.
pub(super) fn encode_empty(_: Reply) -> Answer {
    Answer::empty()
}

/// The answer as JSON.
pub(super) fn answer(reply: Reply) -> Value {
    match reply {
        Reply::All(replies) => replies.into_iter().map(answer).collect(),
        Reply::Joined {
            rtp_capabilities, ..
        } => capabilities(&rtp_capabilities),
        Reply::RtpCapabilities(rtp_capabilities) => capabilities(&rtp_capabilities),
        Reply::Transport(options, _) => {
            let params = shapes::value(&options);
            shapes::extend(params.clone(), json!({ "params": params }))
        }
        Reply::Produced {
            id,
            producers_exist,
            ..
        } => json!({
            "id": id,
            "producerId": id,
            "producer_id": id,
            "producersExist": producers_exist,
            "producerExist": producers_exist,
            "alredyExists": false,
        }),
        Reply::Produces(so) => json!({ "alreadyExists": so }),
        Reply::Producers(producers) => producers
            .iter()
            .map(|entry| json!(entry.producer))
            .collect(),
        Reply::Peers(peers) => peers
            .iter()
            .map(|entry| peer(&entry.peer, entry.display_name.as_deref()))
            .collect(),
        Reply::Consumer(entry) => consumer(&entry),
        Reply::Consumers(entries) => entries.iter().map(consumer).collect(),
        // Frontends that ask whether the transport "was connected already" wait for this false.
        Reply::Connected => json!(false),
        Reply::RoomExists { name, exists } => json!({ "roomName": name, "exists": exists }),
        Reply::Resumed => json!({ "resumed": true }),
        Reply::Paused => json!({ "paused": true }),
        Reply::Closed => json!({ "closed": true }),
        // Nobody asks in these dialects.
        Reply::MorePeers { .. } => json!({}),
        Reply::Left => json!({ "left": true }),
        Reply::IceParameters(parameters) => json!({ "iceParameters": shapes::value(&parameters) }),
        Reply::Stats(stats) => json!({ "stats": stats }),
        Reply::Done => json!({}),
    }
}

/// Capabilities, bare and under each name they go by.
fn capabilities(rtp_capabilities: &ortc::types::RtpCapabilities) -> Value {
    let caps = shapes::value(rtp_capabilities);
    let more = json!({ "rtpCapabilities": caps, "routerRtpCapabilities": caps });
    shapes::extend(caps, more)
}

/// A consumer, bare and under each name it goes by.
pub(super) fn consumer(entry: &ConsumerEntry) -> Value {
    let more = json!({ "serverside_ConsumerId": entry.id });
    let params = shapes::extend(shapes::consumer(entry), more);
    let more = json!({ "params": params, "consumerData": params });
    shapes::extend(params, more)
}

/// A producer with every name its owner and it go by.
pub(super) fn producer(entry: &ProducerEntry) -> Value {
    let more = json!({
        "socketId": entry.peer,
        "produceSocket": entry.peer,
        "mediaTag": media_tag(entry),
    });
    shapes::extend(shapes::producer(entry), more)
}

/// What a source is, in one word.
pub(super) fn media_tag(entry: &ProducerEntry) -> &'static str {
    match entry.kind {
        _ if entry.display => "display",
        ortc::types::MediaKind::Audio => "audio",
        ortc::types::MediaKind::Video => "camera",
    }
}

/// A peer with every name it goes by.
pub(super) fn peer(id: &str, display_name: Option<&str>) -> Value {
    json!({ "peerId": id, "socketId": id, "displayName": display_name })
}

/// `producer-closed`.
pub(super) fn producer_closed(producer: uuid::Uuid) -> Told {
    let payload = json!({ "remoteProducerId": producer, "producerId": producer });
    ("producer-closed", payload)
}

/// Sent before anybody knows the dialect, so it has every member the families read.
pub(super) fn connection_success(socket: &str, producer_exists: bool) -> Told {
    let payload = json!({
        "socketId": socket,
        "existsProducer": producer_exists,
        "isProducerExist": producer_exists,
        "existProducer": producer_exists,
    });
    ("connection-success", payload)
}

/// `message {type:"welcome"}`.
pub(super) fn welcome(socket: &str) -> Told {
    ("message", json!({ "type": "welcome", "id": socket }))
}

/// `status-change`: who is in which public room.
pub(super) fn status_change(rooms: &[(String, Vec<String>)]) -> Told {
    let rooms: serde_json::Map<_, _> = rooms
        .iter()
        .map(|(room, peers)| (room.clone(), json!(peers)))
        .collect();
    ("status-change", json!({ "rooms": rooms }))
}

/// How a socket speaks of which nothing is known yet.
pub(super) const UNKNOWN: &str = "unknown";

/// The canonical greeting, with what old frontends read.
fn greeting(socket: String, producer_exists: bool) -> Told {
    let (event, more) = connection_success(&socket, producer_exists);
    let canonical = shapes::value(&ConnectionSuccess::of(socket, UNKNOWN));
    (event, shapes::extend(canonical, more))
}

/// What a socket in namespace `/` is told before anybody knows how it speaks.
pub(super) fn notify_unknown(own: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::Welcome { ref socket, .. } => {
            let welcome = welcome(socket);
            let mut told = notify_undecided(own, notification);
            told.push(welcome);
            told
        }
        Notification::PublicRooms(rooms) => vec![status_change(&rooms)],
        _ => Vec::new(),
    }
}

/// What a socket in another namespace is told before anybody knows how it speaks.
pub(super) fn notify_undecided(_: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::Welcome {
            socket,
            producer_exists,
        } => vec![greeting(socket, producer_exists)],
        _ => Vec::new(),
    }
}

/// What clients of old frontends are told beside what their family has words for.
pub(super) fn notify_connected(_: &str, notification: Notification) -> Vec<Told> {
    match notification {
        Notification::Welcome {
            socket,
            producer_exists,
        } => vec![connection_success(&socket, producer_exists)],
        _ => Vec::new(),
    }
}
