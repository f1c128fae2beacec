//! Peers without a socket: they watch over HTTP, and live as long as they have a transport.

use std::{net::IpAddr, sync::Arc};

use uuid::Uuid;

use super::{
    EventReceiver, Hears, NewPeer, PeerId, Profile, Registry, Role, Room, RoomError, RoomEvent,
    RoomId, TransportInfo, policy::SocketPermit,
};

/// A peer that only watches.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Where it is.
    pub room: Arc<Room>,
    /// Its name.
    pub id: PeerId,
}

impl Registry {
    /// Lets somebody watch a room: a peer with a transport to receive on, which takes the place of a
    /// socket at its address. It leaves by itself when its last transport is gone, which one that is
    /// never connected is in time. Only the default room is made for it.
    ///
    /// # Errors
    /// As for a join, or no such room, or no transport.
    pub async fn guest(
        self: &Arc<Self>,
        room: RoomId,
        address: IpAddr,
    ) -> Result<(Guest, TransportInfo), RoomError> {
        // Done to the end, also when whoever asked does not wait: else a peer would be left that
        // nobody ever takes out.
        let admitting = tokio::spawn(self.clone().admit_guest(room, address));
        admitting.await.map_err(|_| RoomError::Internal)?
    }

    async fn admit_guest(
        self: Arc<Self>,
        room: RoomId,
        address: IpAddr,
    ) -> Result<(Guest, TransportInfo), RoomError> {
        if room.as_str() != RoomId::DEFAULT && self.room(&room).is_none() {
            return Err(RoomError::NotFound("room"));
        }
        let (events, receiver) = self.event_queue();
        let id = PeerId::from(format!("guest-{}", Uuid::new_v4()).as_str());
        let peer = NewPeer {
            id: id.clone(),
            display_name: Some("Viewer".into()),
            profile: Profile::Compat,
            hears: Hears::OnceAsked,
            public: false,
            pages: true,
            resumes: false,
            events,
        };
        let place = self.admission().socket(address, id.as_str())?;
        let (room, _) = self.join(&room, peer).await?;
        let guest = Guest { room, id };
        match guest.create_transport().await {
            Ok(transport) => {
                tokio::spawn(guest.clone().stay(self, receiver, place));
                Ok((guest, transport))
            }
            Err(error) => {
                self.leave(&guest.room, &guest.id);
                Err(error)
            }
        }
    }
}

impl Guest {
    /// Another transport to receive on.
    ///
    /// # Errors
    /// Too many, or none to be had.
    pub async fn create_transport(&self) -> Result<TransportInfo, RoomError> {
        let role = Role::Receive;
        self.room.create_transport(&self.id, role, None).await
    }

    /// Whether it is still in the room.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.room.has_transports(&self.id)
    }

    async fn stay(self, registry: Arc<Registry>, mut events: EventReceiver, place: SocketPermit) {
        while let Some(event) = events.recv().await {
            let over = match event {
                RoomEvent::TransportClosed { .. } => !self.is_present(),
                RoomEvent::RoomClosed { .. } => true,
                _ => false,
            };
            if over {
                break;
            }
        }
        registry.leave(&self.room, &self.id);
        drop(place);
    }
}
