//! A guest that watches: it receives the sound and the picture of whom it wants to see as long as
//! there is any, under numbers that were agreed before, and waits while there is none.

use std::{sync::Arc, time::Duration};

use ortc::types::{MediaKind, RtpCapabilities};
use tokio::{sync::watch, time::Instant};

use super::{
    Consume, ConsumerChoice, ConsumerId, Filter, Guest, Numbers, PeerId, ProducerChoice,
    ProducerId, Publisher, Registry, RoomError, RoomEvent, TransportChoice, TransportId,
    TransportInfo, Visit, guest::Stay,
};

/// What a viewer wants to see.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Whoever is newest in the room.
    Anyone,
    /// This peer.
    Peer(PeerId),
    /// Whoever publishes a broadcast.
    Publisher(Publisher),
}

impl Wanted {
    fn owner(&self) -> Option<Option<PeerId>> {
        match self {
            Self::Anyone => Some(None),
            Self::Peer(peer) => Some(Some(peer.clone())),
            Self::Publisher(publisher) => publisher.peer().map(Some),
        }
    }
}

/// One stream a viewer can receive.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Audio or video.
    pub kind: MediaKind,
    /// What its client can receive there, under its payload types.
    pub rtp_capabilities: RtpCapabilities,
    /// The names it was told.
    pub numbers: Numbers,
}

/// A viewer now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewerState {
    /// Whether it receives anything.
    pub live: bool,
    /// Spatial and temporal layer of its picture.
    pub layers: Option<(u8, Option<u8>)>,
    /// How many spatial and temporal layers its picture has.
    pub available: (u8, u8),
    /// Why it is gone, once it is.
    pub ended: Option<&'static str>,
}

/// A viewer.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Its peer.
    pub guest: Guest,
    state: watch::Receiver<ViewerState>,
}

impl Registry {
    /// Lets a viewer in. `slots` are filled as what it wants to see appears.
    ///
    /// # Errors
    /// As for a guest.
    pub async fn viewer(
        self: &Arc<Self>,
        visit: Visit,
        wanted: Wanted,
        slots: Vec<Slot>,
    ) -> Result<(Viewer, TransportInfo), RoomError> {
        let (sender, state) = watch::channel(ViewerState::default());
        let slots = slots.into_iter().map(|slot| (slot, None)).collect();
        let follow = move |stay: Stay, transport: TransportInfo| {
            let following = Following {
                transport: transport.id,
                stay,
                wanted,
                slots,
                state: sender,
                again: None,
            };
            following.run()
        };
        let (guest, transport) = self.host(visit, follow).await?;
        Ok((Viewer { guest, state }, transport))
    }
}

impl Viewer {
    /// How it is, and how it will be.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<ViewerState> {
        self.state.clone()
    }

    /// Sets the best layers of its picture.
    ///
    /// # Errors
    /// There is no picture, or no such layer.
    pub async fn set_preferred_layers(
        &self,
        spatial: u8,
        temporal: Option<u8>,
    ) -> Result<(), RoomError> {
        let pictures = ConsumerChoice::Which(Filter {
            kind: Some(MediaKind::Video),
            ..Filter::default()
        });
        let Guest { room, id, .. } = &self.guest;
        let mut found = room.own_consumers(id, &pictures)?;
        let (_, video) = found.pop().ok_or(RoomError::NotFound("consumer"))?;
        Ok(video.set_preferred_layers(spatial, temporal).await?)
    }
}

/// What fills a slot.
struct Filled {
    kind: MediaKind,
    available: (u8, u8),
    consumer: ConsumerId,
    producer: ProducerId,
    owner: PeerId,
}

struct Following {
    stay: Stay,
    transport: TransportId,
    wanted: Wanted,
    slots: Vec<(Slot, Option<Filled>)>,
    state: watch::Sender<ViewerState>,
    /// When to try again what a worker was too busy for.
    again: Option<Instant>,
}

/// Between two attempts at what a worker was too busy for.
const RETRY: Duration = Duration::from_secs(1);

impl Following {
    async fn run(mut self) {
        self.fill().await;
        let reason = loop {
            let next = match self.again {
                Some(at) => tokio::time::timeout_at(at, self.stay.next()).await,
                None => Ok(self.stay.next().await),
            };
            match next {
                Err(_) | Ok(Ok(RoomEvent::NewProducer(_))) => self.fill().await,
                Ok(Ok(RoomEvent::ProducerClosed { producer, .. })) => {
                    self.empty(producer);
                    self.fill().await;
                }
                Ok(Ok(RoomEvent::ConsumerLayersChanged { consumer, layers })) => {
                    self.note_layers(consumer, layers);
                }
                Ok(Ok(_)) => {}
                Ok(Err(reason)) => break reason,
            }
        };
        self.state.send_modify(|state| {
            state.live = false;
            state.ended = Some(reason);
        });
    }

    /// Receives what is there for each slot that has nothing.
    async fn fill(&mut self) {
        self.again = None;
        for index in 0..self.slots.len() {
            if self.slots[index].1.is_none() {
                self.slots[index].1 = self.consume(index).await;
            }
        }
        self.note_live();
    }

    async fn consume(&mut self, index: usize) -> Option<Filled> {
        let owner = self.wanted.owner()?;
        // Sound and picture are of one peer if they can be.
        let companion = self.slots.iter().find_map(|(_, filled)| filled.as_ref());
        let companion = companion.map(|filled| Some(filled.owner.clone()));
        for owner in companion.into_iter().chain([owner]) {
            match self.consume_of(index, owner).await {
                Ok(filled) => return Some(filled),
                Err(RoomError::Timeout) => {
                    self.again = Some(Instant::now() + RETRY);
                    return None;
                }
                Err(_) => {}
            }
        }
        None
    }

    async fn consume_of(&self, index: usize, owner: Option<PeerId>) -> Result<Filled, RoomError> {
        let slot = &self.slots[index].0;
        let request = Consume {
            transport: TransportChoice::Id(self.transport),
            producer: ProducerChoice::Newest(Filter {
                owner,
                kind: Some(slot.kind),
                display: None,
            }),
            rtp_capabilities: slot.rtp_capabilities.clone(),
            paused: false,
            numbers: Some(slot.numbers.clone()),
        };
        let guest = &self.stay.guest;
        let made = guest.room.consume(&guest.id, request).await?;
        let encoding = made.rtp_parameters.encodings.first();
        let mode = encoding.and_then(|one| one.scalability_mode.as_deref());
        let layers = ortc::ScalabilityMode::parse(mode.unwrap_or_default());
        Ok(Filled {
            kind: made.kind,
            available: (layers.spatial_layers, layers.temporal_layers),
            consumer: made.id,
            producer: made.producer,
            owner: made.peer,
        })
    }

    fn empty(&mut self, producer: ProducerId) {
        for (_, filled) in &mut self.slots {
            if filled.as_ref().is_some_and(|one| one.producer == producer) {
                *filled = None;
            }
        }
    }

    fn note_live(&self) {
        let mut filled = self.slots.iter().filter_map(|(_, filled)| filled.as_ref());
        let live = filled.clone().next().is_some();
        let picture = filled.find(|one| one.kind == MediaKind::Video);
        let available = picture.map_or((0, 0), |picture| picture.available);
        self.state.send_if_modified(|state| {
            let next = ViewerState {
                live,
                layers: state.layers.filter(|_| live),
                available,
                ended: state.ended,
            };
            let changed = *state != next;
            *state = next;
            changed
        });
    }

    fn note_layers(&self, consumer: ConsumerId, layers: Option<(u8, Option<u8>)>) {
        let mut filled = self.slots.iter().filter_map(|(_, filled)| filled.as_ref());
        if filled.any(|one| one.consumer == consumer) {
            self.state.send_modify(|state| state.layers = layers);
        }
    }
}
