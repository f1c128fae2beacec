//! Rooms that tell everybody who is in them: some frontends list rooms before they join one. Only
//! peers of such frontends are shown; the name of any other room is a secret of those in it.

use tokio::sync::watch;

use super::{PeerId, Registry, Room, RoomId};

/// Tells whoever waits that the list is another one.
#[derive(Debug)]
pub(super) struct PublicRooms(watch::Sender<()>);

impl PublicRooms {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(()))
    }

    pub(super) fn changed(&self) {
        self.0.send_replace(());
    }
}

impl Registry {
    /// Rooms with public peers, by name, and these peers.
    #[must_use]
    pub fn public_rooms(&self) -> Vec<(RoomId, Vec<PeerId>)> {
        let rooms = self.all().into_iter();
        let mut rooms: Vec<_> = rooms
            .map(|room| (room.id().clone(), room.public_peers()))
            .filter(|(_, peers)| !peers.is_empty())
            .collect();
        rooms.sort();
        rooms
    }

    /// Completes whenever [`public_rooms`](Self::public_rooms) may have changed.
    #[must_use]
    pub fn public_changes(&self) -> watch::Receiver<()> {
        self.public.0.subscribe()
    }
}

impl Room {
    fn public_peers(&self) -> Vec<PeerId> {
        let state = self.state();
        let peers = state.peers.iter().filter(|(_, peer)| peer.public);
        let mut peers: Vec<_> = peers.map(|(id, _)| id.clone()).collect();
        peers.sort();
        peers
    }
}
