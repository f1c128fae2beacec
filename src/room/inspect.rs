//! A room at a glance, as typed data for the inspection API; read-only.

use ortc::types::MediaKind;
use serde::Serialize;

use super::{ConsumerId, ProducerId, Role, Room, State, TransportId, peer::Peer};

/// A room.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomView {
    /// Its name.
    pub id: String,
    /// Index of the worker that carries it; absent until its router exists.
    pub worker: Option<usize>,
    /// Its peers.
    pub peers: Vec<PeerView>,
}

/// A peer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerView {
    /// Its name.
    pub id: String,
    /// How it calls itself.
    pub display_name: Option<String>,
    /// Its transports.
    pub transports: Vec<TransportView>,
    /// Its producers.
    pub producers: Vec<ProducerView>,
    /// Its consumers.
    pub consumers: Vec<ConsumerView>,
}

/// A transport.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransportView {
    /// Its name.
    pub id: TransportId,
    /// `send`, `receive` or, where the client did not say, `either`; seen from the client.
    pub direction: &'static str,
    /// ICE state.
    pub ice_state: &'static str,
    /// DTLS state.
    pub dtls_state: &'static str,
}

/// A producer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducerView {
    /// Its name.
    pub id: ProducerId,
    /// Its transport.
    pub transport_id: TransportId,
    /// Audio or video.
    pub kind: MediaKind,
    /// Whether it is paused.
    pub paused: bool,
}

/// A consumer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerView {
    /// Its name.
    pub id: ConsumerId,
    /// Its transport.
    pub transport_id: TransportId,
    /// What it consumes.
    pub producer_id: ProducerId,
    /// Audio or video.
    pub kind: MediaKind,
    /// Whether it is paused.
    pub paused: bool,
}

impl Room {
    /// The room now.
    #[must_use]
    pub fn view(&self) -> RoomView {
        let worker = self.router.get().map(crate::engine::RouterHandle::worker);
        RoomView {
            id: self.id.as_str().to_owned(),
            worker,
            peers: self.state().peer_views(),
        }
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

impl State {
    fn peer_views(&self) -> Vec<PeerView> {
        let peers = self.peers.iter();
        let mut views: Vec<_> = peers.map(|(id, peer)| peer.view(id.as_str())).collect();
        views.sort_by(|a, b| a.id.cmp(&b.id));
        views
    }
}

impl Peer {
    fn view(&self, id: &str) -> PeerView {
        PeerView {
            id: id.to_owned(),
            display_name: self.display_name.as_deref().map(str::to_owned),
            transports: self.transport_views(),
            producers: self.producer_views(),
            consumers: self.consumer_views(),
        }
    }

    fn transport_views(&self) -> Vec<TransportView> {
        let transports = self.transports.iter();
        let view = |(id, transport): (&TransportId, &super::peer::Transport)| TransportView {
            id: *id,
            direction: match transport.role {
                Role::Send => "send",
                Role::Receive => "receive",
                Role::Either => "either",
            },
            ice_state: transport.ice_state,
            dtls_state: transport.dtls_state,
        };
        transports.map(view).collect()
    }

    fn producer_views(&self) -> Vec<ProducerView> {
        let producers = self.producers.iter();
        let view = |(id, producer): (&ProducerId, &super::peer::Producer)| ProducerView {
            id: *id,
            transport_id: producer.transport,
            kind: producer.kind,
            paused: producer.paused,
        };
        producers.map(view).collect()
    }

    fn consumer_views(&self) -> Vec<ConsumerView> {
        let consumers = self.consumers.iter();
        let view = |(id, consumer): (&ConsumerId, &super::peer::Consumer)| ConsumerView {
            id: *id,
            transport_id: consumer.transport,
            producer_id: consumer.producer,
            kind: consumer.kind,
            paused: consumer.paused,
        };
        consumers.map(view).collect()
    }
}
