//! What the room's worker reports, applied to the room. It never sends a command.

use media::{CloseReason, DtlsState, EventKind, IceState};

use super::{ConsumerId, ProducerId, Room, RoomEvent, StreamScore, TransportId, What};

impl Room {
    /// Applies one report of the router.
    pub(super) fn apply(&self, report: EventKind) {
        match report {
            EventKind::TransportClosed { transport, reason } => {
                self.transport_closed(transport, word(reason));
            }
            EventKind::ProducerClosed { producer, reason } => {
                self.state().close_producer(producer, word(reason));
            }
            EventKind::ConsumerClosed { consumer, reason } => {
                // Those of a closed producer leave with it, so that its event can name them.
                if reason != CloseReason::ProducerClosed {
                    self.consumer_closed(consumer);
                }
            }
            EventKind::ProducerScore { producer, scores } => {
                self.producer_score(producer, scores.into_iter().map(Into::into).collect());
            }
            EventKind::ConsumerLayersChange { consumer, layers } => {
                let layers = layers.map(|l| (l.spatial_layer, l.temporal_layer));
                self.layers_changed(consumer, layers);
            }
            EventKind::IceStateChange { transport, state } => {
                self.transport_state(transport, Some(ice_word(state)), None);
            }
            EventKind::DtlsStateChange { transport, state } => {
                self.transport_state(transport, None, Some(dtls_word(state)));
            }
            // Pauses are told by the verb that makes them; replies never come here.
            EventKind::ConsumerProducerPaused { .. }
            | EventKind::RouterClosed
            | EventKind::Reply { .. } => {}
        }
    }

    fn consumer_closed(&self, id: ConsumerId) {
        let mut state = self.state();
        let mut peers = state.peers.iter_mut();
        let owner = peers.find_map(|(of, peer)| peer.consumers.remove(&id).map(|_| of.clone()));
        if let Some(owner) = owner {
            state.changed(What::ConsumerClosed, &owner, |change| {
                change.id = Some(id.0)
            });
        }
    }

    fn producer_score(&self, producer: ProducerId, scores: Vec<StreamScore>) {
        let mut state = self.state();
        let Some(owner) = state.owners.get(&producer).cloned() else {
            return;
        };
        if let Ok(peer) = state.peer_mut(&owner) {
            peer.tell(RoomEvent::ProducerScore { producer, scores });
        }
    }

    fn layers_changed(&self, consumer: ConsumerId, layers: Option<(u8, Option<u8>)>) {
        let mut state = self.state();
        let mut peers = state.peers.values_mut();
        if let Some(peer) = peers.find(|peer| peer.consumers.contains_key(&consumer)) {
            peer.tell(RoomEvent::ConsumerLayersChanged { consumer, layers });
        }
    }

    fn transport_state(
        &self,
        id: TransportId,
        ice: Option<&'static str>,
        dtls: Option<&'static str>,
    ) {
        let mut state = self.state();
        let mut peers = state.peers.values_mut();
        let Some(transport) = peers.find_map(|peer| peer.transports.get_mut(&id)) else {
            return;
        };
        transport.ice_state = ice.unwrap_or(transport.ice_state);
        transport.dtls_state = dtls.unwrap_or(transport.dtls_state);
        if let Some(owner) = state.owner_of_transport(id) {
            let span = state.span(&owner);
            span.in_scope(|| tracing::debug!(transport = %id.0, ice, dtls, "transport state"));
        }
    }
}

impl From<media::ProducerScore> for StreamScore {
    fn from(score: media::ProducerScore) -> Self {
        Self {
            encoding_idx: score.encoding_idx,
            ssrc: score.ssrc,
            rid: score.rid,
            score: score.score,
        }
    }
}

fn word(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Requested => "requested",
        CloseReason::RouterClosed => "room-closed",
        CloseReason::TransportClosed => "transport-closed",
        CloseReason::ProducerClosed => "producer-closed",
        CloseReason::ConsentExpired => "consent-expired",
        CloseReason::ConnectTimeout => "connect-timeout",
        CloseReason::DtlsFailed => "dtls-failed",
        CloseReason::FingerprintMismatch => "fingerprint-mismatch",
        CloseReason::DtlsClosed => "dtls-closed",
        CloseReason::Internal => "internal",
    }
}

fn ice_word(state: IceState) -> &'static str {
    match state {
        IceState::New => "new",
        IceState::Connected => "connected",
        IceState::Completed => "completed",
        IceState::Disconnected => "disconnected",
        IceState::Closed => "closed",
    }
}

fn dtls_word(state: DtlsState) -> &'static str {
    match state {
        DtlsState::New => "new",
        DtlsState::Connecting => "connecting",
        DtlsState::Connected => "connected",
        DtlsState::Failed => "failed",
        DtlsState::Closed => "closed",
    }
}
