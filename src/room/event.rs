//! What happened in a room, as each of its peers is told; without names or shapes of any frontend.

use std::{sync::Arc, time::Duration};

use ortc::types::MediaKind;

use super::{ConsumerId, PeerId, ProducerId, ProducerInfo, TransportId};

/// Something a peer should know.
#[derive(Clone, Debug)]
pub enum RoomEvent {
    /// Another peer joined.
    PeerJoined {
        /// Who.
        peer: PeerId,
        /// How it calls itself.
        display_name: Option<Arc<str>>,
    },
    /// Another peer left.
    PeerLeft {
        /// Who.
        peer: PeerId,
        /// How it called itself.
        display_name: Option<Arc<str>>,
    },
    /// Another peer's producer can be consumed.
    NewProducer(ProducerInfo),
    /// A producer the receiver had heard of is gone.
    ProducerClosed {
        /// Which.
        producer: ProducerId,
        /// Whose.
        peer: PeerId,
        /// Audio or video.
        kind: MediaKind,
        /// Whether it captured a display.
        display: bool,
        /// The receiver's consumers that ended with it.
        consumers: Vec<ConsumerId>,
        /// Why, as a word.
        reason: &'static str,
    },
    /// The receiver's own producer was ended by somebody else.
    OwnProducerClosed(OwnEnd),
    /// Another peer's producer was paused or resumed.
    ProducerPaused {
        /// Which.
        producer: ProducerId,
        /// Whose.
        peer: PeerId,
        /// Paused, or resumed.
        paused: bool,
    },
    /// The receiver's consumer switched layers; `None`: nothing is sent.
    ConsumerLayersChanged {
        /// Which.
        consumer: ConsumerId,
        /// Spatial and temporal layer now.
        layers: Option<(u8, Option<u8>)>,
    },
    /// How well the receiver's own producer arrives.
    ProducerScore {
        /// Which.
        producer: ProducerId,
        /// One entry per stream.
        scores: Vec<StreamScore>,
    },
    /// The receiver's transport is gone.
    TransportClosed {
        /// Which.
        transport: TransportId,
        /// Why, as a word.
        reason: &'static str,
    },
    /// The receiver only watched, and its place was given to another.
    Evicted,
    /// Who operates the server has something to say.
    Notice {
        /// A text for people.
        message: Arc<str>,
    },
    /// The server is going down.
    ServerDraining {
        /// How long it waits for the receiver to leave.
        within: Duration,
    },
    /// The room is gone; the receiver is in none now.
    RoomClosed {
        /// Why, as a word.
        reason: &'static str,
        /// The producers the receiver had heard of.
        producers: Vec<ClosedProducer>,
    },
}

/// The end of a producer, as its owner is told.
#[derive(Clone, Debug)]
pub struct OwnEnd {
    /// Which.
    pub producer: ProducerId,
    /// Whose: the receiver.
    pub peer: PeerId,
    /// Why, as a word.
    pub reason: &'static str,
}

/// A producer that ended with its room.
#[derive(Clone, Debug)]
pub struct ClosedProducer {
    /// Which.
    pub producer: ProducerId,
    /// Whose.
    pub peer: PeerId,
    /// Audio or video.
    pub kind: MediaKind,
    /// Whether it captured a display.
    pub display: bool,
    /// The receiver's consumers that ended with it.
    pub consumers: Vec<ConsumerId>,
}

/// How well one stream of a producer arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamScore {
    /// Its place among the producer's encodings.
    pub encoding_idx: usize,
    /// Its SSRC.
    pub ssrc: u32,
    /// Its restriction identifier.
    pub rid: Option<String>,
    /// 0 (dead) to 10 (perfect).
    pub score: u8,
}
