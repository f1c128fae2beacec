//! Rooms and everything in them, as typed data for the inspection API; read-only. What is there is
//! read at once and exactly; how it goes is asked of the media workers, see `numbers`.

mod moment;
mod numbers;
mod views;
pub mod words;

use std::{collections::HashMap, sync::Arc};

pub use moment::Moment;
pub use numbers::{
    ConsumerStats, Measured, ProducerStats, Rates, Resolution, StreamStats, TransportStats,
};
pub use views::{
    ConsumerView, Layers, PeerDetail, PeerView, ProducerView, RoomDetail, RoomView, TransportView,
};

use super::{
    ConsumerId, PeerId, ProducerId, Registry, Role, Room, RoomId, State, TransportId,
    peer::{Consumer, Peer, Producer, Transport},
};

/// Where to look.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// In this room only.
    pub room: Option<RoomId>,
    /// At this peer only.
    pub peer: Option<PeerId>,
}

impl Registry {
    /// Every room, by name.
    #[must_use]
    pub fn room_views(&self) -> Vec<RoomView> {
        let rooms = self.within(&Scope::default());
        rooms.iter().map(|room| room.look().room()).collect()
    }

    /// A room and who is in it.
    #[must_use]
    pub fn room_detail(&self, id: &RoomId) -> Option<RoomDetail> {
        let room = self.room(id)?;
        let look = room.look();
        Some(RoomDetail {
            room: look.room(),
            peers: look.peers(None).map(|peer| look.peer(peer)).collect(),
        })
    }

    /// Peers, by room and as they came.
    #[must_use]
    pub fn peer_views(&self, scope: &Scope) -> Vec<PeerView> {
        self.gather(scope, |look, peer, all| all.push(look.peer(peer)))
    }

    /// A peer and what it has.
    #[must_use]
    pub fn peer_detail(&self, scope: &Scope) -> Option<PeerDetail> {
        let found = self.gather(scope, |look, peer, all| {
            all.push(PeerDetail {
                peer: look.peer(peer),
                transports: look.transports(peer).collect(),
                producers: look.producers(peer).collect(),
                consumers: look.consumers(peer).collect(),
            });
        });
        found.into_iter().next()
    }

    /// Transports, by room and peer.
    #[must_use]
    pub fn transport_views(&self, scope: &Scope) -> Vec<TransportView> {
        self.gather(scope, |look, peer, all| all.extend(look.transports(peer)))
    }

    /// A transport.
    #[must_use]
    pub fn transport_view(&self, id: TransportId) -> Option<TransportView> {
        self.find(|look| {
            let (of, peer) = look.having(|peer| peer.transports.contains_key(&id))?;
            Some(look.transport(of, peer, id, peer.transports.get(&id)?))
        })
    }

    /// Producers, by room and peer.
    #[must_use]
    pub fn producer_views(&self, scope: &Scope) -> Vec<ProducerView> {
        self.gather(scope, |look, peer, all| all.extend(look.producers(peer)))
    }

    /// A producer, with how it is sent.
    #[must_use]
    pub fn producer_view(&self, id: ProducerId) -> Option<ProducerView> {
        self.find(|look| {
            let (of, peer) = look.having(|peer| peer.producers.contains_key(&id))?;
            let producer = peer.producers.get(&id)?;
            Some(ProducerView {
                app_data: Some(producer.app_data.as_json().to_owned()),
                rtp_parameters: Some((*producer.rtp_parameters).clone()),
                ..look.producer(of, id, producer)
            })
        })
    }

    /// Consumers, by room and peer.
    #[must_use]
    pub fn consumer_views(&self, scope: &Scope) -> Vec<ConsumerView> {
        self.gather(scope, |look, peer, all| all.extend(look.consumers(peer)))
    }

    /// A consumer, with how it is received.
    #[must_use]
    pub fn consumer_view(&self, id: ConsumerId) -> Option<ConsumerView> {
        self.find(|look| {
            let (of, peer) = look.having(|peer| peer.consumers.contains_key(&id))?;
            let consumer = peer.consumers.get(&id)?;
            Some(ConsumerView {
                rtp_parameters: Some(consumer.received.rtp_parameters()),
                ..look.consumer(of, id, consumer)
            })
        })
    }

    fn within(&self, scope: &Scope) -> Vec<Arc<Room>> {
        if let Some(id) = &scope.room {
            return self.room(id).into_iter().collect();
        }
        let mut rooms = self.all();
        rooms.sort_by(|a, b| a.id.cmp(&b.id));
        rooms
    }

    fn gather<T>(&self, scope: &Scope, take: impl Fn(&Look<'_>, Entry<'_>, &mut Vec<T>)) -> Vec<T> {
        let mut all = Vec::new();
        for room in self.within(scope) {
            let look = room.look();
            for peer in look.peers(scope.peer.as_ref()) {
                take(&look, peer, &mut all);
            }
        }
        all
    }

    fn find<T>(&self, find: impl Fn(&Look<'_>) -> Option<T>) -> Option<T> {
        self.all().iter().find_map(|room| find(&room.look()))
    }
}

impl Room {
    fn look(&self) -> Look<'_> {
        let state = self.state();
        let mut consumers = HashMap::new();
        for consumer in state
            .peers
            .values()
            .flat_map(|peer| peer.consumers.values())
        {
            *consumers.entry(consumer.producer).or_insert(0) += 1;
        }
        Look {
            room: self,
            worker: self.worker(),
            consumers,
            state,
        }
    }

    /// Index of the worker that carries it, once its router exists.
    #[must_use]
    pub fn worker(&self) -> Option<usize> {
        self.router.get().map(crate::engine::RouterHandle::worker)
    }

    /// Transports, producers and consumers now.
    pub(super) fn count(&self) -> (usize, usize, usize) {
        let state = self.state();
        state.peers.values().fold((0, 0, 0), |sum, peer| {
            (
                sum.0 + peer.transports.len(),
                sum.1 + peer.producers.len(),
                sum.2 + peer.consumers.len(),
            )
        })
    }
}

type Entry<'a> = (&'a PeerId, &'a Peer);

/// A look at a room, which stands still meanwhile.
struct Look<'a> {
    room: &'a Room,
    worker: Option<usize>,
    /// How many consumers each producer has.
    consumers: HashMap<ProducerId, usize>,
    state: std::sync::MutexGuard<'a, State>,
}

impl Look<'_> {
    fn peers<'b>(&'b self, only: Option<&'b PeerId>) -> impl Iterator<Item = Entry<'b>> {
        let peers = self.state.peers.iter();
        let wanted = |(id, _): &Entry<'_>| only.is_none_or(|only| only == *id);
        let peers = peers.map(|(id, peer)| (id, &**peer));
        let mut peers: Vec<_> = peers.filter(wanted).collect();
        peers.sort_unstable_by_key(|(_, peer)| peer.entered);
        peers.into_iter()
    }

    fn having(&self, has: impl Fn(&Peer) -> bool) -> Option<Entry<'_>> {
        let mut peers = self.state.peers.iter().map(|(id, peer)| (id, &**peer));
        peers.find(|(_, peer)| has(peer))
    }

    fn name(&self) -> String {
        self.room.id.as_str().to_owned()
    }

    fn room(&self) -> RoomView {
        let peers = || self.state.peers.values();
        RoomView {
            id: self.name(),
            worker: self.worker,
            created_at: Moment(self.room.created),
            peer_count: peers().len(),
            transport_count: peers().map(|peer| peer.transports.len()).sum(),
            producer_count: peers().map(|peer| peer.producers.len()).sum(),
            consumer_count: peers().map(|peer| peer.consumers.len()).sum(),
            rates: None,
            router: self.room.router.get().map(crate::engine::RouterHandle::id),
        }
    }

    fn peer(&self, (id, peer): Entry<'_>) -> PeerView {
        PeerView {
            id: id.as_str().to_owned(),
            room_id: self.name(),
            worker: self.worker,
            display_name: peer.display_name.as_deref().map(str::to_owned),
            joined_at: Moment(peer.joined),
            connected: !peer.way_back.as_ref().is_some_and(|way| way.is_away()),
            transport_count: peer.transports.len(),
            producer_count: peer.producers.len(),
            consumer_count: peer.consumers.len(),
            rates: None,
            transports: peer.transports.keys().copied().collect(),
        }
    }

    fn transports(&self, (of, peer): Entry<'_>) -> impl Iterator<Item = TransportView> {
        let mut transports: Vec<_> = peer.transports.iter().collect();
        transports.sort_unstable_by_key(|(_, transport)| transport.made);
        let view = |(id, it): (&TransportId, &Transport)| self.transport(of, peer, *id, it);
        let transports = transports.into_iter().map(|(id, it)| (id, &**it));
        let views: Vec<_> = transports.map(view).collect();
        views.into_iter()
    }

    fn transport(
        &self,
        of: &PeerId,
        peer: &Peer,
        id: TransportId,
        transport: &Transport,
    ) -> TransportView {
        let (producers, consumers) = (peer.producers.values(), peer.consumers.values());
        TransportView {
            id,
            room_id: self.name(),
            peer_id: of.to_string(),
            worker: self.worker,
            direction: match transport.role {
                Role::Send => "send",
                Role::Receive => "receive",
                Role::Either => "either",
            },
            ice_state: transport.ice_state,
            dtls_state: transport.dtls_state,
            producer_count: producers.filter(|it| it.transport == id).count(),
            consumer_count: consumers.filter(|it| it.transport == id).count(),
            stats: None,
        }
    }

    fn producers(&self, (of, peer): Entry<'_>) -> impl Iterator<Item = ProducerView> {
        let mut producers: Vec<_> = peer.producers.iter().collect();
        producers.sort_unstable_by_key(|(_, producer)| producer.made);
        let view = |(id, it): (&ProducerId, &Producer)| self.producer(of, *id, it);
        let views: Vec<_> = producers.into_iter().map(view).collect();
        views.into_iter()
    }

    fn producer(&self, of: &PeerId, id: ProducerId, producer: &Producer) -> ProducerView {
        ProducerView {
            id,
            room_id: self.name(),
            peer_id: of.to_string(),
            worker: self.worker,
            transport_id: producer.transport,
            kind: producer.kind,
            rtp_type: producer.rtp_type,
            codec: producer.codec().to_owned(),
            display: producer.display,
            paused: producer.paused,
            consumer_count: self.consumers.get(&id).copied().unwrap_or(0),
            stats: None,
            app_data: None,
            rtp_parameters: None,
        }
    }

    fn consumers(&self, (of, peer): Entry<'_>) -> impl Iterator<Item = ConsumerView> {
        let mut consumers: Vec<_> = peer.consumers.iter().collect();
        consumers.sort_unstable_by_key(|(id, _)| **id);
        let view = |(id, it): (&ConsumerId, &Consumer)| self.consumer(of, *id, it);
        let consumers = consumers.into_iter().map(|(id, it)| (id, &**it));
        let views: Vec<_> = consumers.map(view).collect();
        views.into_iter()
    }

    fn consumer(&self, of: &PeerId, id: ConsumerId, consumer: &Consumer) -> ConsumerView {
        let owner = self.state.peers.get(&consumer.of);
        let producer = owner.and_then(|owner| owner.producers.get(&consumer.producer));
        ConsumerView {
            id,
            room_id: self.name(),
            peer_id: of.to_string(),
            worker: self.worker,
            transport_id: consumer.transport,
            producer_id: consumer.producer,
            producer_peer_id: consumer.of.to_string(),
            kind: consumer.kind,
            codec: producer.map_or_else(String::new, |it| it.codec().to_owned()),
            display: consumer.display,
            paused: consumer.paused,
            producer_paused: producer.is_some_and(|it| it.paused),
            stats: None,
            rtp_parameters: None,
        }
    }
}
