//! Finds rooms by name, makes them when first joined and forgets them when empty. The only file
//! that names dashmap; no guard of the map outlives a line.

use std::{net::IpAddr, sync::Arc, time::Instant};

use dashmap::DashMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Broadcasts, Change, Changes, EventReceiver, EventSender, Joined, NewPeer, PeerId, Room,
    RoomError, RoomEvent, RoomId, What, drain::Drain, event_queue::event_queue, policy::Admission,
    public::PublicRooms,
};
use crate::{
    config::{Live, RateConfig, RoomConfig, SignalingConfig},
    engine::{RouterEvent, RouterEvents, RouterHandle, WorkerPool},
    error::ErrorCode,
    telemetry::{
        metrics::{count, observe},
        names,
    },
};

/// Every room of this server.
#[derive(Debug)]
pub struct Registry {
    rooms: DashMap<RoomId, Arc<Room>>,
    pool: WorkerPool,
    pub(super) config: Live<RoomConfig>,
    pub(super) admission: Arc<Admission>,
    pub(super) drain: Drain,
    pub(super) public: PublicRooms,
    changes: Changes,
    broadcasts: Arc<Broadcasts>,
}

/// How many objects of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Connections of Engine.IO, those included that have no socket yet.
    pub sessions: usize,
    /// Connected sockets, one per namespace.
    pub sockets: usize,
    /// Remote addresses they come from.
    pub addresses: usize,
    /// Rooms.
    pub rooms: usize,
    /// Peers in them.
    pub peers: usize,
    /// Their transports.
    pub transports: usize,
    /// Their producers.
    pub producers: usize,
    /// Their consumers.
    pub consumers: usize,
}

impl Registry {
    /// No rooms yet.
    #[must_use]
    pub fn new(
        pool: WorkerPool,
        config: RoomConfig,
        signaling: &SignalingConfig,
        rates: &RateConfig,
        broadcasts: Arc<Broadcasts>,
    ) -> Arc<Self> {
        Arc::new(Self {
            rooms: DashMap::new(),
            admission: Arc::new(Admission::new(&config, signaling, rates)),
            drain: Drain::new(),
            public: PublicRooms::new(),
            changes: Changes::new(),
            pool,
            config: Live::new(config),
            broadcasts,
        })
    }

    /// Other limits from now on. What is there stays, also above them.
    pub fn reload(&self, config: &RoomConfig, signaling: &SignalingConfig) {
        self.admission.set_limits(config, signaling);
        self.config.set(config.clone());
    }

    /// The broadcasts that may have rooms here.
    #[must_use]
    pub fn broadcasts(&self) -> &Broadcasts {
        &self.broadcasts
    }

    /// The server-wide counters.
    #[must_use]
    pub fn admission(&self) -> &Arc<Admission> {
        &self.admission
    }

    /// What changes, for whoever follows it.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// The media workers.
    #[must_use]
    pub fn pool(&self) -> &WorkerPool {
        &self.pool
    }

    /// The room of this name, if it is open.
    #[must_use]
    pub fn room(&self, id: &RoomId) -> Option<Arc<Room>> {
        self.rooms.get(id).map(|room| room.value().clone())
    }

    /// Puts a peer into a room, which is made when there is none.
    ///
    /// # Errors
    /// A limit, a name out of bounds, or no worker to carry the room.
    pub async fn join(
        self: &Arc<Self>,
        id: &RoomId,
        peer: NewPeer,
    ) -> Result<(Arc<Room>, Joined), RoomError> {
        let (began, dialect) = (Instant::now(), peer.dialect);
        let joined = self.let_in(id, peer).await;
        let error = joined.as_ref().err().map(ErrorCode::from);
        count(
            &names::JOINS,
            [dialect, error.map_or("ok", ErrorCode::as_str)],
        );
        if joined.is_ok() {
            let seconds = began.elapsed().as_secs_f64();
            observe(&names::JOIN_SECONDS, [dialect.into()], seconds);
        }
        joined
    }

    async fn let_in(
        self: &Arc<Self>,
        id: &RoomId,
        peer: NewPeer,
    ) -> Result<(Arc<Room>, Joined), RoomError> {
        self.check_name(id.as_str())?;
        self.check_name(peer.display_name.as_deref().unwrap_or("-"))?;
        let permit = self.admission.peer()?;
        let place = self.reserve(id)?;
        self.open(&place.room).await?;
        let (name, public) = (peer.id.clone(), peer.public);
        let joined = place.room.admit(peer, permit)?;
        if let Some(within) = self.drains_within() {
            place.room.tell(&name, RoomEvent::ServerDraining { within });
        }
        if public {
            self.public.changed();
        }
        Ok((place.room.clone(), joined))
    }

    /// Counts that somebody there enters a room.
    ///
    /// # Errors
    /// It does so too often.
    pub fn count_join(&self, from: IpAddr) -> Result<(), RoomError> {
        let counted = self.admission.rates().joins.count(from);
        counted.map_err(|wait| {
            count(&names::REFUSALS, ["joins"]);
            RoomError::TooOften(wait)
        })
    }

    /// A queue for a peer's events, as long as the config says.
    #[must_use]
    pub fn event_queue(&self) -> (EventSender, EventReceiver) {
        event_queue(self.config.get().pending_events)
    }

    /// Takes a peer out of its room; the last one closes it.
    pub fn leave(&self, room: &Arc<Room>, peer: &PeerId) {
        self.take_out(room, peer, None);
    }

    pub(super) fn take_out(&self, room: &Arc<Room>, peer: &PeerId, epoch: Option<u32>) {
        let Some(removed) = room.remove(peer, epoch) else {
            return;
        };
        if removed.public {
            self.public.changed();
        }
        if removed.room_closed {
            self.close(room);
            return;
        }
        // Nobody waits for the engine here: what it closes is out of the room already.
        tokio::spawn(async move {
            for transport in removed.transports {
                transport.close().await;
            }
        });
    }

    /// How many objects of each kind there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            sessions: self.admission.sessions(),
            sockets: self.admission.sockets(),
            addresses: self.admission.addresses_known(),
            rooms: self.admission.rooms(),
            peers: self.admission.peers(),
            ..Counts::default()
        };
        for room in self.all() {
            let (transports, producers, consumers) = room.count();
            counts.transports += transports;
            counts.producers += producers;
            counts.consumers += consumers;
        }
        counts
    }

    pub(super) fn all(&self) -> Vec<Arc<Room>> {
        self.rooms
            .iter()
            .map(|entry| entry.value().clone())
            .collect()
    }

    /// How many may receive in a room, if that is limited.
    #[must_use]
    pub fn max_consumers(&self) -> Option<usize> {
        self.config.get().max_consumers.map(|max| max.count)
    }

    /// Whether a room or a peer may have this name.
    ///
    /// # Errors
    /// It is too short or too long.
    pub fn check_name(&self, name: &str) -> Result<(), RoomError> {
        if name.is_empty() {
            return Err(RoomError::BadRequest("the name is empty"));
        }
        if name.chars().nth(self.config.get().name_chars).is_some() {
            return Err(RoomError::BadRequest("the name is too long"));
        }
        Ok(())
    }

    /// Whether a client may come into a room by this name. Ids of broadcasts are none: one opens no room,
    /// be it pasted or expired, and the secret one leads nowhere. Only the view id of a broadcast that is
    /// good leads into the room of its own.
    ///
    /// # Errors
    /// It is such an id.
    pub fn check_entry(&self, room: &RoomId) -> Result<(), RoomError> {
        let of_view = self.broadcasts.by_view(room.as_str());
        let leads_there = of_view.is_some_and(|broadcast| broadcast.room == *room);
        if room.is_id() && !leads_there {
            return Err(RoomError::BadRequest(
                "there is no broadcast with this id to enter the room of",
            ));
        }
        Ok(())
    }

    /// The open room of this name, kept open until the place is dropped. A room that is just
    /// closing is replaced, so whoever joins at that moment meets the others in the new one.
    fn reserve(self: &Arc<Self>, id: &RoomId) -> Result<Place, RoomError> {
        loop {
            let room = self.find_or_make(id)?;
            if room.hold() {
                return Ok(Place {
                    registry: self.clone(),
                    room,
                });
            }
            self.forget(&room, "room-closed");
        }
    }

    fn find_or_make(&self, id: &RoomId) -> Result<Arc<Room>, RoomError> {
        if let Some(room) = self.room(id) {
            return Ok(room);
        }
        if self.is_draining() {
            return Err(RoomError::Draining);
        }
        let permit = self.admission.room()?;
        let entry = self.rooms.entry(id.clone());
        let made = entry
            .or_insert_with(|| Room::new(id.clone(), self.config.clone(), permit, &self.changes));
        Ok(made.value().clone())
    }

    /// Gives a room its router, once.
    async fn open(self: &Arc<Self>, room: &Arc<Room>) -> Result<(), RoomError> {
        let open = async || -> Result<RouterHandle, RoomError> {
            let (router, events) = self.pool.create_router().await?;
            tokio::spawn(self.clone().watch(room.clone(), events));
            Ok(router)
        };
        room.router.get_or_try_init(open).await?;
        Ok(())
    }

    /// Applies what the router reports until it is gone.
    async fn watch(self: Arc<Self>, room: Arc<Room>, mut events: RouterEvents) {
        let mut reason = "room-closed";
        while let Some(event) = events.next().await {
            match event {
                RouterEvent::Media(media::EventKind::RouterClosed) => break,
                RouterEvent::Media(report) => room.apply(report),
                RouterEvent::WorkerDied => {
                    reason = "worker-died";
                    break;
                }
            }
        }
        self.end(&room, reason);
    }

    /// Ends a room at once and tells everybody in it; its router is closed by whoever closes it.
    pub(super) fn end(&self, room: &Arc<Room>, reason: &'static str) {
        let public = room.has_public_peers();
        room.fail(reason);
        self.forget(room, reason);
        if public {
            self.public.changed();
        }
    }

    pub(super) fn close(&self, room: &Arc<Room>) {
        self.forget(room, "room-closed");
        if let Some(router) = room.router.get().cloned() {
            tokio::spawn(async move { router.close().await });
        }
    }

    /// Only this very room, never its successor of the same name.
    fn forget(&self, room: &Arc<Room>, reason: &'static str) {
        self.rooms.remove_if(room.id(), |id, known| {
            let this = Arc::ptr_eq(known, room);
            if this {
                // Told before a successor can be made.
                let told = |change: &mut Change| change.reason = Some(reason);
                self.changes.tell(What::RoomClosed, id, told);
            }
            this
        });
    }
}

/// Keeps a room open while somebody joins it.
struct Place {
    registry: Arc<Registry>,
    room: Arc<Room>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.room.release() {
            self.registry.close(&self.room);
        }
    }
}

impl Room {
    /// Keeps the room open; false when it is closed already.
    fn hold(&self) -> bool {
        let mut state = self.state();
        if !state.closed {
            state.joining += 1;
        }
        !state.closed
    }

    /// The reverse; true when that closed the room.
    fn release(&self) -> bool {
        let mut state = self.state();
        state.joining -= 1;
        state.close_if_empty()
    }
}
