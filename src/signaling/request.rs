//! The canonical vocabulary between dialects and handlers: what a client asks, what it is answered,
//! what it is told. Typed data only; JSON shapes and names are the dialects'.

use ortc::types::{
    DtlsParameters, IceCandidate, IceParameters, MediaKind, RtpCapabilities, RtpParameters, RtpType,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::ApiError;

/// The name of an object, as a client gives it. Whatever is not a UUID becomes the nil UUID, which
/// names nothing: a malformed id, an unknown one and somebody else's get one and the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub Uuid);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = value.as_str().filter(|text| text.len() == 36);
        let id = text.and_then(|text| Uuid::parse_str(text).ok());
        Ok(Self(id.unwrap_or(Uuid::nil())))
    }
}

/// Which way a transport carries media, seen from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The client sends.
    Send,
    /// The client receives.
    Receive,
}

/// Which transport is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The one of this name.
    Id(Id),
    /// The client's only one in this direction, or the one that fits best.
    Implied(Direction),
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Enter a room.
    Join {
        /// Its name; `None`: the default room.
        room: Option<String>,
        /// How the client calls itself.
        display_name: Option<String>,
    },
    /// Leave it.
    Leave,
    /// Make a transport.
    CreateTransport(Direction),
    /// Tell a transport the client's certificate.
    ConnectTransport(Transport, DtlsParameters),
    /// New ICE credentials.
    RestartIce(Id),
    /// Counters of a transport.
    Stats(Id),
    /// Send a source.
    Produce(Box<Produce>),
    /// End a producer.
    CloseProducer(Id),
    /// Stop a producer.
    PauseProducer(Id),
    /// Restart a producer.
    ResumeProducer(Id),
    /// List the others' producers.
    Producers,
    /// Receive a source.
    Consume(Box<Consume>),
    /// Start a consumer; `None`: all.
    ResumeConsumer(Option<Id>),
    /// Stop a consumer.
    PauseConsumer(Id),
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
    /// Keeps the worker of the client's room busy for longer than any acknowledgement may take. For
    /// tests of deadlines.
    #[cfg(feature = "fault-injection")]
    StallWorker,
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
    /// Starts paused.
    pub paused: bool,
}

/// Arguments of [`Request::Consume`].
#[derive(Clone, Debug, PartialEq)]
pub struct Consume {
    /// On which transport.
    pub transport: Transport,
    /// Which producer; `None`: the newest.
    pub producer: Option<Id>,
    /// What the client can receive.
    pub rtp_capabilities: RtpCapabilities,
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
        /// The others.
        peers: Vec<PeerEntry>,
    },
    /// It is in no room.
    Left,
    /// A transport.
    Transport(TransportOptions),
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
    },
    /// The others' producers.
    Producers(Vec<ProducerEntry>),
    /// A consumer.
    Consumer(Box<ConsumerEntry>),
    /// It is closed.
    Closed,
    /// It is paused.
    Paused,
    /// It is resumed.
    Resumed,
    /// Nothing to say.
    Done,
}

/// What a client needs to build its side of a transport.
#[derive(Clone, Debug, Serialize)]
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
}

/// Somebody's producer.
#[derive(Clone, Debug)]
pub struct ProducerEntry {
    /// Its name.
    pub producer: Uuid,
    /// Whose.
    pub peer: String,
    /// Audio or video.
    pub kind: MediaKind,
    /// JSON text its owner gave.
    pub app_data: String,
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
    },
    /// Somebody's producer can be consumed.
    NewProducer(ProducerEntry),
    /// A producer is gone.
    ProducerClosed {
        /// Which.
        producer: Uuid,
        /// Whose.
        peer: String,
        /// The client's consumers that ended with it.
        consumers: Vec<Uuid>,
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
    /// The room is gone.
    RoomClosed {
        /// Why.
        reason: &'static str,
        /// The producers the client had heard of.
        producers: Vec<Uuid>,
    },
}

/// How well one stream arrives.
#[derive(Clone, Debug, Serialize)]
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
}

impl Payload {
    /// Takes an event's arguments, without its name.
    #[must_use]
    pub fn new(arguments: Vec<Value>) -> Self {
        Self { arguments }
    }

    /// The first argument that is not null, or null.
    #[must_use]
    pub fn first(&self) -> &Value {
        let mut arguments = self.arguments.iter();
        arguments
            .find(|value| !value.is_null())
            .unwrap_or(&Value::Null)
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
