//! What an operator does to rooms from outside: ends them, or what is in them, and tells everybody
//! something. Whoever is concerned is told as of any other end.

use std::sync::Arc;

use super::{PeerId, ProducerId, Registry, Room, RoomEvent, RoomId};

impl Registry {
    /// Ends a producer; its owner and whoever had heard of it are told. False: there is none.
    pub async fn end_producer(&self, id: ProducerId) -> bool {
        for room in self.all() {
            let Some(owner) = room.state().owners.get(&id).cloned() else {
                continue;
            };
            // One that ended by itself meanwhile is what was wanted.
            let _ = room.end_producer(&owner, id).await;
            return true;
        }
        false
    }

    /// Takes a peer out of its room and tells it why. False: it is not there.
    pub fn kick(&self, room: &RoomId, peer: &PeerId) -> bool {
        let Some(room) = self.room(room) else {
            return false;
        };
        let there = room.say_kicked(peer);
        if there {
            self.leave(&room, peer);
        }
        there
    }

    /// Ends a room and tells everybody in it. False: there is none.
    pub fn end_room(&self, id: &RoomId) -> bool {
        let Some(room) = self.room(id) else {
            return false;
        };
        self.end(&room, "room-closed");
        self.close(&room);
        true
    }

    /// Tells everybody something, or those in a room; returns to how many peers it goes. Frontends
    /// that know no such message are not told.
    pub fn give_notice(&self, room: Option<&RoomId>, message: &str) -> Option<usize> {
        let rooms = match room {
            Some(id) => vec![self.room(id)?],
            None => self.all(),
        };
        let message: Arc<str> = message.into();
        let told = rooms.iter().map(|room| {
            room.tell_all(&RoomEvent::Notice {
                message: Arc::clone(&message),
            });
            room.state().peers.len()
        });
        Some(told.sum())
    }
}

impl Room {
    fn say_kicked(&self, peer: &PeerId) -> bool {
        let mut state = self.state();
        let Some(known) = state.peers.get(peer).map(|one| state.known_to(one)) else {
            return false;
        };
        let Ok(peer) = state.peer_mut(peer) else {
            return false;
        };
        peer.tell(RoomEvent::RoomClosed {
            reason: "kicked",
            producers: known,
        });
        true
    }
}
