//! Verbs on a peer's consumers.

use std::sync::Arc;

use media::ConsumeOptions;
use ortc::types::{MediaKind, RtpCapabilities, RtpParameters, RtpType};

use super::{
    AppData, Caller, ConsumerId, Filter, Numbers, PeerId, ProducerChoice, ProducerId, Room,
    RoomError, State, TransportChoice, TransportId, What, negotiation,
    peer::{Consumer, Peer, Producer},
    policy::Limit,
    receivers::close_all,
    shapes::Shapes,
};
use crate::engine::{ConsumerHandle, TransportHandle};

/// What a client wants to receive.
#[derive(Clone, Debug)]
pub struct Consume {
    /// On which transport.
    pub transport: TransportChoice,
    /// What.
    pub producer: ProducerChoice,
    /// What the client can receive.
    pub rtp_capabilities: RtpCapabilities,
    /// Starts paused.
    pub paused: bool,
    /// What its client was told already. Payload types are those of `rtp_capabilities` then.
    pub numbers: Option<Numbers>,
}

/// A consumer, as its peer is told of it.
#[derive(Clone, Debug)]
pub struct ConsumerInfo {
    /// Its name.
    pub id: ConsumerId,
    /// What it comes on.
    pub transport: TransportId,
    /// What it consumes.
    pub producer: ProducerId,
    /// Whose that is.
    pub peer: PeerId,
    /// How that peer calls itself.
    pub peer_name: Option<Arc<str>>,
    /// Audio or video.
    pub kind: MediaKind,
    /// How it arrives.
    pub rtp_parameters: RtpParameters,
    /// Simple, simulcast or svc.
    pub rtp_type: RtpType,
    /// Whether the producer is paused.
    pub producer_paused: bool,
    /// What the producer's owner said about it.
    pub app_data: AppData,
    /// Whether the producer captures a display.
    pub display: bool,
}

/// Which of the caller's consumers is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumerChoice {
    /// This one.
    Id(ConsumerId),
    /// Those of this producer.
    Of(ProducerId),
    /// Those of these producers, as far as there are any.
    Which(Filter),
}

/// What is known of a producer when a consumer of it is made.
struct Source {
    id: ProducerId,
    owner: PeerId,
    owner_name: Option<Arc<str>>,
    kind: MediaKind,
    rtp_type: RtpType,
    consumable: Arc<RtpParameters>,
    app_data: AppData,
    display: bool,
}

/// A consumer about to be kept.
struct Kept {
    transport: TransportId,
    handle: ConsumerHandle,
    rtp_parameters: RtpParameters,
    paused: bool,
}

impl Room {
    /// Makes a consumer.
    pub async fn consume(
        &self,
        caller: impl Into<Caller<'_>>,
        request: Consume,
    ) -> Result<ConsumerInfo, RoomError> {
        let caller = caller.into();
        let peer = caller.peer;
        let mut caps = negotiation::checked_capabilities(request.rtp_capabilities)?;
        self.state().caller(caller)?.profile.correct(&mut caps);
        let source = self.source(peer, &request.producer, &caps)?;
        let (transport, handle, mid) = self.transport_to_consume(peer, &request.transport)?;
        let mut rtp_parameters =
            negotiation::consumer(source.kind, &source.consumable, &caps, mid)?;
        let payload_types = match &request.numbers {
            Some(numbers) => numbers.apply(&mut rtp_parameters, &caps),
            None => Vec::new(),
        };
        let options = ConsumeOptions {
            producer: source.id,
            kind: source.kind,
            rtp_parameters: rtp_parameters.clone(),
            payload_types,
            consumable_encodings: source.consumable.encodings.clone(),
            rtp_type: source.rtp_type,
            paused: request.paused,
            preferred_layers: None,
            resumable: request.numbers.is_some(),
        };
        let (consumer, now) = handle.consume(options).await?;
        let kept = Kept {
            transport,
            handle: consumer.clone(),
            rtp_parameters: rtp_parameters.clone(),
            paused: request.paused,
        };
        if let Err(error) = self.keep_consumer(caller, &source, kept) {
            consumer.close().await;
            return Err(error);
        }
        Ok(ConsumerInfo {
            id: consumer.id(),
            transport,
            producer: source.id,
            peer: source.owner,
            peer_name: source.owner_name,
            kind: source.kind,
            rtp_parameters,
            rtp_type: source.rtp_type,
            producer_paused: now.producer_paused,
            app_data: source.app_data,
            display: source.display,
        })
    }

    fn source(
        &self,
        peer: &PeerId,
        choice: &ProducerChoice,
        caps: &RtpCapabilities,
    ) -> Result<Source, RoomError> {
        let state = self.state();
        if state.peer(peer)?.consumers.len() >= self.config.get().consumers_per_peer {
            return Err(Limit::Consumers.reached().into());
        }
        let source = match choice {
            ProducerChoice::Id(id) | ProducerChoice::Any(id) => state.producer(*id),
            ProducerChoice::Newest(which) => state.newest_for(peer, which, caps),
        };
        let source = source.ok_or(RoomError::NotFound("producer"))?;
        if matches!(choice, ProducerChoice::Id(_)) && source.owner == *peer {
            return Err(RoomError::CannotConsume("the producer is your own"));
        }
        if !negotiation::can_consume(&source.consumable, caps) {
            return Err(RoomError::CannotConsume("no codec in common"));
        }
        Ok(source)
    }

    fn transport_to_consume(
        &self,
        peer: &PeerId,
        choice: &TransportChoice,
    ) -> Result<(TransportId, TransportHandle, u32), RoomError> {
        let mut state = self.state();
        let owner = state.peer_mut(peer)?;
        let id = owner.transport(choice)?;
        let transport = owner.transports.get_mut(&id);
        let transport = transport.ok_or(RoomError::NotFound("transport"))?;
        let mid = transport.next_mid;
        transport.next_mid = mid.wrapping_add(1);
        Ok((id, transport.handle.clone(), mid))
    }

    /// Fails when the transport or the producer went away meanwhile: nobody gets a consumer of a
    /// dead producer.
    fn keep_consumer(
        &self,
        caller: Caller<'_>,
        source: &Source,
        new: Kept,
    ) -> Result<(), RoomError> {
        let mut state = self.state();
        let alive = state.owners.contains_key(&source.id);
        let since = state.next();
        let owner = state.caller(caller)?;
        if !owner.transports.contains_key(&new.transport) {
            return Err(RoomError::NotFound("transport"));
        }
        if !alive {
            return Err(RoomError::NotFound("producer"));
        }
        if owner.evicted {
            // It was given up while this was under way, and takes nobody's place.
            return Err(RoomError::NotJoined);
        }
        let evicted = state.make_place(caller.peer)?;
        let mut alone = Shapes::default();
        let id = new.handle.id();
        let shapes = state.shapes_of(source).unwrap_or(&mut alone);
        let received = shapes.keep(new.rtp_parameters);
        let owner = state.caller(caller)?;
        if !owner.receives() {
            owner.received_since = since;
        }
        owner.told.insert(source.id);
        owner.untold.retain(|id| *id != source.id);
        owner.consumers.insert(
            id,
            Box::new(Consumer {
                handle: new.handle,
                transport: new.transport,
                producer: source.id,
                of: source.owner.clone(),
                kind: source.kind,
                display: source.display,
                paused: new.paused,
                received,
            }),
        );
        state.changed(What::ConsumerCreated, caller.peer, |change| {
            (change.id, change.kind) = (Some(id.0), Some(source.kind));
            change.producer_id = Some(source.id.0);
        });
        drop(state);
        close_all(evicted);
        Ok(())
    }

    /// The others' producers of this kind which the peer does not consume yet, oldest first.
    pub fn unconsumed(&self, peer: &PeerId, which: &Filter) -> Result<Vec<ProducerId>, RoomError> {
        let state = self.state();
        let own = &state.peer(peer)?.consumers;
        let others = state.peers.iter().filter(|(owner, _)| *owner != peer);
        let theirs = others.flat_map(|(owner, entry)| {
            let producers = entry.producers.iter();
            producers.map(move |(id, producer)| (owner, *id, producer))
        });
        let mut found: Vec<_> = theirs
            .filter(|(owner, _, one)| which.takes(owner, one.kind, one.display))
            .filter(|(_, id, _)| own.values().all(|consumer| consumer.producer != *id))
            .map(|(_, id, producer)| (producer.made, id))
            .collect();
        found.sort_unstable_by_key(|(made, _)| *made);
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    /// Starts or stops consumers.
    pub async fn pause_consumer(
        &self,
        peer: &PeerId,
        choice: ConsumerChoice,
        paused: bool,
    ) -> Result<(), RoomError> {
        for (id, handle) in self.own_consumers(peer, &choice)? {
            let done = if paused {
                handle.pause().await
            } else {
                handle.resume().await
            };
            if matches!(choice, ConsumerChoice::Id(_)) {
                done?;
            }
            let mut state = self.state();
            if let Some(consumer) = state.peer_mut(peer)?.consumers.get_mut(&id) {
                consumer.paused = paused;
            }
        }
        Ok(())
    }

    /// Ends a consumer.
    pub async fn close_consumer(&self, peer: &PeerId, id: ConsumerId) -> Result<(), RoomError> {
        let handle = self.own_consumer(peer, id)?;
        {
            let mut state = self.state();
            if state.peer_mut(peer)?.consumers.remove(&id).is_some() {
                state.changed(What::ConsumerClosed, peer, |change| change.id = Some(id.0));
            }
        }
        handle.close().await;
        Ok(())
    }

    /// The layers a consumer should get at most.
    pub async fn set_preferred_layers(
        &self,
        peer: &PeerId,
        id: ConsumerId,
        spatial: u8,
        temporal: Option<u8>,
    ) -> Result<(), RoomError> {
        let handle = self.own_consumer(peer, id)?;
        Ok(handle.set_preferred_layers(spatial, temporal).await?)
    }

    /// Asks a consumer's producer for a key frame.
    pub async fn request_key_frame(&self, peer: &PeerId, id: ConsumerId) -> Result<(), RoomError> {
        let handle = self.own_consumer(peer, id)?;
        Ok(handle.request_key_frame().await?)
    }

    fn own_consumer(&self, peer: &PeerId, id: ConsumerId) -> Result<ConsumerHandle, RoomError> {
        let mut found = self.own_consumers(peer, &ConsumerChoice::Id(id))?;
        let found = found.pop().ok_or(RoomError::NotFound("consumer"))?;
        Ok(found.1)
    }

    pub(super) fn own_consumers(
        &self,
        peer: &PeerId,
        choice: &ConsumerChoice,
    ) -> Result<Vec<(ConsumerId, ConsumerHandle)>, RoomError> {
        let state = self.state();
        let own = &state.peer(peer)?.consumers;
        let wanted = |id: &ConsumerId, one: &Consumer| match choice {
            ConsumerChoice::Id(wanted) => id == wanted,
            ConsumerChoice::Of(producer) => one.producer == *producer,
            ConsumerChoice::Which(which) => which.takes(&one.of, one.kind, one.display),
        };
        let found = own.iter().filter(|(id, one)| wanted(id, one));
        let found: Vec<_> = found.map(|(id, one)| (*id, one.handle.clone())).collect();
        if found.is_empty() && !matches!(choice, ConsumerChoice::Which(_)) {
            return Err(RoomError::NotFound("consumer"));
        }
        Ok(found)
    }
}

impl State {
    fn producer(&self, id: ProducerId) -> Option<Source> {
        let owner = self.owners.get(&id)?;
        let producer = self.peers.get(owner)?.producers.get(&id)?;
        Some(producer.source(id, owner))
    }

    fn shapes_of(&mut self, source: &Source) -> Option<&mut Shapes> {
        let owner = self.peers.get_mut(&source.owner)?;
        Some(&mut owner.producers.get_mut(&source.id)?.shapes)
    }

    /// The newest such producer of the others the capabilities can receive, else the newest of its
    /// own.
    fn newest_for(&self, peer: &PeerId, which: &Filter, caps: &RtpCapabilities) -> Option<Source> {
        let all = self.peers.iter().flat_map(|(owner, entry)| {
            let producers = entry.producers.iter();
            producers.map(move |(id, producer)| (owner, *id, producer))
        });
        all.filter(|(owner, _, one)| which.takes(owner, one.kind, one.display))
            .filter(|(_, _, producer)| negotiation::can_consume(&producer.consumable, caps))
            .max_by_key(|(owner, _, producer)| (*owner != peer, producer.made))
            .map(|(owner, id, producer)| producer.source(id, owner))
    }
}

impl Producer {
    fn source(&self, id: ProducerId, owner: &PeerId) -> Source {
        Source {
            id,
            owner: owner.clone(),
            owner_name: self.owner_name.clone(),
            kind: self.kind,
            rtp_type: self.rtp_type,
            consumable: self.consumable.clone(),
            app_data: self.app_data.clone(),
            display: self.display,
        }
    }
}

impl Peer {
    pub(super) fn forget_consumers_of(&mut self, producer: ProducerId) -> Vec<ConsumerId> {
        let consumers = self.consumers.iter();
        let gone: Vec<_> = consumers
            .filter(|(_, consumer)| consumer.producer == producer)
            .map(|(id, _)| *id)
            .collect();
        self.consumers
            .retain(|_, consumer| consumer.producer != producer);
        gone
    }
}
