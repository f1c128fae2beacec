//! Rooms that tell everybody who is in them: some frontends list rooms before they join one. Only
//! peers of such frontends are shown, and only rooms with such peers.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::{PeerId, Registry, Room, RoomId};

/// Rooms by name, and their public peers.
pub type PublicList = Arc<Vec<(RoomId, Vec<PeerId>)>>;

/// The list, made once for everybody who is told of it, and how they learn that it is another one.
#[derive(Debug)]
pub(super) struct PublicRooms {
    changes: watch::Sender<u64>,
    list: Mutex<(u64, PublicList)>,
}

impl PublicRooms {
    pub(super) fn new() -> Self {
        Self {
            changes: watch::Sender::new(0),
            list: Mutex::default(),
        }
    }

    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

impl Registry {
    /// Rooms with public peers, by name, and these peers.
    #[must_use]
    pub fn public_rooms(&self) -> PublicList {
        let mut list = self
            .public
            .list
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = *self.public.changes.borrow();
        if list.0 != count {
            *list = (count, Arc::new(self.list_public_rooms()));
        }
        Arc::clone(&list.1)
    }

    fn list_public_rooms(&self) -> Vec<(RoomId, Vec<PeerId>)> {
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
    pub fn public_changes(&self) -> watch::Receiver<u64> {
        self.public.changes.subscribe()
    }
}

impl Room {
    pub(super) fn has_public_peers(&self) -> bool {
        self.state().peers.values().any(|peer| peer.public)
    }

    fn public_peers(&self) -> Vec<PeerId> {
        let state = self.state();
        let peers = state.peers.iter().filter(|(_, peer)| peer.public);
        let mut peers: Vec<_> = peers.map(|(id, _)| id.clone()).collect();
        peers.sort();
        peers
    }
}
