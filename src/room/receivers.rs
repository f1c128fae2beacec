//! How many peers of a room may receive, and who goes when there are more.

use super::{
    Change, ConsumerId, MaxConsumers, PeerId, Room, RoomError, RoomEvent, State, What,
    peer::{Consumer, Peer},
    policy::Limit,
};
use crate::{config::WhenFull, engine::ConsumerHandle};

impl Room {
    /// Peers that receive, or wait for something to receive.
    #[must_use]
    pub fn receivers(&self) -> usize {
        self.state().receivers()
    }
}

impl State {
    pub(super) fn receivers(&self) -> usize {
        self.peers.values().filter(|peer| peer.receives()).count()
    }

    /// Finds a place for a peer that is about to receive: by refusing it, or by ending what the peer
    /// that has received longest receives. Returns what is to be closed in the engine.
    pub(super) fn make_place(&mut self, id: &PeerId) -> Result<Vec<ConsumerHandle>, RoomError> {
        let Some(MaxConsumers { count, when_full }) = self.max_consumers else {
            return Ok(Vec::new());
        };
        if self.peers.get(id).is_some_and(|peer| peer.receives()) {
            return Ok(Vec::new());
        }
        let mut closed = Vec::new();
        while self.receivers() >= count.max(1) {
            if when_full == WhenFull::Reject {
                return Err(Limit::Consumers.reached().into());
            }
            closed.extend(self.evict_oldest());
        }
        Ok(closed)
    }

    fn evict_oldest(&mut self) -> Vec<ConsumerHandle> {
        let receivers = self.peers.iter().filter(|(_, peer)| peer.receives());
        let oldest = receivers.min_by_key(|(_, peer)| peer.received_since);
        let Some(oldest) = oldest.map(|(id, _)| id.clone()) else {
            return Vec::new();
        };
        let Some(peer) = self.peers.get_mut(&oldest) else {
            return Vec::new();
        };
        // One that only watches is gone with it; others stay in the room.
        if peer.watches {
            peer.evicted = true;
            peer.tell(RoomEvent::Evicted);
        }
        let consumers: Vec<_> = peer.consumers.drain().collect();
        for (id, consumer) in &consumers {
            peer.told.remove(&consumer.producer);
            peer.tell(closed(*id, consumer));
        }
        for (id, _) in &consumers {
            let told = |change: &mut Change| change.id = Some(id.0);
            self.changed(What::ConsumerClosed, &oldest, told);
        }
        consumers.into_iter().map(|(_, one)| one.handle).collect()
    }
}

/// Closes consumers in the engine, for which nobody waits: they are out of the room already.
pub(super) fn close_all(consumers: Vec<ConsumerHandle>) {
    if consumers.is_empty() {
        return;
    }
    tokio::spawn(async move {
        for consumer in consumers {
            consumer.close().await;
        }
    });
}

/// Frontends end what they receive when its producer ends.
fn closed(id: ConsumerId, consumer: &Consumer) -> RoomEvent {
    RoomEvent::ProducerClosed {
        producer: consumer.producer,
        peer: consumer.of.clone(),
        kind: consumer.kind,
        display: consumer.display,
        consumers: vec![id],
        reason: "evicted",
    }
}

impl Peer {
    pub(super) fn receives(&self) -> bool {
        self.watches && !self.evicted || !self.consumers.is_empty()
    }
}
