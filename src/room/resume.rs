//! A peer whose connection was lost stays for a while: media flows on, the others see nothing, and
//! whoever comes back with its token is that peer again.

use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio::sync::oneshot;

use super::{
    ConsumerId, EventReceiver, Joined, PeerId, ProducerId, Registry, Room, RoomError, RoomId,
    State, TransportId,
};
use crate::config::same_secret;

/// What a client shows to be the peer it was: a secret, good until its successor was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeToken(String);

impl ResumeToken {
    fn new() -> Self {
        // 122 random bits, from the operating system.
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// The text a client is given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The way back to a peer.
#[derive(Debug)]
pub(super) struct Return {
    token: ResumeToken,
    /// The one it came back by: the answer that named its successor may have been lost.
    previous: Option<ResumeToken>,
    /// Counts the connections the peer has had; what an earlier one makes late is closed again, and
    /// its end is not the peer's.
    epoch: u32,
    /// While the peer has no connection; dropped when it has one again or is gone.
    away: Option<oneshot::Sender<()>>,
}

impl Return {
    pub(super) fn new() -> Self {
        Self {
            token: ResumeToken::new(),
            previous: None,
            epoch: 0,
            away: None,
        }
    }

    /// Whether the peer has no connection now.
    pub(super) fn is_away(&self) -> bool {
        self.away.is_some()
    }

    fn takes(&self, token: &str) -> bool {
        let is = |known: &ResumeToken| same_secret(known.0.as_bytes(), token.as_bytes());
        is(&self.token) || self.previous.as_ref().is_some_and(is)
    }
}

/// What of a peer lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Its transports.
    pub transports: Vec<TransportId>,
    /// Its producers.
    pub producers: Vec<ProducerId>,
    /// Its consumers.
    pub consumers: Vec<ConsumerId>,
}

/// A peer that has a connection again.
#[derive(Debug)]
pub struct Resumed {
    /// Where it is.
    pub room: Arc<Room>,
    /// Who it is.
    pub peer: PeerId,
    /// The room now.
    pub joined: Joined,
    /// What happens from now on.
    pub events: EventReceiver,
    /// How it calls itself.
    pub display_name: Option<Arc<str>>,
    /// Which of its connections this is.
    pub epoch: u32,
}

/// Who asks: a peer, and by which of its connections where that matters. What one that was taken over
/// began before comes to nothing.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    pub(super) peer: &'a PeerId,
    epoch: Option<u32>,
}

impl<'a> Caller<'a> {
    /// A peer by this connection of it.
    #[must_use]
    pub fn new(peer: &'a PeerId, epoch: u32) -> Self {
        Self {
            peer,
            epoch: Some(epoch),
        }
    }
}

/// A peer nobody takes over: it has no connection.
impl<'a> From<&'a PeerId> for Caller<'a> {
    fn from(peer: &'a PeerId) -> Self {
        Self { peer, epoch: None }
    }
}

impl Registry {
    /// The peer with this token, if it is still there. An earlier connection of it that is open yet
    /// hears no more.
    #[must_use]
    pub fn resume(&self, room: &RoomId, token: &str) -> Option<Resumed> {
        let room = self.room(room)?;
        let (sender, events) = self.event_queue();
        let mut state = room.state();
        let (peer, _) = state.peer_by_token(token)?;
        let entry = state.peers.get_mut(&peer)?;
        let way = entry.way_back.as_mut()?;
        let epoch = way.epoch + 1;
        *way = Return {
            epoch,
            previous: Some(ResumeToken(token.to_owned())),
            ..Return::new()
        };
        entry.events = Some(sender);
        let (display_name, profile) = (entry.display_name.clone(), entry.profile);
        state.span(&peer).in_scope(|| tracing::info!("came back"));
        let joined = state.joined(&peer, profile, room.config.get().peers_per_answer);
        drop(state);
        Some(Resumed {
            room,
            peer,
            joined,
            events,
            display_name,
            epoch,
        })
    }

    /// The peer with this token, connected or lost, leaves.
    pub fn leave_by_token(&self, room: &RoomId, token: &str) {
        let Some(room) = self.room(room) else {
            return;
        };
        let found = room.state().peer_by_token(token);
        if let Some((peer, epoch)) = found {
            self.leave_as(&room, &peer, epoch);
        }
    }

    /// Takes a peer out of its room, unless another connection of it has come since.
    pub fn leave_as(&self, room: &Arc<Room>, peer: &PeerId, epoch: u32) {
        self.take_out(room, peer, Some(epoch));
    }

    /// The peer's connection was lost: it stays until it comes back, has nothing left to come back
    /// to, or the grace period ends. An address has as many such peers as it may have sockets; those
    /// beyond leave at once.
    pub fn detach(self: &Arc<Self>, room: &Arc<Room>, peer: &PeerId, epoch: u32, address: IpAddr) {
        let place = self.admission().away(address);
        let back = place.as_ref().and_then(|_| room.set_away(peer, epoch));
        let Some(back) = back else {
            self.leave_as(room, peer, epoch);
            return;
        };
        let (registry, room, peer) = (Arc::clone(self), Arc::clone(room), peer.clone());
        tokio::spawn(async move {
            // The sender is dropped, never used.
            let over = tokio::time::timeout(room.config.get().resume_grace, back).await;
            drop(place);
            if over.is_err() || !room.has_transports(&peer) {
                registry.leave_as(&room, &peer, epoch);
            }
        });
    }
}

impl Room {
    /// The peer's token, if it has one.
    pub fn resume_token(&self, peer: &PeerId) -> Result<Option<ResumeToken>, RoomError> {
        let state = self.state();
        let way = state.peer(peer)?.way_back.as_ref();
        Ok(way.map(|way| way.token.clone()))
    }

    /// What of a peer lives.
    pub fn own(&self, peer: &PeerId) -> Result<Own, RoomError> {
        let state = self.state();
        let peer = state.peer(peer)?;
        Ok(Own {
            transports: peer.transports.keys().copied().collect(),
            producers: peer.producers.keys().copied().collect(),
            consumers: peer.consumers.keys().copied().collect(),
        })
    }

    /// Marks a peer as away; the receiver ends when it need not be waited for any more. `None`: it
    /// need not be waited for at all.
    fn set_away(&self, peer: &PeerId, epoch: u32) -> Option<oneshot::Receiver<()>> {
        if self.config.get().resume_grace == Duration::ZERO {
            return None;
        }
        let mut state = self.state();
        let entry = state.peers.get_mut(peer)?;
        let way = entry.way_back.as_mut().filter(|way| way.epoch == epoch)?;
        if entry.transports.is_empty() {
            return None;
        }
        let (away, back) = oneshot::channel();
        way.away = Some(away);
        entry.events = None;
        let span = state.span(peer);
        span.in_scope(|| tracing::info!("connection lost; kept for its return"));
        Some(back)
    }
}

impl State {
    /// The peer this token leads to, and which of its connections it has.
    fn peer_by_token(&self, token: &str) -> Option<(PeerId, u32)> {
        let mut peers = self.peers.iter();
        peers.find_map(|(id, peer)| {
            let way = peer.way_back.as_ref()?;
            way.takes(token).then(|| (id.clone(), way.epoch))
        })
    }

    /// The peer that asks, unless another connection of it has come since.
    pub(super) fn caller(
        &mut self,
        caller: Caller<'_>,
    ) -> Result<&mut super::peer::Peer, RoomError> {
        let peer = self.peer_mut(caller.peer)?;
        if peer.is_at(caller.epoch) {
            Ok(peer)
        } else {
            Err(RoomError::NotJoined)
        }
    }
}

impl super::peer::Peer {
    /// Whether its connection is this one, where that matters.
    pub(super) fn is_at(&self, epoch: Option<u32>) -> bool {
        match (epoch, &self.way_back) {
            (Some(epoch), Some(way)) => way.epoch == epoch,
            _ => true,
        }
    }

    /// Ends the waiting for a peer that has nothing left to come back to.
    pub(super) fn forget_if_bare(&mut self) {
        if let Some(way) = self
            .way_back
            .as_mut()
            .filter(|_| self.transports.is_empty())
        {
            way.away = None;
        }
    }
}
