//! A peer and what it owns; plain data under its room's lock, no engine call is awaited here.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
    time::SystemTime,
};

use ortc::types::{MediaKind, RtpParameters, RtpType};

use super::{
    ConsumerId, EventSender, MaxConsumers, ProducerId, RoomError, RoomEvent, TransportId,
    negotiation::Profile,
    policy::Permit,
    resume::Return,
    shapes::{Received, Shapes},
};
use crate::engine::{ConsumerHandle, ProducerHandle, TransportHandle};

/// Names a peer: the id of the socket it joined by, or of its own if it never had one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(Arc<str>);

impl PeerId {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for PeerId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerId({})", self.0)
    }
}

/// What a client says about a producer: JSON, carried and never read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppData(Arc<str>);

impl AppData {
    /// Takes a valid JSON text.
    #[must_use]
    pub fn from_json(text: &str) -> Self {
        Self(text.into())
    }

    /// The JSON text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

impl Default for AppData {
    fn default() -> Self {
        Self::from_json("{}")
    }
}

/// What a transport was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The client sends on it.
    Send,
    /// The client receives on it.
    Receive,
    /// The client did not say; it does one or the other.
    Either,
}

impl Role {
    fn suits(self, wanted: Self) -> bool {
        self == wanted || self == Self::Either || wanted == Self::Either
    }
}

/// When a peer starts to hear of others' producers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// From its join on.
    FromJoin,
    /// Once it has a send transport or has asked for the producers; old frontends lose media when
    /// told earlier.
    OnceReady,
    /// Once it has a receive transport, produces, or has asked for the producers.
    OnceReceiving,
    /// Once it has asked for the producers.
    OnceAsked,
}

/// A peer about to join.
#[derive(Debug)]
pub struct NewPeer {
    /// Its name; fresh.
    pub id: PeerId,
    /// How it calls itself.
    pub display_name: Option<Arc<str>>,
    /// How it speaks, for the log and metrics: a dialect, or what it came by.
    pub dialect: &'static str,
    /// Which header extensions it is offered.
    pub profile: Profile,
    /// When it hears of producers.
    pub hears: Hears,
    /// Whether everybody may know that it is in this room.
    pub public: bool,
    /// Whether it asks again for the others that one answer does not hold.
    pub pages: bool,
    /// Whether it is kept for a while when its connection is lost.
    pub resumes: bool,
    /// Whether it only watches: it receives, or waits to.
    pub watches: bool,
    /// Whether others are told of it.
    pub announced: bool,
    /// How many may receive in the room from now on, if that changes.
    pub max_consumers: Option<MaxConsumers>,
    /// Where its events go. When it is full the peer is dropped: the queue closes.
    pub events: EventSender,
}

/// A peer in a room.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) dialect: &'static str,
    pub(super) display_name: Option<Arc<str>>,
    pub(super) profile: Profile,
    pub(super) events: Option<EventSender>,
    /// Whether it hears of producers, and when it begins to.
    pub(super) way_back: Option<Return>,
    pub(super) ready: bool,
    pub(super) hears: Hears,
    pub(super) public: bool,
    /// Whether it only watches.
    pub(super) watches: bool,
    /// Whether others are told of it.
    pub(super) announced: bool,
    /// Since when it receives, in the room's count.
    pub(super) received_since: u64,
    /// Whether its place was given to another.
    pub(super) evicted: bool,
    /// When it joined, in the room's count.
    pub(super) entered: u64,
    /// The same by the clock.
    pub(super) joined: SystemTime,
    /// Whether it is listed the others a page at a time.
    pub(super) pages: bool,
    /// When its latest listing of the room began, in the same count.
    pub(super) listed: u64,
    /// Boxed, as a table has four places for one or two.
    pub(super) transports: HashMap<TransportId, Box<Transport>>,
    pub(super) producers: HashMap<ProducerId, Producer>,
    pub(super) consumers: HashMap<ConsumerId, Box<Consumer>>,
    /// Producers of others it has heard of.
    pub(super) told: HashSet<ProducerId>,
    /// Producers it will hear of once it is ready, oldest first.
    pub(super) untold: Vec<ProducerId>,
    /// Its place among those of whom a group of pictures is kept.
    pub(super) group: Option<Permit>,
    pub(super) _permit: Permit,
}

/// A transport of a peer.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) handle: TransportHandle,
    pub(super) role: Role,
    /// What its client calls it, instead of by its id.
    pub(super) label: Option<Arc<str>>,
    /// Grows with each transport of the room.
    pub(super) made: u64,
    /// When `connect` was called, in the same count.
    pub(super) connected: Option<u64>,
    pub(super) next_mid: u32,
    /// Canonical name of everything sent on it, so that audio and video stay in step.
    pub(super) cname: Option<String>,
    pub(super) ice_state: &'static str,
    pub(super) dtls_state: &'static str,
}

/// A producer of a peer.
#[derive(Debug)]
pub(super) struct Producer {
    pub(super) handle: ProducerHandle,
    pub(super) transport: TransportId,
    pub(super) kind: MediaKind,
    pub(super) rtp_type: RtpType,
    pub(super) consumable: Arc<RtpParameters>,
    /// As its client sends it.
    pub(super) rtp_parameters: Arc<RtpParameters>,
    /// As its consumers are received.
    pub(super) shapes: Shapes,
    pub(super) app_data: AppData,
    pub(super) display: bool,
    pub(super) paused: bool,
    pub(super) made: u64,
    /// How its owner calls itself.
    pub(super) owner_name: Option<Arc<str>>,
}

/// A consumer of a peer.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) handle: ConsumerHandle,
    pub(super) transport: TransportId,
    pub(super) producer: ProducerId,
    /// Whose producer.
    pub(super) of: PeerId,
    pub(super) kind: MediaKind,
    /// Whether the producer captures a display.
    pub(super) display: bool,
    pub(super) paused: bool,
    pub(super) received: Received,
}

/// Which of the caller's transports is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportChoice {
    /// This one.
    Id(TransportId),
    /// The newest its client calls so.
    Label(Arc<str>),
    /// The first of the role.
    First(Role),
    /// The one to consume on next: the oldest receive transport without consumers, else the newest.
    ToConsume,
    /// The one to connect now: the newest unconnected of the role, else the newest.
    ToConnect(Role),
    /// The one in use: the last of the role that was connected, else the newest.
    InUse(Role),
}

impl Peer {
    /// Sends it an event; a peer too far behind loses its queue.
    pub(super) fn tell(&mut self, event: impl Into<Arc<RoomEvent>>) {
        let Some(events) = &self.events else { return };
        if events.send(event).is_err() {
            self.events = None;
        }
    }

    /// Whether a transport it sends on is connected.
    pub(super) fn sends(&self) -> bool {
        self.last_connected(Role::Send).is_some()
    }

    /// The transport meant, inside this peer.
    pub(super) fn transport(&self, choice: &TransportChoice) -> Result<TransportId, RoomError> {
        let found = match choice {
            TransportChoice::Id(id) => self.transports.contains_key(id).then_some(*id),
            TransportChoice::Label(label) => self.newest(Role::Either, |transport| {
                transport.label.as_ref() == Some(label)
            }),
            TransportChoice::First(role) => self
                .of_role(*role)
                .min_by_key(|(_, transport)| transport.made)
                .map(|(id, _)| *id),
            TransportChoice::ToConsume => self.oldest_idle_receive(),
            TransportChoice::ToConnect(Role::Receive) => self.oldest_unconnected_receive(),
            TransportChoice::ToConnect(role) => self
                .newest(*role, |transport| transport.connected.is_none())
                .or_else(|| self.newest(*role, |_| true)),
            TransportChoice::InUse(role) => self
                .last_connected(*role)
                .or_else(|| self.newest(*role, |_| true)),
        };
        found.ok_or(RoomError::NotFound("transport"))
    }

    fn newest(&self, role: Role, wanted: impl Fn(&Transport) -> bool) -> Option<TransportId> {
        self.of_role(role)
            .filter(|(_, transport)| wanted(transport))
            .max_by_key(|(_, transport)| transport.made)
            .map(|(id, _)| *id)
    }

    fn last_connected(&self, role: Role) -> Option<TransportId> {
        self.of_role(role)
            .filter(|(_, transport)| transport.connected.is_some())
            .max_by_key(|(_, transport)| transport.connected)
            .map(|(id, _)| *id)
    }

    /// Clients that name no receive transport connect them in the order they consumed on them.
    fn oldest_unconnected_receive(&self) -> Option<TransportId> {
        let consuming = |id: &TransportId| self.consumers.values().any(|c| c.transport == *id);
        self.of_role(Role::Receive)
            .filter(|(_, transport)| transport.connected.is_none())
            .min_by_key(|(id, transport)| (!consuming(id), transport.made))
            .map(|(id, _)| *id)
            .or_else(|| self.newest(Role::Receive, |_| true))
    }

    fn oldest_idle_receive(&self) -> Option<TransportId> {
        let consuming = |id: &TransportId| self.consumers.values().any(|c| c.transport == *id);
        self.of_role(Role::Receive)
            .filter(|(id, _)| !consuming(id))
            .min_by_key(|(_, transport)| transport.made)
            .map(|(id, _)| *id)
            .or_else(|| self.newest(Role::Receive, |_| true))
    }

    fn of_role(&self, role: Role) -> impl Iterator<Item = (&TransportId, &Transport)> {
        self.transports
            .iter()
            .map(|(id, transport)| (id, &**transport))
            .filter(move |(_, transport)| transport.role.suits(role))
    }
}
