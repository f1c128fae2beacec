//! Who is in a room, as one who joins is told: a page at a time, those who send first.
//!
//! A listing shows the room as it was at the join; what came later is told as it happens. So nothing
//! is told twice, and the order of a listing cannot change while it is read: a peer that begins to
//! send stays where it was, one that stops moves to the end of those who do not.

use std::sync::Arc;

use ortc::types::RtpCapabilities;

use super::{PeerId, ProducerInfo, Profile, Room, RoomError, State, peer::Peer};

/// Another peer, as one who joins is told.
#[derive(Clone, Debug)]
pub struct PeerInfo {
    /// Who.
    pub id: PeerId,
    /// How it calls itself.
    pub display_name: Option<Arc<str>>,
    /// What it sends.
    pub producers: Vec<ProducerInfo>,
    /// Whether a transport it sends on is connected.
    pub sends: bool,
}

/// Some of the others: first those who send, then those who do not, both in order of joining.
#[derive(Clone, Debug)]
pub struct PeerPage {
    /// The peers.
    pub peers: Vec<PeerInfo>,
    /// Where the next page begins, if there is one.
    pub more: Option<u64>,
}

/// The answer to a join.
#[derive(Clone, Debug)]
pub struct Joined {
    /// What the room can receive.
    pub rtp_capabilities: Arc<RtpCapabilities>,
    /// The others; no more than a page of them, if the peer asks for the rest.
    pub others: PeerPage,
    /// Producers made up to this count are in the listing that begins with `others`.
    pub made: u64,
}

impl Room {
    /// The room for a peer that is in it: what a repeated join answers.
    pub fn rejoin(&self, peer: &PeerId) -> Result<Joined, RoomError> {
        let mut state = self.state();
        let profile = state.peer(peer)?.profile;
        Ok(state.joined(peer, profile, self.config.get().peers_per_answer))
    }

    /// All others in the room as they are now, in no order.
    pub fn peers(&self, peer: &PeerId) -> Result<Vec<PeerInfo>, RoomError> {
        let state = self.state();
        state.peer(peer)?;
        let others = state.peers.iter();
        let others = others.filter(|(id, other)| *id != peer && other.announced);
        Ok(others.map(|(id, other)| other.info(id, u64::MAX)).collect())
    }

    /// The page of the others that begins at `more` of the page before. Another room's or an older
    /// join's `more` names some place, too, and does no harm.
    pub fn more_peers(&self, peer: &PeerId, more: u64) -> Result<PeerPage, RoomError> {
        let mut state = self.state();
        state.peer(peer)?;
        Ok(state.page(peer, more, self.config.get().peers_per_answer))
    }
}

impl State {
    /// Begins a listing for a peer of the room.
    pub(super) fn joined(&mut self, id: &PeerId, profile: Profile, limit: usize) -> Joined {
        let made = self.made;
        if let Some(peer) = self.peers.get_mut(id) {
            peer.listed = made;
        }
        Joined {
            rtp_capabilities: profile.rtp_capabilities(),
            others: self.page(id, 0, limit),
            made,
        }
    }

    /// The others behind a place of the peer's listing; it will hear what becomes of what they send.
    fn page(&mut self, id: &PeerId, after: u64, limit: usize) -> PeerPage {
        let peer = self.peers.get(id);
        let (listed, pages) = peer.map_or((0, true), |peer| (peer.listed, peer.pages));
        let limit = if pages { limit } else { usize::MAX };
        let others = self.peers.iter().filter(|(other, peer)| {
            let listable = *other != id && peer.announced && peer.entered <= listed;
            listable && peer.place(listed) > after
        });
        let mut others: Vec<_> = others.collect();
        others.sort_unstable_by_key(|(_, peer)| peer.place(listed));
        let more = others.len() > limit;
        others.truncate(limit);
        let last = others.last().map(|(_, peer)| peer.place(listed));
        let peers: Vec<_> = others
            .into_iter()
            .map(|(other, peer)| peer.info(other, listed))
            .collect();
        if let Some(peer) = self.peers.get_mut(id).filter(|peer| peer.ready) {
            let listed = peers.iter().flat_map(|other| &other.producers);
            peer.told.extend(listed.map(|producer| producer.id));
        }
        PeerPage {
            peers,
            more: last.filter(|_| more),
        }
    }
}

impl Peer {
    /// Its place in a listing begun at a count: those who had begun to send by then come first.
    fn place(&self, listed: u64) -> u64 {
        let mut producers = self.producers.values();
        if producers.any(|producer| producer.made <= listed) {
            self.entered
        } else {
            listed + self.entered
        }
    }

    fn info(&self, id: &PeerId, listed: u64) -> PeerInfo {
        let mut producers = self.producer_infos(id);
        producers.retain(|producer| producer.made <= listed);
        PeerInfo {
            id: id.clone(),
            display_name: self.display_name.clone(),
            producers,
            sends: self.sends(),
        }
    }
}
