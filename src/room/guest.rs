//! Peers without a socket: they come by HTTP, and live as long as they have a transport.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::watch;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    EventReceiver, Hears, MaxConsumers, NewPeer, PeerId, Profile, Registry, Role, Room, RoomError,
    RoomEvent, RoomId, TransportInfo, policy::SocketPermit,
};

/// A peer without a socket.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Where it is.
    pub room: Arc<Room>,
    /// Its name.
    pub id: PeerId,
    /// Closed when it is gone.
    here: watch::Receiver<()>,
}

/// Somebody about to come.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Where to.
    pub room: RoomId,
    /// From where.
    pub address: IpAddr,
    /// How others see it.
    pub name: Arc<str>,
    /// What it came by, for the log and metrics.
    pub dialect: &'static str,
    /// What its transport is for.
    pub role: Role,
    /// Which header extensions it knows.
    pub profile: Profile,
    /// Whether the room is made if there is none.
    pub opens: bool,
    /// Whether it receives whatever there is, and counts as a receiver before there is anything.
    pub watches: bool,
    /// Whether others are told of it.
    pub announced: bool,
    /// How many may receive in the room from now on; otherwise as before.
    pub max_consumers: Option<MaxConsumers>,
}

impl Visit {
    /// A page that asks for what it wants to watch.
    #[must_use]
    pub fn of_page(room: RoomId, address: IpAddr) -> Self {
        Self {
            opens: room.as_str() == RoomId::DEFAULT,
            room,
            address,
            name: "Viewer".into(),
            dialect: "http",
            role: Role::Receive,
            profile: Profile::Compat,
            watches: false,
            announced: true,
            max_consumers: None,
        }
    }
}

impl Registry {
    /// Lets somebody in: a peer with a transport, which takes the place of a socket at its address.
    /// It leaves by itself when its last transport is gone, which one that is never connected is in
    /// time.
    ///
    /// # Errors
    /// As for a join, or no such room, or no transport.
    pub async fn guest(
        self: &Arc<Self>,
        visit: Visit,
    ) -> Result<(Guest, TransportInfo), RoomError> {
        self.host(visit, async |stay: Stay, _| stay.until_gone().await)
            .await
    }

    /// The same; `stay` is what the guest does until it is gone.
    pub(super) async fn host<F>(
        self: &Arc<Self>,
        visit: Visit,
        stay: impl FnOnce(Stay, TransportInfo) -> F + Send + 'static,
    ) -> Result<(Guest, TransportInfo), RoomError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let registry = Arc::clone(self);
        // Done to the end, also when whoever asked does not wait: else a peer would be left that
        // nobody ever takes out.
        let entering = async move {
            let entered = registry.enter(visit).await?;
            let transport = entered.guest.create_transport(entered.role).await?;
            let guest = entered.guest.clone();
            tokio::spawn(stay(entered, transport.clone()));
            Ok((guest, transport))
        };
        let entering = tokio::spawn(entering.in_current_span());
        entering.await.map_err(|_| RoomError::Internal)?
    }

    async fn enter(self: Arc<Self>, visit: Visit) -> Result<Stay, RoomError> {
        if !visit.opens && self.room(&visit.room).is_none() {
            return Err(RoomError::NotFound("room"));
        }
        self.count_join(visit.address)?;
        let (events, receiver) = self.event_queue();
        let id = PeerId::from(format!("guest-{}", Uuid::new_v4()).as_str());
        let peer = NewPeer {
            id: id.clone(),
            display_name: Some(visit.name),
            dialect: visit.dialect,
            profile: visit.profile,
            hears: if visit.watches {
                Hears::FromJoin
            } else {
                Hears::OnceAsked
            },
            public: false,
            pages: true,
            resumes: false,
            watches: visit.watches,
            announced: visit.announced,
            max_consumers: visit.max_consumers,
            events,
        };
        let place = self.admission().socket(visit.address, id.as_str())?;
        let (room, _) = self.join(&visit.room, peer).await?;
        let (stays, here) = watch::channel(());
        Ok(Stay {
            guest: Guest { room, id, here },
            events: receiver,
            role: visit.role,
            registry: self,
            _stays: stays,
            _place: place,
        })
    }

    /// Gives a guest a place among those of whom a group of pictures is kept, as long as it is there.
    /// False: there is none.
    #[must_use]
    pub fn keep_group(&self, guest: &Guest) -> bool {
        let place = self.admission().group();
        place.is_some_and(|place| guest.room.keep_group(&guest.id, place))
    }

    /// Takes a guest out.
    pub fn dismiss(&self, guest: &Guest) {
        self.leave(&guest.room, &guest.id);
    }
}

impl Guest {
    /// Another transport.
    ///
    /// # Errors
    /// Too many, or none to be had.
    pub async fn create_transport(&self, role: Role) -> Result<TransportInfo, RoomError> {
        self.room.create_transport(&self.id, role, None).await
    }

    /// Whether media can flow to or from it.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.room.has_connected_transport(&self.id)
    }

    /// Done when it has left.
    pub fn gone(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut here = self.here.clone();
        async move { while here.changed().await.is_ok() {} }
    }

    /// Whether it is still in the room.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.room.has_transports(&self.id)
    }
}

/// A guest while it is there; dropping it takes the guest out.
pub(super) struct Stay {
    pub(super) guest: Guest,
    pub(super) events: EventReceiver,
    role: Role,
    registry: Arc<Registry>,
    _stays: watch::Sender<()>,
    _place: SocketPermit,
}

impl Stay {
    /// What happens next, until the guest is gone: the inner value says why.
    pub(super) async fn next(&mut self) -> Result<RoomEvent, &'static str> {
        match self.events.recv().await {
            Some(RoomEvent::TransportClosed { reason, .. }) if !self.guest.is_present() => {
                Err(reason)
            }
            Some(RoomEvent::RoomClosed { reason, .. }) => Err(reason),
            Some(RoomEvent::Evicted) => Err("evicted"),
            Some(event) => Ok(event),
            None => Err("closed"),
        }
    }

    async fn until_gone(mut self) {
        while self.next().await.is_ok() {}
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.registry.dismiss(&self.guest);
    }
}
