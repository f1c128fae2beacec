//! Rooms, their peers and what these send each other: the domain, without sockets and formats.
//!
//! [`Registry`] finds or makes a [`Room`]; a room's verbs are spread over `transports`,
//! `producers` and `consumers`, and what its worker reports arrives in `reports`. Every id is looked
//! up inside the caller's own peer, every producer inside the caller's own room, and "not yours"
//! is the same answer as "unknown".

mod broadcasts;
mod changes;
mod consumers;
mod drain;
mod event;
mod event_queue;
mod filter;
mod guest;
mod households;
pub mod inspect;
mod listing;
mod logging;
mod moderation;
mod negotiation;
mod peer;
pub mod policy;
mod producers;
mod public;
mod receivers;
mod registry;
mod reports;
mod resume;
mod sent;
mod shapes;
mod transports;
mod viewer;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

pub use crate::config::MaxConsumers;
pub use broadcasts::{Broadcast, BroadcastId, Broadcasts, Publisher, Publishing, ViewId};
pub use changes::{Change, Changes, What};
pub use consumers::{Consume, ConsumerChoice, ConsumerInfo};
pub use event::{ClosedProducer, OwnEnd, RoomEvent, StreamScore};
pub use event_queue::{EventReceiver, EventSender};
pub use filter::Filter;
pub use guest::{Guest, Visit};
pub use listing::{Joined, PeerInfo, PeerPage};
pub use logging::{Shown, peer_span};
pub use media::{ConsumerId, GroupOfPicturesOptions, ProducerId, TransportId};
pub use negotiation::{Numbers, Profile, can_produce};
pub use peer::{AppData, Hears, NewPeer, PeerId, Role, TransportChoice};
pub use producers::{Produce, ProducerChoice, ProducerInfo};
pub use public::PublicList;
pub use registry::{Counts, Registry};
pub use resume::{Caller, Own, ResumeToken, Resumed};
pub use sent::Sent;
pub use transports::TransportInfo;
pub use viewer::{Slot, Viewer, ViewerState, Wanted};

use self::{
    peer::Peer,
    policy::{Limit, Permit},
    receivers::close_all,
};
use crate::{
    config::{Live, RoomConfig},
    engine::{EngineError, RouterHandle},
};
use ortc::types::RtpCapabilities;

/// Names a room; any text within the length limit, compared as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(Arc<str>);

impl RoomId {
    /// The room of clients that name none.
    pub const DEFAULT: &'static str = "default";

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has the shape of an id of a broadcast: a secret, and no name to give to a room.
    #[must_use]
    pub fn is_id(&self) -> bool {
        BroadcastId::is_one(&self.0) || ViewId::is_one(&self.0)
    }
}

impl From<&str> for RoomId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RoomId({:?})", &self.0)
    }
}

/// One conversation: the peers that can hear each other, on one router.
#[derive(Debug)]
pub struct Room {
    id: RoomId,
    config: Live<RoomConfig>,
    created: SystemTime,
    router: tokio::sync::OnceCell<RouterHandle>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    changes: Changes,
    room: RoomId,
    closed: bool,
    /// Joins under way: they keep an empty room open.
    joining: usize,
    /// How many may receive.
    max_consumers: Option<MaxConsumers>,
    /// Boxed, as a table has twice the places it needs.
    peers: HashMap<PeerId, Box<Peer>>,
    /// Whose each producer is.
    owners: HashMap<ProducerId, PeerId>,
    /// Counts what is made in the room, so that "newest" and "before" have a meaning.
    made: u64,
    permit: Option<Permit>,
}

impl Room {
    fn new(id: RoomId, config: Live<RoomConfig>, permit: Permit, changes: &Changes) -> Arc<Self> {
        changes.tell(What::RoomCreated, &id, |_| {});
        let max_consumers = config.get().max_consumers;
        Arc::new(Self {
            config,
            created: SystemTime::now(),
            router: tokio::sync::OnceCell::new(),
            state: Mutex::new(State {
                changes: changes.clone(),
                room: id.clone(),
                closed: false,
                joining: 0,
                max_consumers,
                peers: HashMap::new(),
                owners: HashMap::new(),
                made: 0,
                permit: Some(permit),
            }),
            id,
        })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &RoomId {
        &self.id
    }

    /// What clients of a peer's profile are told the room can receive.
    pub fn rtp_capabilities(&self, peer: &PeerId) -> Result<Arc<RtpCapabilities>, RoomError> {
        Ok(self.state().peer(peer)?.profile.rtp_capabilities())
    }

    /// Adds a peer and tells the others.
    fn admit(&self, new: NewPeer, permit: Permit) -> Result<Joined, RoomError> {
        let mut state = self.state();
        if state.closed {
            return Err(RoomError::Closed);
        }
        // One connection that joins through two namespaces has one name, and so one peer.
        if state.peers.contains_key(&new.id) {
            return Err(RoomError::AlreadyJoined);
        }
        if state.peers.len() >= self.config.get().peers_per_room {
            return Err(Limit::Peers.reached().into());
        }
        if new.max_consumers.is_some() {
            state.max_consumers = new.max_consumers;
        }
        if new.watches {
            close_all(state.make_place(&new.id)?);
        }
        if new.announced {
            let joined = RoomEvent::PeerJoined {
                peer: new.id.clone(),
                display_name: new.display_name.clone(),
            };
            state.tell_others(&new.id, joined);
        }
        let (id, profile) = (new.id.clone(), new.profile);
        let entered = state.next();
        let peer = Peer::new(new, entered, permit);
        state.peers.insert(id.clone(), Box::new(peer));
        state.changed(What::PeerJoined, &id, |_| {});
        state.span(&id).in_scope(|| tracing::info!("joined"));
        Ok(state.joined(&id, profile, self.config.get().peers_per_answer))
    }

    /// Removes a peer and everything it has; returns what is to be closed in the engine. With an epoch:
    /// only if no later connection of the peer has come.
    fn remove(&self, peer: &PeerId, epoch: Option<u32>) -> Option<Removed> {
        let mut state = self.state();
        let going = state.peers.get(peer).filter(|going| going.is_at(epoch))?;
        let producers: Vec<_> = going.producers.keys().copied().collect();
        for producer in producers {
            state.close_producer(producer, "peer-left");
        }
        state.span(peer).in_scope(|| tracing::info!("left"));
        let gone = state.peers.remove(peer)?;
        state.changed(What::PeerLeft, peer, |_| {});
        if gone.announced {
            let left = RoomEvent::PeerLeft {
                peer: peer.clone(),
                display_name: gone.display_name.clone(),
            };
            state.tell_others(peer, left);
        }
        Some(Removed {
            transports: gone.transports.into_values().map(|t| t.handle).collect(),
            public: gone.public,
            room_closed: state.close_if_empty(),
        })
    }

    /// Closes the room at once and tells everybody.
    fn fail(&self, reason: &'static str) {
        let mut state = self.state();
        state.close();
        let told: Vec<_> = state
            .peers
            .iter()
            .map(|(id, peer)| (id.clone(), state.known_to(peer)))
            .collect();
        for (id, producers) in told {
            let span = state.span(&id);
            span.in_scope(|| tracing::info!(reason, "left"));
            if let Some(mut peer) = state.peers.remove(&id) {
                peer.tell(RoomEvent::RoomClosed { reason, producers });
            }
        }
        state.owners.clear();
    }

    /// Tells one peer.
    fn tell(&self, peer: &PeerId, event: RoomEvent) {
        if let Some(peer) = self.state().peers.get_mut(peer) {
            peer.tell(event);
        }
    }

    /// Tells every peer.
    fn tell_all(&self, event: &RoomEvent) {
        for peer in self.state().peers.values_mut() {
            peer.tell(event.clone());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic under the lock leaves plain data behind; the room goes on with it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What [`Room::remove`] leaves to do.
struct Removed {
    transports: Vec<crate::engine::TransportHandle>,
    public: bool,
    room_closed: bool,
}

impl State {
    fn peer(&self, id: &PeerId) -> Result<&Peer, RoomError> {
        self.peers.get(id).map(|peer| &**peer).ok_or(self.absence())
    }

    fn peer_mut(&mut self, id: &PeerId) -> Result<&mut Peer, RoomError> {
        let absence = self.absence();
        let peer = self.peers.get_mut(id).map(|peer| &mut **peer);
        peer.ok_or(absence)
    }

    fn absence(&self) -> RoomError {
        if self.closed {
            RoomError::Closed
        } else {
            RoomError::NotJoined
        }
    }

    /// Tells whoever follows of something of a peer.
    fn changed(&self, what: What, peer: &PeerId, more: impl FnOnce(&mut Change)) {
        self.changes.tell(what, &self.room, |change| {
            change.peer_id = Some(peer.to_string());
            more(change);
        });
    }

    fn next(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    fn tell_others(&mut self, id: &PeerId, event: RoomEvent) {
        let event = Arc::new(event);
        for (other, peer) in &mut self.peers {
            if other != id {
                peer.tell(Arc::clone(&event));
            }
        }
    }

    /// Whether the room was closed by this call.
    fn close_if_empty(&mut self) -> bool {
        let close = !self.closed && self.joining == 0 && self.peers.is_empty();
        if close {
            self.close();
        }
        close
    }

    fn close(&mut self) {
        self.closed = true;
        self.permit = None;
    }
}

/// Why a room's verb failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// Unknown, or not the caller's.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The caller is in no room.
    #[error("join a room first")]
    NotJoined,
    /// The caller is in another room.
    #[error("leave the other room first")]
    AlreadyJoined,
    /// Arguments out of bounds.
    #[error("{0}")]
    BadRequest(&'static str),
    /// Too many.
    #[error("too many {}", .0.noun())]
    Limit(Limit),
    /// The address did it too often; it may again after this time.
    #[error("this address enters rooms too often")]
    TooOften(std::time::Duration),
    /// The capabilities cannot receive it.
    #[error("cannot consume: {0}")]
    CannotConsume(&'static str),
    /// The parameters cannot be routed.
    #[error("invalid rtpParameters: {0}")]
    InvalidRtpParameters(String),
    /// No usable fingerprint.
    #[error("invalid dtlsParameters: {0}")]
    InvalidDtlsParameters(String),
    /// Connected before.
    #[error("the transport is already connected")]
    AlreadyConnected,
    /// The room is gone.
    #[error("the room was closed")]
    Closed,
    /// The server is going down and opens no rooms.
    #[error("the server is going down; try another")]
    Draining,
    /// The room's worker died.
    #[error("the room's worker died; join again")]
    WorkerDied,
    /// The engine did not answer in time.
    #[error("the media engine did not answer in time")]
    Timeout,
    /// Our fault.
    #[error("internal error")]
    Internal,
}

impl From<Limit> for RoomError {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

impl From<EngineError> for RoomError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Command(error) => error.into(),
            EngineError::WorkerDied => Self::WorkerDied,
            EngineError::Timeout => Self::Timeout,
            EngineError::Start(_)
            | EngineError::ForeignAddress(_)
            | EngineError::PortTaken { .. } => Self::Internal,
        }
    }
}

impl From<media::CommandError> for RoomError {
    fn from(error: media::CommandError) -> Self {
        use media::CommandError as E;
        match error {
            E::RouterNotFound => Self::Closed,
            E::TransportNotFound => Self::NotFound("transport"),
            E::ProducerNotFound => Self::NotFound("producer"),
            E::ConsumerNotFound => Self::NotFound("consumer"),
            E::AlreadyConnected => Self::AlreadyConnected,
            E::InvalidDtlsParameters(why) => Self::InvalidDtlsParameters(why.to_owned()),
            E::StreamInUse(_) => Self::InvalidRtpParameters(error.to_string()),
            E::InvalidRtpParameters(why) => Self::InvalidRtpParameters(why),
            E::DuplicateId | E::Internal => Self::Internal,
        }
    }
}
