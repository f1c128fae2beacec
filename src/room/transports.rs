//! Verbs on a peer's transports.

use std::sync::Arc;

use media::WebRtcTransportData;
use ortc::types::{DtlsParameters, IceCandidate, IceParameters};

use super::{
    Caller, Hears, PeerId, Role, Room, RoomError, RoomEvent, TransportChoice, TransportId, What,
    negotiation, peer::Transport, policy::Limit,
};
use crate::engine::TransportHandle;

/// What a client needs to build its side of a transport.
#[derive(Clone, Debug)]
pub struct TransportInfo {
    /// Its name.
    pub id: TransportId,
    /// Credentials.
    pub ice_parameters: IceParameters,
    /// Addresses.
    pub ice_candidates: Vec<IceCandidate>,
    /// Certificate fingerprints.
    pub dtls_parameters: DtlsParameters,
}

impl Room {
    /// Makes a transport for a peer.
    pub async fn create_transport(
        &self,
        caller: impl Into<Caller<'_>>,
        role: Role,
        label: Option<Arc<str>>,
    ) -> Result<TransportInfo, RoomError> {
        let caller = caller.into();
        if let Some(label) = &label {
            self.check_label(label)?;
        }
        {
            let mut state = self.state();
            if state.caller(caller)?.transports.len() >= self.config.get().transports_per_peer {
                return Err(Limit::Transports.reached().into());
            }
        }
        let router = self.router.get().ok_or(RoomError::Closed)?;
        let (handle, data) = router.create_web_rtc_transport().await?;
        let id = handle.id();
        if let Err(error) = self.keep_transport(caller, role, label, handle.clone()) {
            handle.close().await;
            return Err(error);
        }
        Ok(info(id, data))
    }

    fn keep_transport(
        &self,
        caller: Caller<'_>,
        role: Role,
        label: Option<Arc<str>>,
        handle: TransportHandle,
    ) -> Result<(), RoomError> {
        let mut state = self.state();
        let made = state.next();
        let owner = state.caller(caller)?;
        let id = handle.id();
        owner.transports.insert(
            id,
            Box::new(Transport {
                handle,
                role,
                label,
                made,
                connected: None,
                next_mid: 0,
                cname: None,
                ice_state: "new",
                dtls_state: "new",
            }),
        );
        let hears = owner.hears;
        state.changed(What::TransportCreated, caller.peer, |change| {
            change.id = Some(id.0);
        });
        let ready = match hears {
            Hears::OnceReady => role == Role::Send,
            Hears::OnceReceiving => role == Role::Receive,
            Hears::FromJoin | Hears::OnceAsked => false,
        };
        if ready {
            state.make_ready(caller.peer);
        }
        Ok(())
    }

    /// Gives a transport the client's certificate fingerprints. A caller that was taken over meanwhile
    /// is told so; the transport stays as it is now, since its successor may rely on it.
    pub async fn connect_transport(
        &self,
        caller: impl Into<Caller<'_>>,
        choice: TransportChoice,
        dtls_parameters: DtlsParameters,
    ) -> Result<(), RoomError> {
        negotiation::check_dtls(&dtls_parameters)?;
        let caller = caller.into();
        self.state().caller(caller)?;
        let (id, handle) = self.transport(caller.peer, &choice)?;
        handle.connect(dtls_parameters).await?;
        let mut state = self.state();
        let connected = Some(state.next());
        let owner = state.peer_mut(caller.peer)?;
        if let Some(transport) = owner.transports.get_mut(&id) {
            transport.connected = connected;
        }
        state.caller(caller).map(|_| ())
    }

    /// Whether a peer has any transport.
    pub(super) fn has_transports(&self, peer: &PeerId) -> bool {
        let state = self.state();
        state
            .peer(peer)
            .is_ok_and(|peer| !peer.transports.is_empty())
    }

    /// Whether media can flow to or from a peer.
    pub(super) fn has_connected_transport(&self, peer: &PeerId) -> bool {
        let state = self.state();
        let connected = |transport: &Transport| transport.dtls_state == "connected";
        state
            .peer(peer)
            .is_ok_and(|peer| peer.transports.values().any(|one| connected(one)))
    }

    /// New ICE credentials for a transport.
    pub async fn restart_ice(
        &self,
        peer: &PeerId,
        id: TransportId,
    ) -> Result<IceParameters, RoomError> {
        let (_, handle) = self.transport(peer, &TransportChoice::Id(id))?;
        Ok(handle.restart_ice().await?)
    }

    /// Counters of a transport.
    pub async fn transport_stats(
        &self,
        peer: &PeerId,
        id: TransportId,
    ) -> Result<media::TransportStats, RoomError> {
        let (_, handle) = self.transport(peer, &TransportChoice::Id(id))?;
        Ok(handle.stats().await?)
    }

    fn check_label(&self, label: &str) -> Result<(), RoomError> {
        if label.chars().nth(self.config.get().name_chars).is_some() {
            return Err(RoomError::BadRequest("the transport's label is too long"));
        }
        Ok(())
    }

    /// A transport is gone from the engine.
    pub(super) fn transport_closed(&self, id: TransportId, reason: &'static str) {
        let mut state = self.state();
        let Some(peer) = state.owner_of_transport(id) else {
            return;
        };
        let span = state.span(&peer);
        span.in_scope(|| log_end(id, reason));
        let Ok(owner) = state.peer_mut(&peer) else {
            return;
        };
        owner.transports.remove(&id);
        owner.forget_if_bare();
        owner
            .consumers
            .retain(|_, consumer| consumer.transport != id);
        let lost = owner.producers.iter();
        let lost: Vec<_> = lost
            .filter(|(_, p)| p.transport == id)
            .map(|(id, _)| *id)
            .collect();
        owner.tell(RoomEvent::TransportClosed {
            transport: id,
            reason,
        });
        state.changed(What::TransportClosed, &peer, |change| {
            (change.id, change.reason) = (Some(id.0), Some(reason));
        });
        for producer in lost {
            state.close_producer(producer, "transport-closed");
        }
    }

    fn transport(
        &self,
        peer: &PeerId,
        choice: &TransportChoice,
    ) -> Result<(TransportId, TransportHandle), RoomError> {
        let state = self.state();
        let owner = state.peer(peer)?;
        let id = owner.transport(choice)?;
        let transport = owner.transports.get(&id);
        let transport = transport.ok_or(RoomError::NotFound("transport"))?;
        Ok((id, transport.handle.clone()))
    }
}

impl super::State {
    pub(super) fn owner_of_transport(&self, id: TransportId) -> Option<PeerId> {
        let mut peers = self.peers.iter();
        let owner = peers.find(|(_, peer)| peer.transports.contains_key(&id));
        owner.map(|(peer, _)| peer.clone())
    }
}

/// What the client or the server wanted is of no interest; what happened to them is.
fn log_end(id: TransportId, reason: &str) {
    match reason {
        "requested" | "room-closed" | "dtls-closed" => {
            tracing::debug!(transport = %id.0, reason, "transport closed");
        }
        _ => tracing::info!(transport = %id.0, reason, "transport closed"),
    }
}

fn info(id: TransportId, data: WebRtcTransportData) -> TransportInfo {
    TransportInfo {
        id,
        ice_parameters: data.ice_parameters,
        ice_candidates: data.ice_candidates,
        dtls_parameters: data.dtls_parameters,
    }
}
