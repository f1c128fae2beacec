//! Who may have how much: counters with limits, and permits that give back when dropped.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::households::{Households, Place};
use crate::{
    config::{RateConfig, RoomConfig, SignalingConfig},
    error::ErrorCode,
    rates::{Rates, household},
    telemetry::{metrics::count, names},
};

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Peers of the server or of the room.
    Peers,
    /// Rooms of the server.
    Rooms,
    /// Transports of the peer.
    Transports,
    /// Producers of the peer.
    Producers,
    /// Consumers of the peer.
    Consumers,
    /// Sockets of the address or of the server.
    Sockets,
}

impl Limit {
    /// Its stable word.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Peers => ErrorCode::LimitPeers,
            Self::Rooms => ErrorCode::LimitRooms,
            Self::Transports => ErrorCode::LimitTransports,
            Self::Producers => ErrorCode::LimitProducers,
            Self::Consumers => ErrorCode::LimitConsumers,
            Self::Sockets => ErrorCode::LimitSockets,
        }
    }

    /// It, counted as a refusal.
    pub(super) fn reached(self) -> Self {
        count(&names::REFUSALS, [self.noun()]);
        self
    }

    /// What there are too many of.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Peers => "peers",
            Self::Rooms => "rooms",
            Self::Transports => "transports",
            Self::Producers => "producers",
            Self::Consumers => "consumers",
            Self::Sockets => "sockets",
        }
    }
}

/// The server-wide counters.
#[derive(Debug)]
pub struct Admission {
    rooms: Arc<Gauge>,
    peers: Arc<Gauge>,
    groups: Arc<Gauge>,
    sockets: Arc<Gauge>,
    sessions: Arc<Gauge>,
    sessions_at: Arc<Households>,
    away_at: Arc<Households>,
    sockets_per_address: AtomicUsize,
    addresses: Mutex<HashMap<IpAddr, HashMap<String, usize>>>,
    rates: Rates,
}

impl Admission {
    /// Counters at zero.
    #[must_use]
    pub fn new(room: &RoomConfig, signaling: &SignalingConfig, rates: &RateConfig) -> Self {
        Self {
            rooms: Gauge::new(room.rooms),
            peers: Gauge::new(room.peers),
            groups: Gauge::new(room.groups_of_pictures),
            sockets: Gauge::new(signaling.sockets),
            sessions: Gauge::new(signaling.sessions),
            sessions_at: Households::new(signaling.sessions_per_address),
            away_at: Households::new(signaling.sockets_per_address),
            sockets_per_address: signaling.sockets_per_address.into(),
            addresses: Mutex::default(),
            rates: Rates::new(rates),
        }
    }

    /// Other limits from now on.
    pub(super) fn set_limits(&self, room: &RoomConfig, signaling: &SignalingConfig) {
        for (gauge, max) in [
            (&self.rooms, room.rooms),
            (&self.peers, room.peers),
            (&self.groups, room.groups_of_pictures),
            (&self.sockets, signaling.sockets),
            (&self.sessions, signaling.sessions),
        ] {
            gauge.max.store(max, Ordering::Relaxed);
        }
        self.sessions_at.set_max(signaling.sessions_per_address);
        self.away_at.set_max(signaling.sockets_per_address);
        let sockets = signaling.sockets_per_address;
        self.sockets_per_address.store(sockets, Ordering::Relaxed);
    }

    /// How often an address may do what.
    #[must_use]
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Admits a room.
    pub fn room(&self) -> Result<Permit, Limit> {
        self.rooms.acquire().ok_or_else(|| Limit::Rooms.reached())
    }

    /// Admits a peer.
    pub fn peer(&self) -> Result<Permit, Limit> {
        self.peers.acquire().ok_or_else(|| Limit::Peers.reached())
    }

    /// Admits a producer whose newest group of pictures is kept.
    pub(super) fn group(&self) -> Option<Permit> {
        self.groups.acquire()
    }

    /// Admits a socket. `connection` is its connection's id: one connection may hold several
    /// namespaces and counts once against its address.
    pub fn socket(
        self: &Arc<Self>,
        address: IpAddr,
        connection: &str,
    ) -> Result<SocketPermit, Limit> {
        let permit = self.sockets.acquire();
        let permit = permit.ok_or_else(|| Limit::Sockets.reached())?;
        let address = household(address);
        let mut addresses = self.addresses();
        let connections = addresses.entry(address).or_default();
        let max = self.sockets_per_address.load(Ordering::Relaxed);
        let full = max != 0 && connections.len() >= max;
        if full && !connections.contains_key(connection) {
            return Err(Limit::Sockets.reached());
        }
        *connections.entry(connection.to_owned()).or_default() += 1;
        drop(addresses);
        Ok(SocketPermit {
            _permit: permit,
            admission: self.clone(),
            address,
            connection: connection.to_owned(),
        })
    }

    /// Admits a connection that is no socket yet.
    pub fn session(&self, address: IpAddr) -> Result<SessionPermit, Limit> {
        let refused = || Limit::Sockets.reached();
        let permit = self.sessions.acquire().ok_or_else(refused)?;
        let place = self.sessions_at.acquire(address).ok_or_else(refused)?;
        Ok(SessionPermit {
            _permit: permit,
            _place: place,
        })
    }

    /// Admits a peer without a connection.
    pub(super) fn away(&self, address: IpAddr) -> Option<Place> {
        self.away_at.acquire(address)
    }

    /// Connections now, sockets or not.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.sessions.used()
    }

    /// Sockets now.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.sockets.used()
    }

    /// Rooms now.
    #[must_use]
    pub fn rooms(&self) -> usize {
        self.rooms.used()
    }

    /// Peers now.
    #[must_use]
    pub fn peers(&self) -> usize {
        self.peers.used()
    }

    /// Remote addresses now.
    #[must_use]
    pub fn addresses_known(&self) -> usize {
        self.addresses().len()
    }

    fn addresses(&self) -> MutexGuard<'_, HashMap<IpAddr, HashMap<String, usize>>> {
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A count with a bound.
#[derive(Debug)]
struct Gauge {
    used: AtomicUsize,
    max: AtomicUsize,
}

impl Gauge {
    fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            max: max.into(),
        })
    }

    fn acquire(self: &Arc<Self>) -> Option<Permit> {
        let max = self.max.load(Ordering::Relaxed);
        self.used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| {
                (used < max).then_some(used + 1)
            })
            .ok()
            .map(|_| Permit(self.clone()))
    }

    fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }
}

/// One place taken; dropping it gives the place back.
#[derive(Debug)]
pub struct Permit(Arc<Gauge>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.used.fetch_sub(1, Ordering::AcqRel);
    }
}

/// One connection's place, on the server and at its address.
#[derive(Debug)]
pub struct SessionPermit {
    _permit: Permit,
    _place: Place,
}

/// One socket's place, on the server and at its address.
#[derive(Debug)]
pub struct SocketPermit {
    _permit: Permit,
    admission: Arc<Admission>,
    address: IpAddr,
    connection: String,
}

impl Drop for SocketPermit {
    fn drop(&mut self) {
        let mut addresses = self.admission.addresses();
        let Some(connections) = addresses.get_mut(&self.address) else {
            return;
        };
        if let Some(count) = connections.get_mut(&self.connection) {
            *count -= 1;
            if *count == 0 {
                connections.remove(&self.connection);
            }
        }
        if connections.is_empty() {
            addresses.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(sockets_per_address: usize, rooms: usize) -> Arc<Admission> {
        let room = RoomConfig {
            rooms,
            ..RoomConfig::default()
        };
        let signaling = SignalingConfig {
            sockets_per_address,
            ..SignalingConfig::default()
        };
        Arc::new(Admission::new(&room, &signaling, &RateConfig::default()))
    }

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn permits_give_back_when_dropped() {
        let admission = admission(1, 1);
        let room = admission.room().unwrap();
        assert_eq!(admission.room().unwrap_err(), Limit::Rooms);
        drop(room);
        drop(admission.room().unwrap());
        assert_eq!(admission.rooms(), 0);
    }

    #[test]
    fn namespaces_of_one_connection_count_once() {
        let admission = admission(1, 1);
        let first = admission.socket(HERE, "a").unwrap();
        let second = admission.socket(HERE, "a").unwrap();
        assert_eq!(admission.socket(HERE, "b").unwrap_err(), Limit::Sockets);
        drop(first);
        assert_eq!(admission.socket(HERE, "b").unwrap_err(), Limit::Sockets);
        drop(second);
        drop(admission.socket(HERE, "b").unwrap());
        assert_eq!((admission.sockets(), admission.addresses_known()), (0, 0));
    }

    #[test]
    fn zero_turns_the_address_limit_off() {
        let admission = admission(0, 1);
        let sockets: Vec<_> = (0..100)
            .map(|n| admission.socket(HERE, &n.to_string()).unwrap())
            .collect();
        assert_eq!(admission.sockets(), sockets.len());
    }
}
