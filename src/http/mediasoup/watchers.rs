//! Who watches: guests by the transport they were given, or by who asked. Bounded by the number of
//! guests there may be, twice, since whoever is gone is forgotten as the list grows.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    net::{IpAddr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Query},
    http::{HeaderValue, header::USER_AGENT, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;

use crate::room::{Guest, RoomError, RoomId, TransportId};

/// Somebody who names nothing: all pages of one browser at one address that watch one room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Watcher {
    pub(super) address: IpAddr,
    /// Of the browser's name, which may be long.
    agent: u64,
    pub(super) room: RoomId,
}

/// Which room, where the address does not say.
#[derive(Deserialize)]
struct Asked {
    room: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Watcher {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let remote = ConnectInfo::<SocketAddr>::from_request_parts(parts, state).await;
        let ConnectInfo(remote) = remote.map_err(IntoResponse::into_response)?;
        let asked = Query::<Asked>::from_request_parts(parts, state).await;
        let Query(asked) = asked.map_err(IntoResponse::into_response)?;
        let mut hasher = DefaultHasher::new();
        let agent = parts.headers.get(USER_AGENT).map(HeaderValue::as_bytes);
        agent.unwrap_or_default().hash(&mut hasher);
        Ok(Self {
            address: remote.ip(),
            agent: hasher.finish(),
            room: RoomId::from(asked.room.as_deref().unwrap_or(RoomId::DEFAULT)),
        })
    }
}

/// Everybody who watches.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    known: Mutex<Known>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    watchers: HashMap<Watcher, Guest>,
    transports: HashMap<TransportId, Guest>,
    /// So many entries are looked through for those who are gone.
    full: usize,
}

impl Known {
    fn tidy(&mut self) {
        if self.watchers.len() + self.transports.len() < self.full {
            return;
        }
        self.watchers.retain(|_, guest| guest.is_present());
        self.transports.retain(|_, guest| guest.is_present());
        self.full = 64.max(2 * (self.watchers.len() + self.transports.len()));
    }
}

impl Watchers {
    /// Waits until nobody else becomes a watcher.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// The guest of somebody who names nothing.
    pub(super) fn of(&self, watcher: &Watcher) -> Option<Guest> {
        let guest = self.known().watchers.get(watcher).cloned();
        guest.filter(Guest::is_present)
    }

    /// The same, who must be there.
    pub(super) fn known_as(&self, watcher: &Watcher) -> Result<Guest, RoomError> {
        self.of(watcher).ok_or(RoomError::NotFound("transport"))
    }

    pub(super) fn keep(&self, watcher: Watcher, guest: Guest) {
        let mut known = self.known();
        known.tidy();
        known.watchers.insert(watcher, guest);
    }

    pub(super) fn keep_by_transport(&self, transport: TransportId, guest: Guest) {
        let mut known = self.known();
        known.tidy();
        known.transports.insert(transport, guest);
    }

    /// The guest a transport was given to, as its name stands in an address.
    pub(super) fn by_transport(&self, text: &str) -> Result<(Guest, TransportId), RoomError> {
        let id = Uuid::parse_str(text).map(TransportId);
        let id = id.map_err(|_| RoomError::NotFound("transport"))?;
        let guest = self.known().transports.get(&id).cloned();
        let guest = guest.filter(Guest::is_present);
        Ok((guest.ok_or(RoomError::NotFound("transport"))?, id))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
