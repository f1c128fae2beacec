//! The canonical vocabulary between dialects and handlers: what a client asks, what it is answered,
//! what it is told. Typed data only; JSON shapes and names are the dialects'.

use ortc::types::{
    DtlsParameters, IceCandidate, IceParameters, MediaKind, RtpCapabilities, RtpParameters, RtpType,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{config::IceServer, error::ApiError};

/// The name of an object, as a client gives it. Whatever is not a UUID becomes the nil UUID, which
/// names nothing: a malformed id, an unknown one and somebody else's get one and the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub Uuid);

impl Id {
    /// The name a JSON value gives.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let text = value.as_str().filter(|text| text.len() == 36);
        let id = text.and_then(|text| Uuid::parse_str(text).ok());
        Self(id.unwrap_or(Uuid::nil()))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(&Value::deserialize(deserializer)?))
    }
}

/// Which way a transport carries media, seen from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The client sends.
    Send,
    /// The client receives.
    Receive,
    /// The client does not say; it will do one or the other.
    Either,
}

/// Which transport is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The one of this name.
    Id(Id),
    /// The one the client made under this name of its own.
    Label(String),
    /// The first the client made in this direction.
    First(Direction),
    /// The client's only one in this direction, or the one that fits best.
    Implied(Direction),
}

/// Producers, or the consumers of them, named by what they are; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Which {
    /// Whose.
    pub peer: Option<String>,
    /// Audio or video.
    pub kind: Option<MediaKind>,
    /// Whether they capture a display.
    pub display: Option<bool>,
}

/// Which producer is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Producer {
    /// The one of this name, of another peer.
    Id(Id),
    /// The one of this name, of whomever.
    Any(Id),
    /// The newest of these that the client can receive.
    Newest(Which),
}

/// Which consumers are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consumers {
    /// The one of this name.
    Id(Id),
    /// Those of this producer.
    Of(Id),
    /// Those of these producers, as far as there are any.
    Which(Which),
}

/// When clients hear of others' producers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// From their join on.
    FromJoin,
    /// Once they have made a transport to send on, or have asked for the producers.
    OnceReady,
    /// Once they have made a transport to receive on, produce, or have asked for the producers.
    OnceReceiving,
    /// Once they have asked for the producers.
    OnceAsked,
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// These, one after the other; the first that fails is the answer.
    All(Vec<Self>),
    /// Nothing that concerns the server.
    Nothing,
    /// Whether a room of this name is open.
    RoomExists(String),
    /// Enter a room.
    Join(Join),
    /// List more of its peers than the join did.
    MorePeers {
        /// Where the answer before ended.
        after: u64,
    },
    /// Leave it.
    Leave,
    /// List the others in the room.
    Peers,
    /// What the room can receive.
    RtpCapabilities,
    /// Make a transport.
    CreateTransport {
        /// For what.
        direction: Direction,
        /// What the client will call it.
        label: Option<String>,
    },
    /// Tell a transport the client's certificate.
    ConnectTransport(Transport, DtlsParameters),
    /// New ICE credentials.
    RestartIce(Id),
    /// Counters of a transport.
    Stats(Id),
    /// Send a source.
    Produce(Box<Produce>),
    /// Whether the client itself sends a source of this kind.
    Produces(MediaKind),
    /// End a producer.
    CloseProducer(Id),
    /// End those of the client's own producers.
    CloseProducers(Which),
    /// Stop a producer.
    PauseProducer(Id),
    /// Restart a producer.
    ResumeProducer(Id),
    /// List the others' producers.
    Producers,
    /// List everybody's producers, the client's own included.
    AllProducers,
    /// Receive a source.
    Consume(Box<Consume>),
    /// Receive all of these sources which the client can and does not receive yet.
    ConsumeAll {
        /// On which transport.
        transport: Transport,
        /// Which.
        which: Which,
        /// What the client can receive.
        rtp_capabilities: RtpCapabilities,
        /// Starts paused.
        paused: bool,
    },
    /// Start consumers.
    ResumeConsumers(Consumers),
    /// Stop consumers.
    PauseConsumers(Consumers),
    /// End a consumer.
    CloseConsumer(Id),
    /// Bound a consumer's layers.
    SetPreferredLayers {
        /// Which.
        consumer: Id,
        /// Spatial layer, 0 the smallest.
        spatial: u8,
        /// Temporal layer, if bounded.
        temporal: Option<u8>,
    },
    /// Ask for a key frame.
    RequestKeyFrame(Id),
    /// Panics in its handler. For tests of isolation.
    #[cfg(feature = "fault-injection")]
    Panic,
    /// Panics the worker of the client's room. For tests of supervision.
    #[cfg(feature = "fault-injection")]
    PanicWorker,
    /// Keeps the worker of the client's room busy for this time, else for longer than any
    /// acknowledgement may take. For tests of deadlines.
    #[cfg(feature = "fault-injection")]
    StallWorker(Option<std::time::Duration>),
}

/// Arguments of [`Request::Join`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Join {
    /// The room's name; `None`: the default room.
    pub room: Option<String>,
    /// Whether a client that is in a room, and names none, stays there.
    pub stay: bool,
    /// How the client calls itself.
    pub display_name: Option<String>,
    /// Who it was before its connection was lost.
    pub resume_token: Option<String>,
}

/// Arguments of [`Request::Produce`].
#[derive(Clone, Debug, PartialEq)]
pub struct Produce {
    /// On which transport.
    pub transport: Transport,
    /// Audio or video.
    pub kind: MediaKind,
    /// How it is sent.
    pub rtp_parameters: RtpParameters,
    /// JSON text the others are shown.
    pub app_data: Option<String>,
    /// Whether it captures a display.
    pub display: bool,
    /// Starts paused.
    pub paused: bool,
}

/// Arguments of [`Request::Consume`].
#[derive(Clone, Debug, PartialEq)]
pub struct Consume {
    /// On which transport.
    pub transport: Transport,
    /// Which producer.
    pub producer: Producer,
    /// What the client can receive.
    pub rtp_capabilities: RtpCapabilities,
    /// Starts paused.
    pub paused: bool,
}

/// What a client is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// It is in the room.
    Joined {
        /// What the room can receive.
        rtp_capabilities: RtpCapabilities,
        /// The client's own name in the room.
        peer: String,
        /// The room's name.
        room: String,
        /// The others, those who send first, as far as they fit one answer.
        peers: Vec<PeerEntry>,
        /// Where the list goes on, if it does.
        more_peers: Option<u64>,
        /// For when the connection is lost.
        resume: Resume,
    },
    /// More of the others.
    MorePeers {
        /// As far as they fit one answer.
        peers: Vec<PeerEntry>,
        /// Where the list goes on, if it does.
        more_peers: Option<u64>,
    },
    /// One answer per request.
    All(Vec<Self>),
    /// Whether a room is open.
    RoomExists {
        /// Its name.
        name: String,
        /// Whether it is.
        exists: bool,
    },
    /// It is in no room.
    Left,
    /// The others in the room.
    Peers(Vec<PeerEntry>),
    /// What the room can receive.
    RtpCapabilities(RtpCapabilities),
    /// A transport, and the servers that may help a client to reach it.
    Transport(TransportOptions, Vec<IceServer>),
    /// A transport knows the client's certificate.
    Connected,
    /// New credentials.
    IceParameters(IceParameters),
    /// Counters.
    Stats(Value),
    /// A producer.
    Produced {
        /// Its name.
        id: Uuid,
        /// Whether others produce, too.
        producers_exist: bool,
        /// How the client calls itself.
        peer_name: Option<String>,
    },
    /// Whether the client sends such a source.
    Produces(bool),
    /// The others' producers.
    Producers(Vec<ProducerEntry>),
    /// A consumer.
    Consumer(Box<ConsumerEntry>),
    /// Consumers.
    Consumers(Vec<ConsumerEntry>),
    /// It is closed.
    Closed,
    /// It is paused.
    Paused,
    /// It is resumed.
    Resumed,
    /// Nothing to say.
    Done,
}

/// The way back, and what a client came back to.
#[derive(Clone, Debug, Default)]
pub struct Resume {
    /// To be shown by whoever wants to be this peer again; `None`: nobody can.
    pub token: Option<String>,
    /// Whether this is an earlier peer.
    pub resumed: bool,
    /// What of it lives.
    pub own: Own,
}

/// What of a client's lives.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[cfg_attr(
    feature = "contracts",
    schemars(rename = "OwnObjects"),
    ts(rename = "OwnObjects")
)]
pub struct Own {
    /// Transports.
    pub transports: Vec<Uuid>,
    /// Producers.
    pub producers: Vec<Uuid>,
    /// Consumers.
    pub consumers: Vec<Uuid>,
}

/// What a client needs to build its side of a transport.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TransportOptions {
    /// Its name.
    pub id: Uuid,
    /// Credentials.
    pub ice_parameters: IceParameters,
    /// Addresses.
    pub ice_candidates: Vec<IceCandidate>,
    /// Certificate fingerprints.
    pub dtls_parameters: DtlsParameters,
}

/// Another peer of the room.
#[derive(Clone, Debug)]
pub struct PeerEntry {
    /// Its name.
    pub peer: String,
    /// How it calls itself.
    pub display_name: Option<String>,
    /// What it sends.
    pub producers: Vec<ProducerEntry>,
    /// Whether a transport it sends on is connected.
    pub sends: bool,
}

/// Somebody's producer.
#[derive(Clone, Debug)]
pub struct ProducerEntry {
    /// Its name.
    pub producer: Uuid,
    /// Whose.
    pub peer: String,
    /// How that peer calls itself.
    pub peer_name: Option<String>,
    /// Audio or video.
    pub kind: MediaKind,
    /// JSON text its owner gave.
    pub app_data: String,
    /// Whether it captures a display.
    pub display: bool,
    /// Whether it is paused.
    pub paused: bool,
}

/// A consumer of the client.
#[derive(Clone, Debug)]
pub struct ConsumerEntry {
    /// Its name.
    pub id: Uuid,
    /// What it consumes, and whose that is.
    pub producer: ProducerEntry,
    /// How it arrives.
    pub rtp_parameters: RtpParameters,
    /// Simple, simulcast or svc.
    pub rtp_type: RtpType,
}

/// What a client is told without asking.
#[derive(Clone, Debug)]
pub enum Notification {
    /// Its socket is open.
    Welcome {
        /// The socket's id.
        socket: String,
        /// Whether somebody produces in the default room.
        producer_exists: bool,
    },
    /// Another peer joined.
    NewPeer {
        /// Its name.
        peer: String,
        /// How it calls itself.
        display_name: Option<String>,
    },
    /// Another peer left.
    PeerLeft {
        /// Its name.
        peer: String,
        /// How it called itself.
        display_name: Option<String>,
    },
    /// Somebody's producer can be consumed.
    NewProducer(ProducerEntry),
    /// A producer is gone.
    ProducerClosed {
        /// Which.
        producer: Uuid,
        /// Whose.
        peer: String,
        /// Audio or video.
        kind: MediaKind,
        /// Whether it captured a display.
        display: bool,
        /// The client's consumers that ended with it.
        consumers: Vec<Uuid>,
        /// Why.
        reason: &'static str,
    },
    /// The client's own producer was ended by somebody else.
    OwnProducerClosed {
        /// Which.
        producer: Uuid,
        /// The client's own id in the room.
        peer: String,
        /// Why.
        reason: &'static str,
    },
    /// A producer was paused or resumed.
    ProducerPaused {
        /// Which.
        producer: Uuid,
        /// Whose.
        peer: String,
        /// Paused, or resumed.
        paused: bool,
    },
    /// A consumer switched layers.
    ConsumerLayersChanged {
        /// Which.
        consumer: Uuid,
        /// Spatial and temporal layer; `None`: nothing is sent.
        layers: Option<(u8, Option<u8>)>,
    },
    /// How well the client's own producer arrives.
    ProducerScore {
        /// Which.
        producer: Uuid,
        /// One entry per stream.
        scores: Vec<Score>,
    },
    /// The client's transport is gone.
    TransportClosed {
        /// Which.
        transport: Uuid,
        /// Why.
        reason: &'static str,
    },
    /// Who is in which of the rooms that everybody may know of, by name.
    PublicRooms(Vec<(String, Vec<String>)>),
    /// Who operates the server has something to say.
    Notice {
        /// A text for people.
        message: String,
    },
    /// The server is going down.
    ServerDraining {
        /// How long it waits for the client to leave.
        seconds: u64,
    },
    /// The room is gone.
    RoomClosed {
        /// Why.
        reason: &'static str,
    },
}

/// How well one stream arrives.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "contracts", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Score {
    /// Its place among the producer's encodings.
    pub encoding_idx: usize,
    /// Its SSRC.
    pub ssrc: u32,
    /// Its restriction identifier, or null.
    pub rid: Option<String>,
    /// 0 (dead) to 10 (perfect).
    pub score: u8,
}

/// The arguments of one event.
#[derive(Clone, Debug, Default)]
pub struct Payload {
    arguments: Vec<Value>,
    page_room: Option<String>,
}

impl Payload {
    /// Takes an event's arguments, without its name.
    #[must_use]
    pub fn new(arguments: Vec<Value>) -> Self {
        Self {
            arguments,
            page_room: None,
        }
    }

    /// The same, from a page whose address names this room.
    #[must_use]
    pub fn on_page_of(mut self, room: Option<String>) -> Self {
        self.page_room = room;
        self
    }

    /// The room the address of the client's page names.
    #[must_use]
    pub fn page_room(&self) -> Option<&str> {
        self.page_room.as_deref()
    }

    /// The first argument that is not null, or null.
    #[must_use]
    pub fn first(&self) -> &Value {
        let mut arguments = self.arguments.iter();
        arguments
            .find(|value| !value.is_null())
            .unwrap_or(&Value::Null)
    }

    /// The last argument as an id, if it is a text.
    #[must_use]
    pub fn last_text(&self) -> Option<Id> {
        let last = self.arguments.last();
        last.filter(|value| value.is_string()).map(Id::of)
    }

    /// Whether the first argument is an object with this member.
    #[must_use]
    pub fn has(&self, member: &str) -> bool {
        self.first().get(member).is_some()
    }

    /// The first argument as this type.
    ///
    /// # Errors
    /// `bad-request`, with what is wrong.
    pub fn parse<'de, T: Deserialize<'de>>(&'de self) -> Result<T, ApiError> {
        if !self.first().is_object() {
            return Err(ApiError::bad_request("the payload must be an object"));
        }
        T::deserialize(self.first())
            .map_err(|error| ApiError::bad_request(shortened(&error.to_string())))
    }
}

/// An error's text may quote the payload; 200 characters tell enough.
fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
