//! Verbs on a peer's producers, and who hears of them.

use std::{sync::Arc, time::SystemTime};

use media::{GroupOfPicturesOptions, ProduceOptions};
use ortc::types::{MediaKind, RtpParameters, RtpType};

use super::{
    AppData, Caller, ClosedProducer, Filter, Hears, NewPeer, OwnEnd, PeerId, ProducerId, Room,
    RoomError, RoomEvent, State, TransportChoice, TransportId, What, negotiation,
    peer::{Peer, Producer},
    policy::{Limit, Permit},
    resume::Return,
    shapes::Shapes,
};
use crate::engine::{ProducerHandle, TransportHandle};

/// What a client wants to send.
#[derive(Clone, Debug)]
pub struct Produce {
    /// On which transport.
    pub transport: TransportChoice,
    /// Audio or video.
    pub kind: MediaKind,
    /// How it is sent.
    pub rtp_parameters: RtpParameters,
    /// Carried to the others.
    pub app_data: AppData,
    /// Whether it captures a display.
    pub display: bool,
    /// Starts paused.
    pub paused: bool,
    /// Whether its newest group of pictures is kept for whoever comes later: its encoder ignores
    /// key-frame requests.
    pub group_of_pictures: Option<GroupOfPicturesOptions>,
}

/// A producer, as others are told of it.
#[derive(Clone, Debug)]
pub struct ProducerInfo {
    /// Its name.
    pub id: ProducerId,
    /// Whose.
    pub peer: PeerId,
    /// Audio or video.
    pub kind: MediaKind,
    /// How its owner calls itself.
    pub owner_name: Option<Arc<str>>,
    /// What its owner said about it.
    pub app_data: AppData,
    /// Whether it captures a display.
    pub display: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// Its place in the room's count.
    pub made: u64,
}

/// Which producer of the room is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProducerChoice {
    /// This one, of another peer.
    Id(ProducerId),
    /// This one, of whomever.
    Any(ProducerId),
    /// The newest of these the caller can receive: another peer's, or its own when there is no
    /// other.
    Newest(Filter),
}

impl Room {
    /// Makes a producer; the answer is its id and whether others produce, too.
    pub async fn produce(
        &self,
        caller: impl Into<Caller<'_>>,
        request: Produce,
    ) -> Result<(ProducerId, bool), RoomError> {
        let caller = caller.into();
        if request.app_data.as_json().len() > self.config.get().app_data_bytes {
            return Err(RoomError::BadRequest("appData is too long"));
        }
        let (transport, handle) = self.transport_to_produce(caller, &request)?;
        let negotiated = negotiation::producer(request.kind, request.rtp_parameters)?;
        let mut rtp_parameters = negotiated.rtp_parameters;
        rtp_parameters.rtcp.cname = self.cname(caller.peer, transport, rtp_parameters.rtcp.cname);
        let options = ProduceOptions {
            kind: request.kind,
            rtp_mapping: negotiated.mapping,
            rtp_type: negotiated.rtp_type,
            paused: request.paused,
            router_header_extensions: negotiation::router_header_extensions(),
            group_of_pictures: request.group_of_pictures,
            rtp_parameters,
        };
        let mut consumable = negotiated.consumable;
        consumable
            .rtcp
            .cname
            .clone_from(&options.rtp_parameters.rtcp.cname);
        let rtp_parameters = Arc::new(options.rtp_parameters.clone());
        let producer = handle.produce(options).await?;
        let entry = NewProducer {
            transport,
            kind: request.kind,
            rtp_type: negotiated.rtp_type,
            consumable: Arc::new(consumable),
            rtp_parameters,
            app_data: request.app_data,
            display: request.display,
            paused: request.paused,
        };
        let kept = self.keep_producer(caller, producer.clone(), entry);
        if kept.is_err() {
            producer.close().await;
        }
        Ok((producer.id(), kept?))
    }

    fn transport_to_produce(
        &self,
        caller: Caller<'_>,
        request: &Produce,
    ) -> Result<(TransportId, TransportHandle), RoomError> {
        let mut state = self.state();
        let owner = state.caller(caller)?;
        if owner.producers.len() >= self.config.get().producers_per_peer {
            return Err(Limit::Producers.reached().into());
        }
        let id = owner.transport(&request.transport)?;
        let transport = owner.transports.get(&id);
        let transport = transport.ok_or(RoomError::NotFound("transport"))?;
        Ok((id, transport.handle.clone()))
    }

    /// The canonical name of a transport: the first a producer on it gives, or a random one.
    fn cname(&self, peer: &PeerId, id: TransportId, given: Option<String>) -> Option<String> {
        let mut state = self.state();
        let owner = state.peer_mut(peer).ok()?;
        let transport = owner.transports.get_mut(&id)?;
        let given = given.filter(|name| !name.is_empty());
        let name = transport.cname.take().or(given);
        transport.cname = Some(name.unwrap_or_else(negotiation::random_cname));
        transport.cname.clone()
    }

    fn keep_producer(
        &self,
        caller: Caller<'_>,
        handle: ProducerHandle,
        new: NewProducer,
    ) -> Result<bool, RoomError> {
        let mut state = self.state();
        let made = state.next();
        let (id, peer) = (handle.id(), caller.peer);
        let owner = state.caller(caller)?;
        if !owner.transports.contains_key(&new.transport) {
            return Err(RoomError::NotFound("transport"));
        }
        let producer = Producer {
            handle,
            transport: new.transport,
            kind: new.kind,
            rtp_type: new.rtp_type,
            consumable: new.consumable,
            rtp_parameters: new.rtp_parameters,
            shapes: Shapes::default(),
            app_data: new.app_data,
            display: new.display,
            paused: new.paused,
            made,
            owner_name: owner.display_name.clone(),
        };
        let ready = owner.hears == Hears::OnceReceiving;
        let kind = producer.kind;
        let info = producer.info(id, peer);
        owner.producers.insert(id, producer);
        state.owners.insert(id, peer.clone());
        let span = state.span(peer);
        span.in_scope(|| tracing::info!(producer = %id.0, ?kind, "publishes"));
        state.announce(&info);
        state.changed(What::ProducerCreated, peer, |change| {
            (change.id, change.kind) = (Some(id.0), Some(info.kind));
        });
        if ready {
            state.make_ready(peer);
        }
        Ok(state.owners.values().any(|owner| owner != peer))
    }

    /// Ends a producer; everybody who had heard of it is told once.
    pub async fn close_producer(&self, peer: &PeerId, id: ProducerId) -> Result<(), RoomError> {
        let handle = self.own_producer(peer, id)?;
        self.state().close_producer(id, "producer-closed");
        handle.close().await;
        Ok(())
    }

    /// Ends somebody's producer from outside; its owner is told, too.
    pub(super) async fn end_producer(
        &self,
        owner: &PeerId,
        id: ProducerId,
    ) -> Result<(), RoomError> {
        const REASON: &str = "closed-by-operator";
        let handle = self.own_producer(owner, id)?;
        {
            let mut state = self.state();
            state.close_producer(id, REASON);
            if let Ok(peer) = state.peer_mut(owner) {
                peer.tell(RoomEvent::OwnProducerClosed(OwnEnd {
                    producer: id,
                    peer: owner.clone(),
                    reason: REASON,
                }));
            }
        }
        handle.close().await;
        Ok(())
    }

    /// Stops or restarts a producer.
    pub async fn pause_producer(
        &self,
        peer: &PeerId,
        id: ProducerId,
        paused: bool,
    ) -> Result<(), RoomError> {
        let handle = self.own_producer(peer, id)?;
        if paused {
            handle.pause().await?;
        } else {
            handle.resume().await?;
        }
        self.state().mark_paused(peer, id, paused);
        Ok(())
    }

    /// The others' producers and, if wanted, one's own, oldest first, and the room's count at this moment. Who asks is
    /// ready to hear of later ones.
    pub fn producers(
        &self,
        peer: &PeerId,
        own: bool,
    ) -> Result<(Vec<ProducerInfo>, u64), RoomError> {
        let mut state = self.state();
        state.peer(peer)?;
        let others = state
            .peers
            .iter()
            .filter(|(other, _)| own || *other != peer);
        let mut producers: Vec<_> = others
            .flat_map(|(id, other)| other.producer_infos(id))
            .collect();
        producers.sort_by_key(|producer| producer.made);
        let asking = state.peer_mut(peer)?;
        asking.ready = true;
        asking.untold.clear();
        asking
            .told
            .extend(producers.iter().map(|producer| producer.id));
        Ok((producers, state.made))
    }

    /// Keeps a peer's place among those of whom a group of pictures is kept.
    pub(super) fn keep_group(&self, peer: &PeerId, place: Permit) -> bool {
        let mut state = self.state();
        let peer = state.peer_mut(peer);
        peer.is_ok_and(|peer| peer.group.replace(place).is_none())
    }

    /// Whether anybody in the room produces.
    #[must_use]
    pub fn has_producers(&self) -> bool {
        !self.state().owners.is_empty()
    }

    /// Ends those of one's own producers.
    pub async fn close_producers(&self, peer: &PeerId, which: &Filter) -> Result<(), RoomError> {
        let own: Vec<_> = {
            let state = self.state();
            let own = state.peer(peer)?.producers.iter();
            own.filter(|(_, one)| which.takes(peer, one.kind, one.display))
                .map(|(id, _)| *id)
                .collect()
        };
        for id in own {
            // One that ended by itself meanwhile is what was wanted.
            self.close_producer(peer, id).await.ok();
        }
        Ok(())
    }

    /// Whether the peer itself produces something of this kind.
    pub fn produces(&self, peer: &PeerId, kind: MediaKind) -> Result<bool, RoomError> {
        let state = self.state();
        let mut own = state.peer(peer)?.producers.values();
        Ok(own.any(|producer| producer.kind == kind))
    }

    fn own_producer(&self, peer: &PeerId, id: ProducerId) -> Result<ProducerHandle, RoomError> {
        let state = self.state();
        let producer = state.peer(peer)?.producers.get(&id);
        let producer = producer.ok_or(RoomError::NotFound("producer"))?;
        Ok(producer.handle.clone())
    }
}

struct NewProducer {
    transport: TransportId,
    kind: MediaKind,
    rtp_type: RtpType,
    consumable: Arc<RtpParameters>,
    rtp_parameters: Arc<RtpParameters>,
    app_data: AppData,
    display: bool,
    paused: bool,
}

impl State {
    /// Tells the others of a producer: now, or once they are ready.
    fn announce(&mut self, producer: &ProducerInfo) {
        let event = Arc::new(RoomEvent::NewProducer(producer.clone()));
        for (_, peer) in self
            .peers
            .iter_mut()
            .filter(|(id, _)| **id != producer.peer)
        {
            if peer.ready {
                peer.told.insert(producer.id);
                peer.tell(Arc::clone(&event));
            } else {
                peer.untold.push(producer.id);
            }
        }
    }

    /// From now on the peer hears of producers, first of those made since it joined.
    pub(super) fn make_ready(&mut self, id: &PeerId) {
        let Some(peer) = self.peers.get_mut(id).filter(|peer| !peer.ready) else {
            return;
        };
        peer.ready = true;
        let untold = std::mem::take(&mut peer.untold);
        let untold: Vec<_> = untold
            .into_iter()
            .filter_map(|producer| self.producer_info(producer))
            .collect();
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        for producer in untold {
            if peer.told.insert(producer.id) {
                peer.tell(RoomEvent::NewProducer(producer));
            }
        }
    }

    fn producer_info(&self, id: ProducerId) -> Option<ProducerInfo> {
        let owner = self.owners.get(&id)?;
        let producer = self.peers.get(owner)?.producers.get(&id)?;
        Some(producer.info(id, owner))
    }

    /// The producers a peer has heard of, as it is told of their end.
    pub(super) fn known_to(&self, peer: &Peer) -> Vec<ClosedProducer> {
        let known = peer.told.iter().filter_map(|id| {
            let owner = self.owners.get(id)?;
            let producer = self.peers.get(owner)?.producers.get(id)?;
            let consumers = peer.consumers.iter();
            let of_it = consumers.filter(|(_, consumer)| consumer.producer == *id);
            Some(ClosedProducer {
                producer: *id,
                peer: owner.clone(),
                kind: producer.kind,
                display: producer.display,
                consumers: of_it.map(|(id, _)| *id).collect(),
            })
        });
        known.collect()
    }

    /// Forgets a producer and its consumers, and tells once each peer that had heard of it.
    pub(super) fn close_producer(&mut self, id: ProducerId, reason: &'static str) {
        let Some(owner) = self.owners.remove(&id) else {
            return;
        };
        let span = self.span(&owner);
        let peer = self.peers.get_mut(&owner);
        let Some(gone) = peer.and_then(|peer| peer.producers.remove(&id)) else {
            return;
        };
        span.in_scope(|| tracing::info!(producer = %id.0, reason, "publishes no more"));
        self.changed(What::ProducerClosed, &owner, |change| {
            (change.id, change.reason) = (Some(id.0), Some(reason));
        });
        for (other, peer) in &mut self.peers {
            peer.untold.retain(|untold| *untold != id);
            let consumers = peer.forget_consumers_of(id);
            if peer.told.remove(&id) && *other != owner {
                peer.tell(RoomEvent::ProducerClosed {
                    producer: id,
                    peer: owner.clone(),
                    kind: gone.kind,
                    display: gone.display,
                    consumers,
                    reason,
                });
            }
        }
    }

    fn mark_paused(&mut self, owner: &PeerId, id: ProducerId, paused: bool) {
        let producer = self.peers.get_mut(owner);
        let Some(producer) = producer.and_then(|peer| peer.producers.get_mut(&id)) else {
            return;
        };
        if std::mem::replace(&mut producer.paused, paused) == paused {
            return;
        }
        for (_, peer) in self
            .peers
            .iter_mut()
            .filter(|(_, peer)| peer.told.contains(&id))
        {
            peer.tell(RoomEvent::ProducerPaused {
                producer: id,
                peer: owner.clone(),
                paused,
            });
        }
    }
}

impl Peer {
    pub(super) fn new(new: NewPeer, entered: u64, permit: Permit) -> Self {
        Self {
            dialect: new.dialect,
            display_name: new.display_name,
            profile: new.profile,
            events: Some(new.events),
            ready: new.hears == Hears::FromJoin,
            hears: new.hears,
            way_back: new.resumes.then(Return::new),
            public: new.public,
            watches: new.watches,
            announced: new.announced,
            received_since: entered,
            evicted: false,
            entered,
            joined: SystemTime::now(),
            pages: new.pages,
            listed: entered,
            transports: Default::default(),
            producers: Default::default(),
            consumers: Default::default(),
            told: Default::default(),
            untold: Vec::new(),
            group: None,
            _permit: permit,
        }
    }

    pub(super) fn producer_infos(&self, id: &PeerId) -> Vec<ProducerInfo> {
        let producers = self.producers.iter();
        producers
            .map(|(producer, entry)| entry.info(*producer, id))
            .collect()
    }
}

impl Producer {
    fn info(&self, id: ProducerId, owner: &PeerId) -> ProducerInfo {
        ProducerInfo {
            id,
            peer: owner.clone(),
            kind: self.kind,
            owner_name: self.owner_name.clone(),
            app_data: self.app_data.clone(),
            display: self.display,
            paused: self.paused,
            made: self.made,
        }
    }
}
